//===- Descriptor.cpp - Buffers as compiled code sees them ----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Descriptor.h"

#include <cstdlib>

using namespace mlir;
using namespace mlir::ptq;

static_assert(sizeof(void *) == sizeof(uint64_t),
              "a descriptor is made of words that hold a pointer");

Descriptor::Descriptor(const Buffer &buffer) {
  ArrayRef<int64_t> shape = buffer.getShape();
  words.assign(getNumWords(shape.size()), 0);
  words[0] = words[1] = reinterpret_cast<uint64_t>(buffer.getData());
  int64_t stride = 1;
  for (int64_t d = shape.size() - 1; d >= 0; --d) {
    words[3 + d] = shape[d];
    words[3 + shape.size() + d] = stride;
    stride *= shape[d];
  }
}

Descriptor::Descriptor(const uint64_t *source, int64_t rank)
    : words(source, source + getNumWords(rank)) {}

ArrayRef<int64_t> Descriptor::getSizes() const {
  return {reinterpret_cast<const int64_t *>(words.data()) + 3,
          static_cast<size_t>(getRank())};
}

ArrayRef<int64_t> Descriptor::getStrides() const {
  return {getSizes().end(), static_cast<size_t>(getRank())};
}

bool Descriptor::isDense() const {
  int64_t expected = 1;
  for (int64_t d = getRank() - 1; d >= 0; --d) {
    if (getSizes()[d] != 1 && getStrides()[d] != expected)
      return false;
    expected *= getSizes()[d];
  }
  return true;
}

Buffer Descriptor::copy(ElementKind kind, const char *source) const {
  Buffer result = Buffer::allocate(kind, getSizes());
  unsigned elementSize = getElementSize(kind);
  SmallVector<int64_t> index(getRank(), 0);
  char *target = static_cast<char *>(result.getData());
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i) {
    int64_t position = 0;
    for (int64_t d = 0; d < getRank(); ++d)
      position += index[d] * getStrides()[d];
    std::memcpy(target + i * elementSize, source + position * elementSize,
                elementSize);
    for (int64_t d = getRank() - 1; d >= 0 && ++index[d] == getSizes()[d]; --d)
      index[d] = 0;
  }
  return result;
}

Buffer Descriptor::toBuffer(ElementKind kind, bool ownsMemory) const {
  std::shared_ptr<void> owner;
  if (ownsMemory)
    owner = std::shared_ptr<void>(getAllocated(), std::free);
  char *data = reinterpret_cast<char *>(words[1]) +
               static_cast<int64_t>(words[2]) * getElementSize(kind);
  if (!ownsMemory || !isDense())
    return copy(kind, data);
  return Buffer::share(kind, getSizes(), data, std::move(owner));
}
