//===- OnnxTensor.h - A value of an ONNX graph ------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_ONNXTENSOR_H
#define PTQ_LIB_IMPORT_ONNX_ONNXTENSOR_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"

#include <optional>

namespace mlir::ptq {

/// Element types by their numbers in the format. The integers of MLIR have no
/// sign, so that a value keeps its ONNX type beside its `Value`.
enum class OnnxType : int32_t {
  Undefined = 0,
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  BFloat16 = 16,
  UInt4 = 21,
  Int4 = 22,
};

/// As the specification spells it: "float", "uint8", ...
StringRef getOnnxTypeName(OnnxType type);

/// The type of an element in a tensor, in which codes of 4 bits take a byte
/// each; null where there is none (strings, complex numbers).
Type getElementType(OnnxType type, MLIRContext *context);

bool isFloat(OnnxType type);
/// Integers, not booleans.
bool isInteger(OnnxType type);
bool isUnsigned(OnnxType type);
/// Bits of a value: 4 for int4, 1 for bool.
unsigned getBits(OnnxType type);

/// The least and the largest value of an integer type.
int64_t getOnnxMin(OnnxType type);
int64_t getOnnxMax(OnnxType type);

/// More dimensions than any model has; loops over more take long to build.
constexpr size_t maxOnnxRank = 16;

/// Sizes of a tensor; an attribute makes the dimension static.
using Sizes = SmallVector<OpFoldResult>;

/// What is known of a value of the graph.
struct OnnxTensor {
  OnnxType type = OnnxType::Undefined;
  Sizes sizes;
  /// A tensor of `sizes`; null until somebody asks the builder for it.
  Value value;
  /// The elements of a small integer tensor, where they are known one by one.
  /// Shapes are computed with these, not with tensors.
  std::optional<SmallVector<OpFoldResult>> elements;
  /// Bytes of a constant, in the file or as `getElementType` lays them out.
  ElementsAttr constant;

  int64_t getRank() const { return sizes.size(); }
};

/// Shape with the dynamic dimensions of `sizes`.
SmallVector<int64_t> getShape(ArrayRef<OpFoldResult> sizes);

/// Number of elements; none if a dimension is dynamic.
std::optional<int64_t> countElements(ArrayRef<OpFoldResult> sizes);

/// "[2, ?, 64]"
std::string toString(ArrayRef<OpFoldResult> sizes);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_ONNXTENSOR_H
