//===- OnnxBuilder.h - Builds linalg for ONNX values ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_ONNXBUILDER_H
#define PTQ_LIB_IMPORT_ONNX_ONNXBUILDER_H

#include "OnnxTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::ptq {

/// Builds index arithmetic that folds, `linalg` on tensors, and what the
/// builders of several ops share. Everything goes into one block, in order.
class OnnxBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  //===--------------------------------------------------------------------===//
  // Index arithmetic: constants fold, equal ops of equal operands are one
  //===--------------------------------------------------------------------===//

  OpFoldResult constant(int64_t value) { return getIndexAttr(value); }
  Value asValue(OpFoldResult value);
  OpFoldResult add(OpFoldResult a, OpFoldResult b);
  OpFoldResult sub(OpFoldResult a, OpFoldResult b);
  OpFoldResult mul(OpFoldResult a, OpFoldResult b);
  /// Of numbers that are not negative; rounds down. Division by 0 gives 0.
  OpFoldResult div(OpFoldResult a, OpFoldResult b);
  OpFoldResult ceilDiv(OpFoldResult a, OpFoldResult b);
  OpFoldResult min(OpFoldResult a, OpFoldResult b);
  OpFoldResult max(OpFoldResult a, OpFoldResult b);
  OpFoldResult product(ArrayRef<OpFoldResult> values);
  /// `lhs (predicate) rhs ? a : b`
  OpFoldResult select(arith::CmpIPredicate predicate, OpFoldResult lhs,
                      OpFoldResult rhs, OpFoldResult a, OpFoldResult b);
  /// Whether it is known to be no negative number.
  static bool isSize(OpFoldResult value);
  /// A position counted from the end if it is negative.
  OpFoldResult wrap(OpFoldResult position, OpFoldResult size);

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  Type getElementType(OnnxType type) {
    return ptq::getElementType(type, getContext());
  }
  RankedTensorType getTensorType(ArrayRef<OpFoldResult> sizes, OnnxType type);
  /// Sizes of `value`, dynamic ones by `tensor.dim`.
  Sizes getSizes(Value value);
  /// `value` with the static shape that `sizes` say, as a tensor of the graph.
  OnnxTensor makeTensor(Value value, OnnxType type, Sizes sizes);
  OnnxTensor makeConstant(ElementsAttr elements, OnnxType type);
  /// Integers that are known one by one; of rank 0 or 1.
  OnnxTensor makeElements(ArrayRef<OpFoldResult> elements, OnnxType type,
                          bool isScalar);

  Value getValue(OnnxTensor &tensor);
  /// The elements of an integer tensor of rank 0 or 1 and of static size; none
  /// of other tensors.
  std::optional<SmallVector<OpFoldResult>> getElements(OnnxTensor &tensor);
  /// The same, where all are constants.
  std::optional<SmallVector<int64_t>> getConstants(OnnxTensor &tensor);

  Value createEmpty(ArrayRef<OpFoldResult> sizes, Type elementType);
  Value createFilled(ArrayRef<OpFoldResult> sizes, TypedAttr value);
  Value createScalar(OnnxType type, double value);
  /// Zero, or another number that all of the types have.
  TypedAttr getNumber(Type elementType, double value);

  //===--------------------------------------------------------------------===//
  // Loops. Bodies get and give f32 where elements are narrower floats.
  //===--------------------------------------------------------------------===//

  using Body = llvm::function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;

  /// `init[output map] = body(inputs[their maps].., init[output map])`; loops
  /// that no result of the last map has are reductions.
  Value createGeneric(ArrayRef<AffineMap> maps, ValueRange inputs, Value init,
                      Body body);

  /// `result[i..] = body(i..)`
  OnnxTensor generate(Sizes sizes, OnnxType type, Body body);

  /// Common sizes after ONNX's multidirectional broadcasting; fails if there
  /// are none.
  FailureOr<Sizes> broadcastSizes(ArrayRef<Sizes> sizes);

  /// `body` on corresponding elements of inputs that broadcast; the result has
  /// `sizes`, those of `broadcastSizes`.
  OnnxTensor createElementwise(ArrayRef<OnnxTensor *> inputs, Sizes sizes,
                               OnnxType type, Body body);

  /// `x` repeated along dimensions of size 1 so that it has `sizes`.
  OnnxTensor broadcastTo(OnnxTensor &x, Sizes sizes);

  //===--------------------------------------------------------------------===//
  // Shapes
  //===--------------------------------------------------------------------===//

  /// The elements of `x` in order, in another shape with as many.
  OnnxTensor reshape(OnnxTensor &x, Sizes sizes);
  OnnxTensor transpose(OnnxTensor &x, ArrayRef<int64_t> permutation);
  OnnxTensor slice(OnnxTensor &x, ArrayRef<OpFoldResult> offsets, Sizes sizes);
  /// `x` with `low` and `high` elements of `padding` around each dimension.
  OnnxTensor pad(OnnxTensor &x, ArrayRef<OpFoldResult> low,
                 ArrayRef<OpFoldResult> high, TypedAttr padding);
  /// Converts between any two types, as Cast does.
  OnnxTensor castTo(OnnxTensor &x, OnnxType type);

private:
  llvm::DenseMap<std::pair<std::pair<unsigned, unsigned>,
                           std::pair<const void *, const void *>>,
                 Value>
      known;
};

/// Converts a scalar as Cast does; `value` is f32 instead of a narrower float,
/// and the result may be. Truncates to integers, and wraps what does not fit.
Value castScalar(ImplicitLocOpBuilder &b, Value value, OnnxType from,
                 OnnxType to);

/// One element of `tensor`, f32 instead of a narrower float.
Value extractElement(ImplicitLocOpBuilder &b, Value tensor, ValueRange indices);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_ONNXBUILDER_H
