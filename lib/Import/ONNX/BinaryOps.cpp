//===- BinaryOps.cpp - Functions of elements that broadcast ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BinaryMap.h"
#include "OnnxOps.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

LogicalResult ptq::buildBinaryMap(OnnxNode &n, OnnxType type, BinaryBody body) {
  FailureOr<Sizes> sizes = n.broadcastSizes({&n.input(0), &n.input(1)});
  if (failed(sizes))
    return failure();
  OnnxType inputType = n.input(0).type;
  return n.set(
      n.b.createElementwise({&n.input(0), &n.input(1)}, *sizes, type,
                            [&](ImplicitLocOpBuilder &b, ValueRange values) {
                              ScalarMath m(b, inputType);
                              return body(m, values[0], values[1]);
                            }));
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

using Operation2 = Value (ScalarMath::*)(Value, Value);
using IndexOperation = OpFoldResult (OnnxBuilder::*)(OpFoldResult,
                                                     OpFoldResult);

/// Sizes are computed element by element.
static std::optional<OnnxTensor> foldElements(OnnxNode &n,
                                              IndexOperation operation) {
  OnnxTensor &x = n.input(0), &y = n.input(1);
  if (!operation || !x.elements || !y.elements || x.type != OnnxType::Int64)
    return std::nullopt;
  size_t count = std::max(x.elements->size(), y.elements->size());
  if ((x.elements->size() != count && x.elements->size() != 1) ||
      (y.elements->size() != count && y.elements->size() != 1))
    return std::nullopt;
  SmallVector<OpFoldResult> results;
  for (size_t i = 0; i < count; ++i)
    results.push_back(
        (n.b.*operation)((*x.elements)[x.elements->size() == 1 ? 0 : i],
                         (*y.elements)[y.elements->size() == 1 ? 0 : i]));
  return n.b.makeElements(results, x.type,
                          x.getRank() == 0 && y.getRank() == 0);
}

template <Operation2 operation, IndexOperation onIndices = nullptr>
static LogicalResult buildArithmetic(OnnxNode &n) {
  if (failed(n.expectNumber(0)) || failed(n.expectSameType(1, 0)))
    return failure();
  if (std::optional<OnnxTensor> folded = foldElements(n, onIndices))
    return n.set(*folded);
  return buildBinaryMap(
      n, n.input(0).type,
      [](ScalarMath &m, Value x, Value y) { return (m.*operation)(x, y); });
}

static LogicalResult buildDiv(OnnxNode &n) {
  // Index division is for what is not negative.
  if (n.input(0).elements && n.input(1).elements &&
      llvm::all_of(*n.input(0).elements, OnnxBuilder::isSize) &&
      llvm::all_of(*n.input(1).elements, [](OpFoldResult value) {
        return getConstantIntValue(value).value_or(0) > 0;
      }))
    return buildArithmetic<&ScalarMath::div, &OnnxBuilder::div>(n);
  return buildArithmetic<&ScalarMath::div>(n);
}

template <Operation2 operation>
static LogicalResult buildVariadic(OnnxNode &n) {
  SmallVector<OnnxTensor *> inputs;
  for (unsigned i = 0; i < n.getNumInputs(); ++i) {
    if (!n.hasInput(i))
      return n.fail("expects no operand to be left out");
    if (failed(n.expectNumber(i)) || failed(n.expectSameType(i, 0)))
      return failure();
    inputs.push_back(&n.input(i));
  }
  FailureOr<Sizes> sizes = n.broadcastSizes(inputs);
  if (failed(sizes))
    return failure();
  OnnxType type = inputs[0]->type;
  bool isMean = n.getOpType() == "Mean";
  return n.set(n.b.createElementwise(
      inputs, *sizes, type, [&](ImplicitLocOpBuilder &b, ValueRange values) {
        ScalarMath m(b, type);
        Value result = values[0];
        for (Value value : values.drop_front())
          result = (m.*operation)(result, value);
        if (isMean)
          result = m.div(result, m.number(result, values.size()));
        return result;
      }));
}

//===----------------------------------------------------------------------===//
// Comparisons and logic
//===----------------------------------------------------------------------===//

template <ScalarMath::Order order>
static LogicalResult buildComparison(OnnxNode &n) {
  if (failed(n.expectSameType(1, 0)))
    return failure();
  return buildBinaryMap(n, OnnxType::Bool, [](ScalarMath &m, Value x, Value y) {
    return m.compare(order, x, y);
  });
}

/// Exporters choose the sizes of an Expand by `Where(Equal(size, -1), ...)`.
static LogicalResult buildEqual(OnnxNode &n) {
  OnnxTensor &x = n.input(0), &y = n.input(1);
  if (failed(n.expectSameType(1, 0)))
    return failure();
  if (x.elements && y.elements && x.sizes == y.sizes) {
    SmallVector<OpFoldResult> results;
    for (auto [a, b] : llvm::zip(*x.elements, *y.elements))
      results.push_back(n.b.select(arith::CmpIPredicate::eq, a, b,
                                   n.b.constant(1), n.b.constant(0)));
    return n.set(n.b.makeElements(results, OnnxType::Bool, x.getRank() == 0));
  }
  return buildComparison<ScalarMath::Order::Equal>(n);
}

template <typename OpTy>
static LogicalResult buildLogic(OnnxNode &n) {
  if (failed(n.expectType(0, {OnnxType::Bool})) ||
      failed(n.expectSameType(1, 0)))
    return failure();
  return buildBinaryMap(n, OnnxType::Bool,
                        [](ScalarMath &m, Value x, Value y) -> Value {
                          return OpTy::create(m.b, x, y);
                        });
}

static LogicalResult buildWhere(OnnxNode &n) {
  if (failed(n.expectType(0, {OnnxType::Bool})) ||
      failed(n.expectSameType(2, 1)))
    return failure();
  SmallVector<OnnxTensor *> inputs = {&n.input(0), &n.input(1), &n.input(2)};
  if (llvm::all_of(inputs, [&](OnnxTensor *input) {
        return input->elements && input->sizes == inputs[0]->sizes;
      })) {
    SmallVector<OpFoldResult> results;
    for (auto [condition, a, b] : llvm::zip(
             *inputs[0]->elements, *inputs[1]->elements, *inputs[2]->elements))
      results.push_back(n.b.select(arith::CmpIPredicate::ne, condition,
                                   n.b.constant(0), a, b));
    return n.set(
        n.b.makeElements(results, inputs[1]->type, inputs[0]->getRank() == 0));
  }
  FailureOr<Sizes> sizes = n.broadcastSizes(inputs);
  if (failed(sizes))
    return failure();
  return n.set(n.b.createElementwise(
      inputs, *sizes, n.input(1).type,
      [&](ImplicitLocOpBuilder &b, ValueRange values) -> Value {
        return arith::SelectOp::create(b, values[0], values[1], values[2]);
      }));
}

/// min(max(x, low), high); operands since version 11, attributes before.
static LogicalResult buildClip(OnnxNode &n) {
  OnnxTensor &x = n.input(0);
  if (failed(n.expectNumber(0)))
    return failure();
  SmallVector<OnnxTensor *> inputs = {&x};
  for (unsigned i : {1, 2})
    if (OnnxTensor *bound = n.optionalInput(i)) {
      if (failed(n.expectSameType(i, 0)))
        return failure();
      if (countElements(bound->sizes) != 1)
        return n.fail("expects one number as bound, but got " +
                      toString(bound->sizes));
      inputs.push_back(bound);
    }
  bool hasLow = n.hasInput(1), hasHigh = n.hasInput(2);
  bool lowHere = n.hasAttribute("min"), highHere = n.hasAttribute("max");
  double low = n.getFloat("min", 0), high = n.getFloat("max", 0);
  return n.set(n.b.createElementwise(
      inputs, x.sizes, x.type, [&](ImplicitLocOpBuilder &b, ValueRange values) {
        ScalarMath m(b, x.type);
        Value result = values[0];
        if (hasLow || lowHere)
          result = m.max(result, hasLow ? values[1] : m.number(result, low));
        if (hasHigh || highHere)
          result =
              m.min(result, hasHigh ? values.back() : m.number(result, high));
        return result;
      }));
}

static LogicalResult buildPRelu(OnnxNode &n) {
  if (failed(n.expectFloat(0)) || failed(n.expectSameType(1, 0)))
    return failure();
  return buildBinaryMap(
      n, n.input(0).type, [](ScalarMath &m, Value x, Value y) {
        Value isBelow = m.compare(ScalarMath::Order::Less, x, m.number(x, 0));
        return m.select(isBelow, m.mul(x, y), x);
      });
}

ArrayRef<OnnxOp> ptq::getBinaryOps() {
  using S = ScalarMath;
  using B = OnnxBuilder;
  using Order = ScalarMath::Order;
  static constexpr OnnxOp ops[] = {
      {"Add", buildArithmetic<&S::add, &B::add>, 2, 2},
      {"And", buildLogic<arith::AndIOp>, 2, 2},
      {"Clip", buildClip, 1, 3},
      {"Div", buildDiv, 2, 2},
      {"Equal", buildEqual, 2, 2},
      {"Greater", buildComparison<Order::Greater>, 2, 2},
      {"GreaterOrEqual", buildComparison<Order::GreaterOrEqual>, 2, 2},
      {"Less", buildComparison<Order::Less>, 2, 2},
      {"LessOrEqual", buildComparison<Order::LessOrEqual>, 2, 2},
      {"Max", buildVariadic<&S::max>, 1, anyNumber},
      {"Mean", buildVariadic<&S::add>, 1, anyNumber},
      {"Min", buildVariadic<&S::min>, 1, anyNumber},
      {"Mul", buildArithmetic<&S::mul, &B::mul>, 2, 2},
      {"Or", buildLogic<arith::OrIOp>, 2, 2},
      {"PRelu", buildPRelu, 2, 2},
      {"Sub", buildArithmetic<&S::sub, &B::sub>, 2, 2},
      {"Sum", buildVariadic<&S::add>, 1, anyNumber},
      {"Where", buildWhere, 3, 3},
      {"Xor", buildLogic<arith::XOrIOp>, 2, 2},
  };
  return ops;
}
