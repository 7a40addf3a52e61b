//===- OnnxIndices.cpp - Index arithmetic that folds ----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxBuilder.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

Value OnnxBuilder::asValue(OpFoldResult value) {
  if (auto known = dyn_cast<Value>(value))
    return known;
  int64_t number = cast<IntegerAttr>(cast<Attribute>(value)).getInt();
  return arith::ConstantIndexOp::create(*this, number);
}

/// What `build` makes of constants is dead code that the import erases.
static Value
findOrBuild(llvm::DenseMap<std::pair<std::pair<unsigned, unsigned>,
                                     std::pair<const void *, const void *>>,
                           Value> &known,
            unsigned op, unsigned detail, OpFoldResult a, OpFoldResult b,
            llvm::function_ref<Value()> build) {
  Value &value =
      known[{{op, detail}, {a.getOpaqueValue(), b.getOpaqueValue()}}];
  if (!value)
    value = build();
  return value;
}

namespace {
enum IndexOp : unsigned { Add, Sub, Mul, Div, CeilDiv, Min, Max, Compare };
} // namespace

#define FOLD(KEY, OP)                                                          \
  getAsOpFoldResult(findOrBuild(known, KEY, 0, a, b, [&] {                     \
    return createOrFold<OP>(asValue(a), asValue(b));                           \
  }))

OpFoldResult OnnxBuilder::add(OpFoldResult a, OpFoldResult b) {
  return FOLD(IndexOp::Add, arith::AddIOp);
}

OpFoldResult OnnxBuilder::sub(OpFoldResult a, OpFoldResult b) {
  if (a == b)
    return constant(0);
  return FOLD(IndexOp::Sub, arith::SubIOp);
}

OpFoldResult OnnxBuilder::mul(OpFoldResult a, OpFoldResult b) {
  return FOLD(IndexOp::Mul, arith::MulIOp);
}

OpFoldResult OnnxBuilder::div(OpFoldResult a, OpFoldResult b) {
  if (isConstantIntValue(b, 0))
    return constant(0);
  if (isConstantIntValue(b, 1))
    return a;
  if (!getConstantIntValue(b))
    b = max(b, constant(1));
  return FOLD(IndexOp::Div, arith::DivUIOp);
}

OpFoldResult OnnxBuilder::ceilDiv(OpFoldResult a, OpFoldResult b) {
  return div(add(a, sub(b, constant(1))), b);
}

OpFoldResult OnnxBuilder::min(OpFoldResult a, OpFoldResult b) {
  return FOLD(IndexOp::Min, arith::MinSIOp);
}

OpFoldResult OnnxBuilder::max(OpFoldResult a, OpFoldResult b) {
  return FOLD(IndexOp::Max, arith::MaxSIOp);
}

OpFoldResult OnnxBuilder::product(ArrayRef<OpFoldResult> values) {
  OpFoldResult result = constant(1);
  for (OpFoldResult value : values)
    result = mul(result, value);
  return result;
}

OpFoldResult OnnxBuilder::select(arith::CmpIPredicate predicate,
                                 OpFoldResult lhs, OpFoldResult rhs,
                                 OpFoldResult a, OpFoldResult b) {
  if (a == b)
    return a;
  Value condition =
      findOrBuild(known, IndexOp::Compare, unsigned(predicate), lhs, rhs, [&] {
        return createOrFold<arith::CmpIOp>(predicate, asValue(lhs),
                                           asValue(rhs));
      });
  return getAsOpFoldResult(
      createOrFold<arith::SelectOp>(condition, asValue(a), asValue(b)));
}

bool OnnxBuilder::isSize(OpFoldResult value) {
  if (std::optional<int64_t> number = getConstantIntValue(value))
    return *number >= 0;
  Operation *op = cast<Value>(value).getDefiningOp();
  if (op && op->getName().getStringRef() == "tensor.dim")
    return true;
  return isa_and_present<arith::AddIOp, arith::MulIOp, arith::DivUIOp>(op) &&
         llvm::all_of(op->getOperands(), [](Value operand) {
           return isSize(getAsOpFoldResult(operand));
         });
}

OpFoldResult OnnxBuilder::wrap(OpFoldResult position, OpFoldResult size) {
  if (isSize(position))
    return position;
  return select(arith::CmpIPredicate::slt, position, constant(0),
                add(position, size), position);
}
