//===- Descriptor.h - Buffers as compiled code sees them --------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_RUN_DESCRIPTOR_H
#define PTQ_LIB_RUN_DESCRIPTOR_H

#include "ptq/Run/Buffer.h"

#include "mlir/IR/BuiltinTypes.h"

namespace mlir::ptq {

/// A memref as the LLVM dialect lays it out, all of it words of 64 bits: the
/// pointer that is freed, the pointer that is read, an offset in elements, the
/// sizes and the strides.
class Descriptor {
public:
  /// Of a dense array.
  explicit Descriptor(const Buffer &buffer);

  /// Of `rank` dimensions, copied from what compiled code wrote.
  Descriptor(const uint64_t *words, int64_t rank);

  static size_t getNumWords(int64_t rank) { return 3 + 2 * rank; }

  const uint64_t *getWords() const { return words.data(); }
  int64_t getRank() const { return (words.size() - 3) / 2; }
  void *getAllocated() const { return reinterpret_cast<void *>(words[0]); }

  /// The elements as a dense array that owns its memory. Takes the memory over
  /// if `ownsMemory`, to be freed with `free`; else copies.
  Buffer toBuffer(ElementKind kind, bool ownsMemory) const;

private:
  ArrayRef<int64_t> getSizes() const;
  ArrayRef<int64_t> getStrides() const;
  bool isDense() const;
  Buffer copy(ElementKind kind, const char *source) const;

  SmallVector<uint64_t, 11> words;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_RUN_DESCRIPTOR_H
