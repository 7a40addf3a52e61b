//===- Buffer.cpp - A dense array that enters or leaves compiled code -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Buffer.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemAlloc.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <sys/mman.h>

using namespace mlir;
using namespace mlir::ptq;

/// The widest vector registers, and a line of the cache.
static constexpr uint64_t bufferAlignment = 64;

/// Of x86-64, and of Arm with pages of 4 KiB.
static constexpr uint64_t hugePageSize = 2 << 20;

unsigned ptq::getElementSize(ElementKind kind) {
  switch (kind) {
  case ElementKind::Bool:
  case ElementKind::Int8:
  case ElementKind::UInt8:
    return 1;
  case ElementKind::Int16:
  case ElementKind::Float16:
  case ElementKind::BFloat16:
    return 2;
  case ElementKind::Int32:
  case ElementKind::Float32:
    return 4;
  case ElementKind::Int64:
  case ElementKind::Float64:
    return 8;
  }
  llvm_unreachable("unknown element kind");
}

StringRef ptq::getElementName(ElementKind kind) {
  switch (kind) {
  case ElementKind::Bool:
    return "i1";
  case ElementKind::Int8:
    return "i8";
  case ElementKind::UInt8:
    return "ui8";
  case ElementKind::Int16:
    return "i16";
  case ElementKind::Int32:
    return "i32";
  case ElementKind::Int64:
    return "i64";
  case ElementKind::Float16:
    return "f16";
  case ElementKind::BFloat16:
    return "bf16";
  case ElementKind::Float32:
    return "f32";
  case ElementKind::Float64:
    return "f64";
  }
  llvm_unreachable("unknown element kind");
}

std::optional<ElementKind> ptq::getElementKind(Type type) {
  if (type.isIndex())
    return ElementKind::Int64;
  if (type.isInteger(1))
    return ElementKind::Bool;
  if (type.isInteger(8))
    return type.isUnsignedInteger() ? ElementKind::UInt8 : ElementKind::Int8;
  if (type.isUnsignedInteger())
    return std::nullopt;
  if (type.isInteger(16))
    return ElementKind::Int16;
  if (type.isInteger(32))
    return ElementKind::Int32;
  if (type.isInteger(64))
    return ElementKind::Int64;
  if (type.isF16())
    return ElementKind::Float16;
  if (type.isBF16())
    return ElementKind::BFloat16;
  if (type.isF32())
    return ElementKind::Float32;
  if (type.isF64())
    return ElementKind::Float64;
  return std::nullopt;
}

bool ptq::isCompatible(ElementKind kind, Type type) {
  if (type.isSignlessInteger(8))
    return kind == ElementKind::Int8 || kind == ElementKind::UInt8;
  return getElementKind(type) == kind;
}

std::optional<int64_t> ptq::countElements(ArrayRef<int64_t> shape,
                                          unsigned elementSize) {
  // A zero anywhere makes the product zero, but the rest still has to fit:
  // strides are products of the sizes.
  int64_t numBytes = elementSize;
  bool isEmpty = false;
  for (int64_t size : shape) {
    if (size < 0)
      return std::nullopt;
    isEmpty |= size == 0;
    if (size != 0 && llvm::MulOverflow(numBytes, size, numBytes))
      return std::nullopt;
  }
  return isEmpty ? 0 : numBytes / elementSize;
}

Buffer Buffer::share(ElementKind kind, ArrayRef<int64_t> shape, void *data,
                     std::shared_ptr<void> owner) {
  Buffer buffer = view(kind, shape, data);
  buffer.owner = std::move(owner);
  return buffer;
}

Buffer Buffer::view(ElementKind kind, ArrayRef<int64_t> shape, void *data) {
  std::optional<int64_t> numElements =
      countElements(shape, ptq::getElementSize(kind));
  assert(numElements && "shape does not fit the address space");
  Buffer buffer;
  buffer.kind = kind;
  buffer.shape.assign(shape.begin(), shape.end());
  buffer.numElements = *numElements;
  buffer.data = data;
  return buffer;
}

Buffer Buffer::allocate(ElementKind kind, ArrayRef<int64_t> shape) {
  Buffer buffer = view(kind, shape, nullptr);
  uint64_t numBytes = buffer.getNumBytes();
  bool isLarge = numBytes >= 2 * hugePageSize;
  uint64_t alignment = isLarge ? hugePageSize : bufferAlignment;
  // calloc leaves large blocks to the operating system, which zeroes a page
  // when it is first touched.
  void *base = std::calloc(numBytes + alignment, 1);
  if (!base)
    llvm::report_bad_alloc_error("buffer allocation failed");
  buffer.owner = std::shared_ptr<void>(base, std::free);
  buffer.data =
      reinterpret_cast<void *>(llvm::alignAddr(base, llvm::Align(alignment)));
#ifdef MADV_HUGEPAGE
  // Advice: weights are read once for each token, and a small page is walked to
  // for every 64 lines of them. It may be refused.
  if (isLarge)
    (void)::madvise(buffer.data, llvm::alignDown(numBytes, hugePageSize),
                    MADV_HUGEPAGE);
#endif
  return buffer;
}

Buffer Buffer::reshape(ArrayRef<int64_t> newShape) const {
  Buffer buffer = share(kind, newShape, data, owner);
  assert(buffer.numElements == numElements && "number of elements differs");
  return buffer;
}

llvm::raw_ostream &ptq::operator<<(llvm::raw_ostream &os,
                                   const Buffer &buffer) {
  for (int64_t size : buffer.getShape())
    os << size << 'x';
  return os << getElementName(buffer.getElementKind());
}
