//===- Buffer.h - A dense array that enters or leaves compiled code -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_BUFFER_H
#define PTQ_RUN_BUFFER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir {
class Type;
} // namespace mlir

namespace mlir::ptq {

/// What one element of a `Buffer` is. MLIR's integers have no sign: `i8`
/// accepts both `Int8` and `UInt8`, `index` is `Int64`, `i1` a byte of 0 or 1.
enum class ElementKind : uint8_t {
  Bool,
  Int8,
  UInt8,
  Int16,
  Int32,
  Int64,
  Float16,
  BFloat16,
  Float32,
  Float64
};

/// Bytes of one element.
unsigned getElementSize(ElementKind kind);

/// MLIR's spelling: "i1", "i8", "ui8", "f32", "bf16", ...
llvm::StringRef getElementName(ElementKind kind);

/// The kind that holds values of the MLIR type `type`; none if no buffer does.
std::optional<ElementKind> getElementKind(Type type);

/// Whether elements of `kind` can be passed where `type` is expected.
bool isCompatible(ElementKind kind, Type type);

/// The kind of the C++ type `T`. Half floats have none: name theirs.
template <typename T>
constexpr ElementKind getElementKindOf() {
  using U = std::remove_const_t<T>;
  if constexpr (std::is_same_v<U, bool>)
    return ElementKind::Bool;
  else if constexpr (std::is_same_v<U, int8_t>)
    return ElementKind::Int8;
  else if constexpr (std::is_same_v<U, uint8_t>)
    return ElementKind::UInt8;
  else if constexpr (std::is_same_v<U, int16_t>)
    return ElementKind::Int16;
  else if constexpr (std::is_same_v<U, int32_t>)
    return ElementKind::Int32;
  else if constexpr (std::is_integral_v<U> && sizeof(U) == 8)
    return ElementKind::Int64;
  else if constexpr (std::is_same_v<U, float>)
    return ElementKind::Float32;
  else {
    static_assert(std::is_same_v<U, double>, "no buffer holds this type");
    return ElementKind::Float64;
  }
}

/// Number of elements of `shape`, none if it is negative somewhere or does not
/// fit 63 bits when multiplied by `elementSize`.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape,
                                     unsigned elementSize);

/// A dense row-major array: a handle, so copies share the memory. The memory
/// is owned together by all handles, or borrowed (`view`).
///
/// ```c++
/// Buffer tokens = Buffer::copyOf<int64_t>({1, 15043});            // 2xi64
/// Buffer keys = Buffer::allocate(ElementKind::Float32, {5, 512, 4, 8});
/// Buffer position = Buffer::scalar<int64_t>(0);                   // i64
/// llvm::ArrayRef<float> values = keys.getValues<float>();
/// ```
class Buffer {
public:
  /// A null buffer; only assignment and `bool` are allowed.
  Buffer() = default;

  /// Zeros, at an address that is a multiple of 64. The pages are touched when
  /// they are first used.
  static Buffer allocate(ElementKind kind, llvm::ArrayRef<int64_t> shape);

  /// Memory of somebody else, which has to outlive the buffer.
  static Buffer view(ElementKind kind, llvm::ArrayRef<int64_t> shape,
                     void *data);

  /// Memory that `owner` keeps alive.
  static Buffer share(ElementKind kind, llvm::ArrayRef<int64_t> shape,
                      void *data, std::shared_ptr<void> owner);

  /// A copy of `values`, of one dimension unless a shape is given.
  template <typename T>
  static Buffer copyOf(llvm::ArrayRef<T> values) {
    return copyOf(values, {static_cast<int64_t>(values.size())});
  }
  template <typename T>
  static Buffer copyOf(llvm::ArrayRef<T> values,
                       llvm::ArrayRef<int64_t> shape) {
    Buffer buffer = allocate(getElementKindOf<T>(), shape);
    assert(buffer.getNumElements() == static_cast<int64_t>(values.size()) &&
           "shape and number of values differ");
    llvm::copy(values, buffer.getValues<T>().begin());
    return buffer;
  }

  /// A value of no dimension: what a scalar argument takes.
  template <typename T>
  static Buffer scalar(T value) {
    return copyOf<T>(llvm::ArrayRef<T>(value), llvm::ArrayRef<int64_t>());
  }

  explicit operator bool() const { return data != nullptr; }
  ElementKind getElementKind() const { return kind; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return shape.size(); }
  int64_t getNumElements() const { return numElements; }
  int64_t getNumBytes() const { return numElements * getElementSize(kind); }
  void *getData() const { return data; }
  llvm::ArrayRef<char> getBytes() const {
    return {static_cast<const char *>(data),
            static_cast<size_t>(getNumBytes())};
  }

  /// The elements as C++ values; `T` has to be of the buffer's kind.
  template <typename T>
  llvm::MutableArrayRef<T> getValues() const {
    assert(getElementKindOf<T>() == kind && "wrong element type");
    return {static_cast<T *>(data), static_cast<size_t>(numElements)};
  }

  /// The same memory under another shape with as many elements.
  Buffer reshape(llvm::ArrayRef<int64_t> newShape) const;

private:
  ElementKind kind = ElementKind::Float32;
  llvm::SmallVector<int64_t, 4> shape;
  int64_t numElements = 0;
  void *data = nullptr;
  std::shared_ptr<void> owner;
};

/// Prints "2x3xf32", as in a tensor type; a scalar is "f32".
llvm::raw_ostream &operator<<(llvm::raw_ostream &os, const Buffer &buffer);

} // namespace mlir::ptq

#endif // PTQ_RUN_BUFFER_H
