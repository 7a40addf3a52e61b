//===- ScalarMath.h - Arithmetic on scalars of any type ---------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_SCALARMATH_H
#define PTQ_LIB_IMPORT_ONNX_SCALARMATH_H

#include "OnnxTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ptq {

/// Short spelling of arithmetic in the body of a loop, on values of one type.
class ScalarMath {
public:
  ScalarMath(ImplicitLocOpBuilder &builder, OnnxType type)
      : b(builder), type(type) {}

  ImplicitLocOpBuilder &b;
  const OnnxType type;

  /// A number of the type of `like`.
  Value number(Value like, double value) {
    if (isa<FloatType>(like.getType()))
      return arith::ConstantOp::create(b,
                                       b.getFloatAttr(like.getType(), value));
    return arith::ConstantOp::create(
        b, b.getIntegerAttr(like.getType(), int64_t(value)));
  }

  Value add(Value x, Value y) {
    return pick<arith::AddFOp, arith::AddIOp, arith::AddIOp>(x, y);
  }
  Value sub(Value x, Value y) {
    return pick<arith::SubFOp, arith::SubIOp, arith::SubIOp>(x, y);
  }
  Value mul(Value x, Value y) {
    return pick<arith::MulFOp, arith::MulIOp, arith::MulIOp>(x, y);
  }
  /// Integers are truncated toward zero.
  Value div(Value x, Value y) {
    return pick<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>(x, y);
  }
  /// A NaN wins.
  Value max(Value x, Value y) {
    return pick<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>(x, y);
  }
  Value min(Value x, Value y) {
    return pick<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>(x, y);
  }

  enum class Order { Equal, Less, LessOrEqual, Greater, GreaterOrEqual };
  Value compare(Order order, Value x, Value y) {
    using F = arith::CmpFPredicate;
    using I = arith::CmpIPredicate;
    static constexpr F floats[] = {F::OEQ, F::OLT, F::OLE, F::OGT, F::OGE};
    static constexpr I integers[] = {I::eq, I::slt, I::sle, I::sgt, I::sge};
    static constexpr I naturals[] = {I::eq, I::ult, I::ule, I::ugt, I::uge};
    unsigned i = unsigned(order);
    if (isFloat(type))
      return arith::CmpFOp::create(b, floats[i], x, y);
    return arith::CmpIOp::create(
        b, isUnsigned(type) ? naturals[i] : integers[i], x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, condition, x, y);
  }

  template <typename OpTy>
  Value call(Value x) {
    return OpTy::create(b, x);
  }
  Value exp(Value x) { return call<math::ExpOp>(x); }
  /// 1 / (1 + exp(-x))
  Value sigmoid(Value x) {
    Value one = number(x, 1);
    return div(one, add(one, exp(call<arith::NegFOp>(x))));
  }

private:
  template <typename FloatOp, typename SignedOp, typename UnsignedOp>
  Value pick(Value x, Value y) {
    if (isFloat(type))
      return FloatOp::create(b, x, y);
    if (isUnsigned(type) || type == OnnxType::Bool)
      return UnsignedOp::create(b, x, y);
    return SignedOp::create(b, x, y);
  }
};

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_SCALARMATH_H
