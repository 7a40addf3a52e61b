//===- OnnxWeights.cpp - Tensors that an ONNX file stores -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxWeights.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;
using ::onnx::TensorProto;

/// Protobuf keeps 2 GB; files beside the model are mapped.
static constexpr int64_t maxBytes = int64_t(1) << 40;

llvm::Expected<RankedTensorType> OnnxWeights::readType(const TensorProto &proto,
                                                       OnnxType &type) {
  type = OnnxType(proto.data_type());
  Type elementType = getElementType(type, context);
  if (!elementType)
    return llvm::createStringError(
        "expects elements that are numbers, but got " + getOnnxTypeName(type) +
        " (" + Twine(proto.data_type()) + ")");
  int64_t numElements = 1;
  for (int64_t size : proto.dims())
    if (size < 0 ||
        llvm::MulOverflow(numElements, std::max<int64_t>(size, 1),
                          numElements) ||
        numElements > maxBytes)
      return llvm::createStringError("expects a shape, but got a size of " +
                                     Twine(size));
  if (size_t(proto.dims_size()) > maxOnnxRank)
    return llvm::createStringError("expects at most " + Twine(maxOnnxRank) +
                                   " dimensions, but got " +
                                   Twine(proto.dims_size()));
  return RankedTensorType::get(
      SmallVector<int64_t>(proto.dims().begin(), proto.dims().end()),
      elementType);
}

//===----------------------------------------------------------------------===//
// External data
//===----------------------------------------------------------------------===//

/// A path below the folder of the model, by its text.
static bool staysBelow(StringRef location) {
  if (location.empty() || location.contains('\0') ||
      llvm::sys::path::is_absolute(location))
    return false;
  return llvm::none_of(llvm::make_range(llvm::sys::path::begin(location),
                                        llvm::sys::path::end(location)),
                       [](StringRef part) { return part == ".."; });
}

llvm::Expected<StringRef> OnnxWeights::openExternal(StringRef location) {
  if (!staysBelow(location))
    return llvm::createStringError(
        "expects external data in the folder of the model, but got '" +
        location + "'");
  std::unique_ptr<llvm::MemoryBuffer> &file = files[location];
  if (file)
    return file->getBuffer();
  SmallString<128> path(folder), realPath, realFolder;
  llvm::sys::path::append(path, location);
  // A symbolic link must not lead out of the folder either.
  std::error_code error = llvm::sys::fs::real_path(path, realPath);
  if (!error)
    error = llvm::sys::fs::real_path(folder.empty() ? "." : folder, realFolder);
  if (error)
    return llvm::createStringError(error, path + ": " + error.message());
  StringRef rest = realPath;
  if (!rest.consume_front(realFolder) ||
      !(rest.starts_with("/") || realFolder.ends_with("/")))
    return llvm::createStringError(
        "expects external data in the folder of the model, but '" + location +
        "' leads out of it");
  if (!llvm::sys::fs::is_regular_file(path))
    return llvm::createStringError(path + ": expects a regular file");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   path + ": " + buffer.getError().message());
  file = std::move(*buffer);
  return file->getBuffer();
}

