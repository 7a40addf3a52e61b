//===- Safetensors.cpp - Mapped reading of safetensors files --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Safetensors.h"

#include "ptq/IR/JSON.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Process.h"

#include <sys/mman.h>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

namespace {

struct ElementType {
  StringRef name;
  unsigned bits;
  Type (*type)(MLIRContext *); // null: none in MLIR
};

template <typename FloatT>
Type getFloat(MLIRContext *context) {
  return FloatT::get(context);
}

template <unsigned width>
Type getInteger(MLIRContext *context) {
  return IntegerType::get(context, width);
}

} // namespace

// Where two dtypes share a builtin type, the first one is written.
static const ElementType elementTypes[] = {
    {"F64", 64, getFloat<Float64Type>},
    {"F32", 32, getFloat<Float32Type>},
    {"F16", 16, getFloat<Float16Type>},
    {"BF16", 16, getFloat<BFloat16Type>},
    {"F8_E4M3", 8, getFloat<Float8E4M3FNType>},
    {"F8_E5M2", 8, getFloat<Float8E5M2Type>},
    {"F8_E8M0", 8, getFloat<Float8E8M0FNUType>},
    {"I64", 64, getInteger<64>},
    {"U64", 64, getInteger<64>},
    {"I32", 32, getInteger<32>},
    {"U32", 32, getInteger<32>},
    {"I16", 16, getInteger<16>},
    {"U16", 16, getInteger<16>},
    {"I8", 8, getInteger<8>},
    {"U8", 8, getInteger<8>},
    {"BOOL", 8, nullptr},
    {"C64", 64, nullptr},
    {"F6_E2M3", 6, nullptr},
    {"F6_E3M2", 6, nullptr},
    {"F4", 4, nullptr},
};

static const ElementType *findElementType(StringRef dtype) {
  return llvm::find_if(elementTypes, [&](const ElementType &entry) {
    return entry.name == dtype;
  });
}

unsigned ptq::getSafetensorsBits(StringRef dtype) {
  const ElementType *entry = findElementType(dtype);
  return entry == std::end(elementTypes) ? 0 : entry->bits;
}

Type ptq::getSafetensorsElementType(StringRef dtype, MLIRContext *context) {
  const ElementType *entry = findElementType(dtype);
  return entry == std::end(elementTypes) || !entry->type ? Type()
                                                         : entry->type(context);
}

StringRef ptq::getSafetensorsType(Type elementType) {
  for (const ElementType &entry : elementTypes)
    if (entry.type && entry.type(elementType.getContext()) == elementType)
      return entry.name;
  return {};
}

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

// The limit of the reference implementation.
static constexpr uint64_t maxHeaderBytes = 100'000'000;

static llvm::Error makeError(StringRef path, const Twine &message) {
  return llvm::createStringError(path + ": " + message);
}

static llvm::Error makeError(StringRef path, StringRef name,
                             const Twine &message) {
  return makeError(path, "tensor '" + name + "': " + message);
}

/// Bytes of a tensor of `shape`; nothing if they do not fit 63 bits or are no
/// whole number.
static std::optional<uint64_t> countBytes(ArrayRef<int64_t> shape,
                                          unsigned bits) {
  bool overflowed = false;
  uint64_t numBits = bits;
  for (int64_t size : shape) {
    // A zero must not hide an overflow: nobody could allocate the shape.
    numBits = llvm::SaturatingMultiply(
        numBits, uint64_t(std::max<int64_t>(size, 1)), &overflowed);
    if (overflowed)
      return std::nullopt;
  }
  if (llvm::is_contained(shape, 0))
    return 0;
  if (numBits % 8)
    return std::nullopt;
  return numBits / 8;
}

