//===- SafetensorsWriter.cpp - Streamed writing of safetensors files ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Safetensors.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

#include <unistd.h>

using namespace mlir;
using namespace mlir::ptq;

static llvm::Error makeError(StringRef path, const Twine &message) {
  return llvm::createStringError(path + ": " + message);
}

/// The tensors in the order of their bytes, with offsets that count from the
/// end of the header. Wide elements come first, so that every tensor is
/// aligned.
static llvm::Expected<std::vector<SafetensorsTensor>>
layOut(StringRef path, ArrayRef<SafetensorsTensor> declared) {
  std::vector<SafetensorsTensor> tensors;
  for (unsigned width : {64, 32, 16, 8})
    llvm::copy_if(declared, std::back_inserter(tensors),
                  [&](const SafetensorsTensor &tensor) {
                    return getSafetensorsBits(tensor.dtype) == width;
                  });
  for (const SafetensorsTensor &tensor : declared)
    if (unsigned bits = getSafetensorsBits(tensor.dtype); !bits || bits % 8)
      return makeError(path, "tensor '" + tensor.name +
                                 "': cannot write dtype '" + tensor.dtype +
                                 "'");
  uint64_t end = 0;
  for (SafetensorsTensor &tensor : tensors) {
    bool overflowed = false;
    tensor.offset = end;
    tensor.numBytes = getSafetensorsBits(tensor.dtype) / 8;
    for (int64_t size : tensor.shape)
      tensor.numBytes = llvm::SaturatingMultiply(tensor.numBytes,
                                                 uint64_t(size), &overflowed);
    end += tensor.numBytes;
    if (overflowed || end > uint64_t(std::numeric_limits<int64_t>::max()))
      return makeError(path, "tensor '" + tensor.name + "' is too large");
  }
  return tensors;
}

/// The header, padded so that the tensors start at a cache line.
static std::string printHeader(ArrayRef<SafetensorsTensor> tensors,
                               const SafetensorsMetadata &metadata) {
  std::string header;
  llvm::raw_string_ostream stream(header);
  llvm::json::OStream json(stream);
  json.object([&] {
    if (!metadata.empty())
      json.attributeObject("__metadata__", [&] {
        for (const auto &[key, value] : metadata)
          json.attribute(key, value);
      });
    for (const SafetensorsTensor &tensor : tensors)
      json.attributeObject(tensor.name, [&] {
        json.attribute("dtype", tensor.dtype);
        json.attribute("shape", llvm::json::Array(tensor.shape));
        json.attribute(
            "data_offsets",
            llvm::json::Array{int64_t(tensor.offset),
                              int64_t(tensor.offset + tensor.numBytes)});
      });
  });
  header.resize(llvm::alignTo(header.size() + 8, 64) - 8, ' ');
  return header;
}

SafetensorsWriter::SafetensorsWriter(StringRef path,
                                     llvm::sys::fs::TempFile file)
    : path(path.str()), file(std::move(file)) {}

SafetensorsWriter::~SafetensorsWriter() {
  if (isOpen)
    llvm::consumeError(file.discard());
}

llvm::Expected<std::unique_ptr<SafetensorsWriter>>
SafetensorsWriter::create(StringRef path, ArrayRef<SafetensorsTensor> tensors,
                          const SafetensorsMetadata &metadata) {
  llvm::Expected<llvm::sys::fs::TempFile> file =
      llvm::sys::fs::TempFile::create(path + ".%%%%%%%%.tmp");
  if (!file)
    return makeError(path, llvm::toString(file.takeError()));
  std::unique_ptr<SafetensorsWriter> writer(
      new SafetensorsWriter(path, std::move(*file)));
  if (llvm::Error error = writer->declare(tensors, metadata))
    return std::move(error);
  return writer;
}

llvm::Error SafetensorsWriter::declare(ArrayRef<SafetensorsTensor> declared,
                                       const SafetensorsMetadata &metadata) {
  llvm::Expected<std::vector<SafetensorsTensor>> tensors =
      layOut(path, declared);
  if (!tensors)
    return tensors.takeError();
  std::string header = printHeader(*tensors, metadata);
  uint64_t begin = 8 + header.size(), end = begin;
  for (SafetensorsTensor &tensor : *tensors) {
    auto [it, isNew] = slots.try_emplace(tensor.name, std::make_unique<Slot>());
    if (!isNew || tensor.name == "__metadata__")
      return makeError(path, "tensor '" + tensor.name +
                                 "' is declared twice or reserved");
    it->second->tensor = tensor;
    it->second->tensor.offset += begin;
    end = begin + tensor.offset + tensor.numBytes;
  }
  if (std::error_code code = llvm::sys::fs::resize_file(file.FD, end))
    return makeError(path, code.message());
  char length[8];
  llvm::support::endian::write64le(length, header.size());
  if (llvm::Error error = writeAt(length, 0))
    return error;
  return writeAt(ArrayRef<char>(header.data(), header.size()), 8);
}

llvm::Error SafetensorsWriter::writeAt(ArrayRef<char> bytes, uint64_t offset) {
  while (!bytes.empty()) {
    ssize_t count = ::pwrite(file.FD, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return makeError(path, std::generic_category().message(errno));
    bytes = bytes.drop_front(count);
    offset += count;
  }
  return llvm::Error::success();
}

llvm::Error SafetensorsWriter::write(StringRef name, ArrayRef<char> bytes,
                                     uint64_t begin) {
  auto it = slots.find(name);
  if (it == slots.end())
    return makeError(path, "tensor '" + name + "' is not declared");
  Slot &slot = *it->second;
  if (begin > slot.tensor.numBytes ||
      bytes.size() > slot.tensor.numBytes - begin)
    return makeError(path, "tensor '" + name + "': writes to byte " +
                               Twine(begin + bytes.size()) + " of " +
                               Twine(slot.tensor.numBytes));
  slot.numWritten += bytes.size();
  return writeAt(bytes, slot.tensor.offset + begin);
}

llvm::Error SafetensorsWriter::finish() {
  for (const auto &entry : slots) {
    const Slot &slot = *entry.second;
    if (slot.numWritten != slot.tensor.numBytes)
      return makeError(path, "tensor '" + slot.tensor.name + "': expects " +
                                 Twine(slot.tensor.numBytes) + " bytes, but " +
                                 Twine(slot.numWritten.load()) +
                                 " were written");
  }
  isOpen = false;
  if (llvm::Error error = file.keep(path))
    return makeError(path, llvm::toString(std::move(error)));
  return llvm::Error::success();
}