llvm::Expected<StringRef> OnnxWeights::findBytes(const TensorProto &proto) {
  if (proto.data_location() != ::onnx::TensorProto_DataLocation_EXTERNAL)
    return StringRef(proto.raw_data());
  StringRef location;
  uint64_t offset = 0, length = 0;
  bool hasLength = false;
  for (const auto &entry : proto.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    if (key == "location")
      location = value;
    else if ((key == "offset" && value.getAsInteger(10, offset)) ||
             (key == "length" && value.getAsInteger(10, length)))
      return llvm::createStringError("external data: expects a number as '" +
                                     key + "', but got '" + value + "'");
    hasLength |= key == "length";
  }
  llvm::Expected<StringRef> file = openExternal(location);
  if (!file)
    return file;
  if (offset > file->size() || (hasLength && length > file->size() - offset))
    return llvm::createStringError(
        "expects external data within '" + location + "' of " +
        Twine(file->size()) + " bytes, but got offset " + Twine(offset) +
        (hasLength ? " and length " + std::to_string(length) : std::string()));
  return hasLength ? file->substr(offset, length) : file->drop_front(offset);
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

template <typename To, typename Field>
static std::string pack(const Field &field) {
  std::string bytes;
  bytes.reserve(field.size() * sizeof(To));
  for (auto value : field) {
    To element = To(value);
    bytes.append(reinterpret_cast<const char *>(&element), sizeof(To));
  }
  return bytes;
}

/// Bytes of the typed field of `proto` that holds elements of `type`.
static std::string packField(const TensorProto &proto, OnnxType type) {
  switch (type) {
  case OnnxType::Float:
    return pack<float>(proto.float_data());
  case OnnxType::Double:
    return pack<double>(proto.double_data());
  case OnnxType::Int64:
    return pack<int64_t>(proto.int64_data());
  case OnnxType::UInt32:
    return pack<uint32_t>(proto.uint64_data());
  case OnnxType::UInt64:
    return pack<uint64_t>(proto.uint64_data());
  case OnnxType::Int32:
    return pack<int32_t>(proto.int32_data());
  default: // halves as their bits, two codes of 4 bits in one number
    return getBits(type) == 16 ? pack<uint16_t>(proto.int32_data())
                               : pack<uint8_t>(proto.int32_data());
  }
}

/// Two codes of 4 bits per byte, the first in the low half -> one per byte.
static std::string unpackNibbles(StringRef packed, int64_t count,
                                 bool isSigned) {
  std::string bytes(count, 0);
  for (int64_t i = 0; i < count; ++i) {
    uint8_t code = uint8_t(packed[i / 2]) >> (i % 2 * 4) & 15;
    bytes[i] = isSigned && code > 7 ? code - 16 : code;
  }
  return bytes;
}

static ElementsAttr makeElements(RankedTensorType type, OnnxType onnxType,
                                 StringRef name, StringRef bytes) {
  ArrayRef<char> data(bytes.data(), bytes.size());
  if (onnxType == OnnxType::Bool) {
    SmallVector<bool> values =
        llvm::map_to_vector(data, [](char byte) { return byte != 0; });
    return DenseElementsAttr::get(type, ArrayRef<bool>(values));
  }
  if (type.getNumElements() <= maxInlineElements)
    return DenseElementsAttr::getFromRawBuffer(type, data);
  return DenseResourceElementsAttr::get(
      type, name,
      HeapAsmResourceBlob::allocateAndCopyWithAlign(data, /*align=*/64));
}

llvm::Expected<ElementsAttr> OnnxWeights::read(const TensorProto &proto,
                                               OnnxType &type) {
  llvm::Expected<RankedTensorType> tensorType = readType(proto, type);
  if (!tensorType)
    return tensorType.takeError();
  if (proto.has_segment())
    return llvm::createStringError("expects a tensor in one piece");
  int64_t count = tensorType->getNumElements();
  int64_t numBytes = getBits(type) == 4
                         ? llvm::divideCeil(count, int64_t(2))
                         : count * std::max(1u, getBits(type) / 8);
  llvm::Expected<StringRef> found = findBytes(proto);
  if (!found)
    return found.takeError();
  StringRef bytes = *found;
  std::string own;
  bool isRaw =
      proto.has_raw_data() ||
      proto.data_location() == ::onnx::TensorProto_DataLocation_EXTERNAL;
  if (!isRaw) {
    own = packField(proto, type);
    bytes = own;
  }
  if (int64_t(bytes.size()) != numBytes)
    return llvm::createStringError("expects " + Twine(numBytes) +
                                   " bytes for " + Twine(count) +
                                   " elements of " + getOnnxTypeName(type) +
                                   ", but got " + Twine(bytes.size()));
  if (getBits(type) == 4) {
    own = unpackNibbles(bytes, count, !isUnsigned(type));
    bytes = own;
  }
  return makeElements(*tensorType, type,
                      proto.name().empty() ? "constant" : proto.name(), bytes);
}
