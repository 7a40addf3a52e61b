//===- Safetensors.h - Mapped reading and streamed writing ------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A safetensors file is the length of a header (8 bytes, little endian), the
// header (JSON: name -> dtype, shape, data_offsets), and the bytes of the
// tensors, row-major and little endian, without gaps.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_SAFETENSORS_H
#define PTQ_IR_SAFETENSORS_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <atomic>
#include <map>

namespace mlir::ptq {

/// What a safetensors header says of one tensor.
struct SafetensorsTensor {
  std::string name;
  /// As the format spells it: F32, BF16, I8, U8, ...
  std::string dtype;
  SmallVector<int64_t, 4> shape;
  /// Where the bytes start, counted from the start of the file. Set by the
  /// reader and by the writer, not by who declares a tensor to be written.
  uint64_t offset = 0;
  uint64_t numBytes = 0;
};

/// Bits of one element; 0 if safetensors does not know `dtype`.
unsigned getSafetensorsBits(StringRef dtype);

/// The builtin type of one element: floats of the same format, signless
/// integers of the same width. Null where MLIR has none (complex numbers).
Type getSafetensorsElementType(StringRef dtype, MLIRContext *context);

/// The dtype that stores `elementType`: the signed one for signless integers.
/// Empty if there is none.
StringRef getSafetensorsType(Type elementType);

using SafetensorsMetadata = std::map<std::string, std::string>;

/// A safetensors file, mapped into memory. All of the header is checked when
/// the file is opened: what `bytes` returns is in the file. Thread-safe.
class SafetensorsFile {
public:
  static llvm::Expected<std::unique_ptr<SafetensorsFile>> open(StringRef path);

  StringRef getPath() const { return path; }
  const SafetensorsMetadata &getMetadata() const { return metadata; }

  /// In the order of their bytes.
  ArrayRef<SafetensorsTensor> getTensors() const { return tensors; }

  /// Null if there is no such tensor.
  const SafetensorsTensor *find(StringRef name) const;

  /// Not necessarily aligned: the format does not ask for it.
  ArrayRef<char> bytes(const SafetensorsTensor &tensor) const;

  /// Tells the system that the pages of `tensor` are not needed for now. They
  /// stay readable, but do not count as resident until they are read again.
  void release(const SafetensorsTensor &tensor) const;

private:
  SafetensorsFile() = default;
  llvm::Error readHeader();

  std::string path;
  llvm::sys::fs::mapped_file_region map;
  std::vector<SafetensorsTensor> tensors;
  llvm::StringMap<size_t> indices;
  SafetensorsMetadata metadata;
};

/// Writes a safetensors file whose tensors are declared first and filled in
/// pieces, in any order and from any number of threads. The file appears under
/// its name when `finish` succeeds; otherwise nothing is left of it.
class SafetensorsWriter {
public:
  /// `tensors` need a name, a dtype and a shape.
  static llvm::Expected<std::unique_ptr<SafetensorsWriter>>
  create(StringRef path, ArrayRef<SafetensorsTensor> tensors,
         const SafetensorsMetadata &metadata = {});
  ~SafetensorsWriter();

  /// Writes `bytes` into the tensor `name` from its byte `begin` on. Each byte
  /// of a tensor is written once.
  llvm::Error write(StringRef name, ArrayRef<char> bytes, uint64_t begin = 0);

  /// Fails if bytes are missing.
  llvm::Error finish();

private:
  SafetensorsWriter(StringRef path, llvm::sys::fs::TempFile file);
  llvm::Error declare(ArrayRef<SafetensorsTensor> declared,
                      const SafetensorsMetadata &metadata);
  llvm::Error writeAt(ArrayRef<char> bytes, uint64_t offset);

  struct Slot {
    SafetensorsTensor tensor;
    std::atomic<uint64_t> numWritten{0};
  };

  std::string path;
  llvm::sys::fs::TempFile file;
  bool isOpen = true;
  llvm::StringMap<std::unique_ptr<Slot>> slots;
};

} // namespace mlir::ptq

#endif // PTQ_IR_SAFETENSORS_H
