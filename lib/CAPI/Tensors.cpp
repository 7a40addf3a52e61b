//===- Tensors.cpp - Tensors of the C API ---------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tensors.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Kinds
//===----------------------------------------------------------------------===//

static_assert(PTQ_BOOL == static_cast<int>(ElementKind::Bool) &&
                  PTQ_FLOAT16 == static_cast<int>(ElementKind::Float16) &&
                  PTQ_FLOAT64 == static_cast<int>(ElementKind::Float64),
              "the kinds of C are those of C++");

size_t ptqElementKindGetSize(PtqElementKind kind) {
  return getElementSize(static_cast<ElementKind>(kind));
}

const char *ptqElementKindGetName(PtqElementKind kind) {
  return getElementName(static_cast<ElementKind>(kind)).data();
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

static bool isDense(const PtqTensor &tensor) {
  if (!tensor.strides)
    return true;
  int64_t expected = 1;
  for (int64_t d = tensor.rank - 1; d >= 0; --d) {
    if (tensor.shape[d] != 1 && tensor.strides[d] != expected)
      return false;
    expected *= tensor.shape[d];
  }
  return true;
}

/// Copies the elements from `source` on along dimensions `d` and behind, and
/// moves `target` behind them.
static void copyElements(const PtqTensor &tensor, size_t elementSize, int64_t d,
                         const char *source, char *&target) {
  if (d == tensor.rank) {
    std::memcpy(target, source, elementSize);
    target += elementSize;
    return;
  }
  int64_t stride = tensor.strides[d] * static_cast<int64_t>(elementSize);
  for (int64_t i = 0; i < tensor.shape[d]; ++i)
    copyElements(tensor, elementSize, d + 1, source + i * stride, target);
}

static llvm::Error makeError(size_t index, const Twine &expected) {
  return llvm::createStringError("expects " + expected + " as input " +
                                 Twine(index));
}

/// Fails unless `tensor` says where its elements are.
static llvm::Error check(const PtqTensor &tensor, size_t index) {
  if (tensor.kind < PTQ_BOOL || tensor.kind > PTQ_FLOAT64)
    return makeError(index, "a kind of element of PtqElementKind");
  if (tensor.rank < 0 || (tensor.rank > 0 && !tensor.shape))
    return makeError(index, "a size for each dimension");
  std::optional<int64_t> numElements =
      countElements(ArrayRef(tensor.shape, tensor.rank),
                    getElementSize(static_cast<ElementKind>(tensor.kind)));
  if (!numElements)
    return makeError(index, "sizes that fit memory");
  if (!tensor.data && *numElements != 0)
    return makeError(index, "a pointer to the elements");
  return llvm::Error::success();
}

llvm::Expected<Buffer> ptq::toBuffer(const PtqTensor &tensor, size_t index,
                                     bool inPlace) {
  if (llvm::Error error = check(tensor, index))
    return std::move(error);
  auto kind = static_cast<ElementKind>(tensor.kind);
  size_t elementSize = getElementSize(kind);
  ArrayRef<int64_t> shape(tensor.shape, tensor.rank);
  bool dense = isDense(tensor);
  if (tensor.data && dense &&
      reinterpret_cast<uintptr_t>(tensor.data) % elementSize == 0)
    return Buffer::view(kind, shape, tensor.data);
  if (inPlace)
    return makeError(
        index,
        "an array that is dense and aligned, for it is written in place,");
  Buffer copy = Buffer::allocate(kind, shape);
  if (!tensor.data || copy.getNumElements() == 0)
    return copy;
  auto *target = static_cast<char *>(copy.getData());
  auto *source = static_cast<const char *>(tensor.data);
  if (dense)
    std::memcpy(target, source, copy.getNumBytes());
  else
    copyElements(tensor, elementSize, 0, source, target);
  return copy;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

PtqTensor ptq::toTensor(Buffer buffer) {
  auto *owner = new Buffer(std::move(buffer));
  return {
      owner->getData(),    static_cast<PtqElementKind>(owner->getElementKind()),
      owner->getRank(),    owner->getShape().data(),
      /*strides=*/nullptr, owner};
}

void ptqTensorRelease(PtqTensor *tensor) {
  if (!tensor || !tensor->owner)
    return;
  delete static_cast<Buffer *>(tensor->owner);
  *tensor = {};
}