/// The JSON array `value` as numbers that are not negative.
static std::optional<SmallVector<int64_t, 4>>
readSizes(const llvm::json::Value *value) {
  const llvm::json::Array *array = value ? value->getAsArray() : nullptr;
  if (!array)
    return std::nullopt;
  SmallVector<int64_t, 4> sizes;
  for (const llvm::json::Value &element : *array) {
    std::optional<int64_t> size = element.getAsInteger();
    if (!size || *size < 0)
      return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

/// Reads one entry of the header; offsets still count from the end of it.
static llvm::Expected<SafetensorsTensor>
readTensor(StringRef path, StringRef name, const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return makeError(path, name, "expects a JSON object");
  SafetensorsTensor tensor;
  tensor.name = name.str();
  tensor.dtype = object->getString("dtype").value_or("").str();
  unsigned bits = getSafetensorsBits(tensor.dtype);
  if (!bits)
    return makeError(path, name,
                     "expects a known dtype, but got '" + tensor.dtype + "'");
  std::optional<SmallVector<int64_t, 4>> shape =
      readSizes(object->get("shape"));
  if (!shape)
    return makeError(path, name, "expects 'shape' to be a list of sizes");
  tensor.shape = std::move(*shape);
  std::optional<SmallVector<int64_t, 4>> offsets =
      readSizes(object->get("data_offsets"));
  if (!offsets || offsets->size() != 2 || (*offsets)[0] > (*offsets)[1])
    return makeError(path, name,
                     "expects 'data_offsets' to be a begin and an end");
  tensor.offset = (*offsets)[0];
  tensor.numBytes = (*offsets)[1] - (*offsets)[0];
  std::optional<uint64_t> expected = countBytes(tensor.shape, bits);
  if (!expected)
    return makeError(path, name,
                     "has a shape of no representable number of bytes");
  if (*expected != tensor.numBytes)
    return makeError(
        path, name,
        "expects " + Twine(*expected) +
            " bytes for its dtype and shape, but its offsets span " +
            Twine(tensor.numBytes));
  return tensor;
}

static llvm::Error readMetadata(StringRef path, const llvm::json::Value &value,
                                SafetensorsMetadata &metadata) {
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return makeError(path, "expects '__metadata__' to be a JSON object");
  for (const auto &[key, entry] : *object) {
    std::optional<StringRef> text = entry.getAsString();
    if (!text)
      return makeError(path, "expects metadata '" + StringRef(key) +
                                 "' to be a string");
    metadata[key.str()] = text->str();
  }
  return llvm::Error::success();
}

/// Tensors lie one behind the other, from `begin` to the end of the file.
static llvm::Error checkLayout(StringRef path,
                               MutableArrayRef<SafetensorsTensor> tensors,
                               uint64_t begin, uint64_t fileSize) {
  uint64_t end = begin;
  for (SafetensorsTensor &tensor : tensors) {
    if (tensor.offset != end - begin)
      return makeError(path, tensor.name,
                       "expects data offset " + Twine(end - begin) +
                           ", behind the tensor before, but got " +
                           Twine(tensor.offset));
    if (tensor.numBytes > fileSize - end)
      return makeError(path, tensor.name,
                       "ends " + Twine(tensor.numBytes - (fileSize - end)) +
                           " bytes behind the end of the file");
    tensor.offset = end;
    end += tensor.numBytes;
  }
  if (end != fileSize)
    return makeError(
        path,
        "expects the last tensor to end with the file, but it ends at byte " +
            Twine(end) + " of " + Twine(fileSize));
  return llvm::Error::success();
}

llvm::Error SafetensorsFile::readHeader() {
  if (map.size() < 8)
    return makeError(path, "expects a safetensors file, but got " +
                               Twine(map.size()) + " bytes");
  uint64_t length = llvm::support::endian::read64le(map.const_data());
  if (length > maxHeaderBytes || length > map.size() - 8)
    return makeError(
        path, "expects a safetensors header of at most " +
                  Twine(std::min<uint64_t>(maxHeaderBytes, map.size() - 8)) +
                  " bytes, but byte 0 says " + Twine(length));
  llvm::Expected<llvm::json::Value> header =
      parseJSON(StringRef(map.const_data() + 8, length), path + " (header)");
  if (!header)
    return header.takeError();
  const llvm::json::Object *object = header->getAsObject();
  if (!object)
    return makeError(path,
                     "expects the safetensors header to be a JSON object");
  for (const auto &[key, value] : *object) {
    if (StringRef(key) == "__metadata__") {
      if (llvm::Error error = readMetadata(path, value, metadata))
        return error;
      continue;
    }
    llvm::Expected<SafetensorsTensor> tensor = readTensor(path, key, value);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
  // A tensor without bytes comes before the one that starts where it does.
  llvm::sort(tensors,
             [](const SafetensorsTensor &a, const SafetensorsTensor &b) {
               return std::tie(a.offset, a.numBytes, a.name) <
                      std::tie(b.offset, b.numBytes, b.name);
             });
  for (auto [index, tensor] : llvm::enumerate(tensors))
    indices[tensor.name] = index;
  return checkLayout(path, tensors, 8 + length, map.size());
}

//===----------------------------------------------------------------------===//
// SafetensorsFile
//===----------------------------------------------------------------------===//

llvm::Expected<std::unique_ptr<SafetensorsFile>>
SafetensorsFile::open(StringRef path) {
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile());
  file->path = path.str();
  llvm::Expected<llvm::sys::fs::file_t> descriptor =
      llvm::sys::fs::openNativeFileForRead(path);
  if (!descriptor)
    return makeError(path, llvm::toString(descriptor.takeError()));
  llvm::sys::fs::file_status status;
  std::error_code code = llvm::sys::fs::status(*descriptor, status);
  // An empty file cannot be mapped, and is refused by readHeader.
  bool isRegular = status.type() == llvm::sys::fs::file_type::regular_file;
  if (!code && isRegular && status.getSize() != 0)
    file->map = llvm::sys::fs::mapped_file_region(
        *descriptor, llvm::sys::fs::mapped_file_region::readonly,
        status.getSize(), 0, code);
  llvm::sys::fs::closeFile(*descriptor);
  if (code)
    return makeError(path, code.message());
  if (!isRegular)
    return makeError(path, "is not a regular file");
  if (llvm::Error error = file->readHeader())
    return std::move(error);
  return file;
}

const SafetensorsTensor *SafetensorsFile::find(StringRef name) const {
  auto it = indices.find(name);
  return it == indices.end() ? nullptr : &tensors[it->second];
}

ArrayRef<char> SafetensorsFile::bytes(const SafetensorsTensor &tensor) const {
  return ArrayRef<char>(map.const_data() + tensor.offset, tensor.numBytes);
}

void SafetensorsFile::release(const SafetensorsTensor &tensor) const {
  if (tensor.numBytes == 0)
    return;
  // Pages shared with a neighbour go too: they are read again when touched.
  uintptr_t pageSize = llvm::sys::Process::getPageSizeEstimate();
  uintptr_t begin = reinterpret_cast<uintptr_t>(bytes(tensor).data());
  uintptr_t firstPage = llvm::alignDown(begin, pageSize);
  ::madvise(reinterpret_cast<void *>(firstPage),
            begin + tensor.numBytes - firstPage, MADV_DONTNEED);
}
