//===- DecomposePacked.cpp - Products with packed weights, unpacked -------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Packed.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

/// `value / (1 + exp(-value))`
static Value buildSiLU(OpBuilder &builder, Location loc, Value value) {
  Value one =
      arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(1.0f));
  Value negated = arith::NegFOp::create(builder, loc, value);
  Value exponential = math::ExpOp::create(builder, loc, negated);
  Value sum = arith::AddFOp::create(builder, loc, one, exponential);
  return arith::DivFOp::create(builder, loc, value, sum);
}

static Value buildStep(OpBuilder &builder, Location loc, EpilogueStep step,
                       Value value, Value operand) {
  if (operand && !operand.getType().isF32())
    operand =
        arith::ExtFOp::create(builder, loc, builder.getF32Type(), operand);
  switch (step) {
  case EpilogueStep::Bias:
  case EpilogueStep::Add:
    return arith::AddFOp::create(builder, loc, value, operand);
  case EpilogueStep::SiLU:
    return buildSiLU(builder, loc, value);
  case EpilogueStep::SiLUTimes:
    return arith::MulFOp::create(builder, loc, buildSiLU(builder, loc, value),
                                 operand);
  }
  llvm_unreachable("unknown step of an epilogue");
}

/// One elementwise op: the steps on `product`, rounded to the type of the init.
static Value buildEpilogue(OpBuilder &builder, PackedMatmulOp op,
                           Value product) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getInit().getType());
  AffineMap all = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<Value> inputs{product};
  SmallVector<AffineMap> maps{all};
  for (Value operand : op.getEpilogueOperands()) {
    inputs.push_back(operand);
    bool isBias = cast<RankedTensorType>(operand.getType()).getRank() == 1;
    maps.push_back(isBias ? all.getMinorSubMap(1) : all);
  }
  maps.push_back(all);
  SmallVector<utils::IteratorType> loops(type.getRank(),
                                         utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, type, inputs, op.getInit(), maps, loops,
      [&](OpBuilder &inner, Location, ValueRange arguments) {
        Value value = arguments.front();
        unsigned next = 1;
        for (Attribute attribute : op.getEpilogue()) {
          EpilogueStep step = cast<EpilogueStepAttr>(attribute).getValue();
          Value operand =
              step == EpilogueStep::SiLU ? Value() : arguments[next++];
          value = buildStep(inner, loc, step, value, operand);
        }
        if (!type.getElementType().isF32())
          value =
              arith::TruncFOp::create(inner, loc, type.getElementType(), value);
        linalg::YieldOp::create(inner, loc, value);
      });
  return generic.getResult(0);
}

FailureOr<SmallVector<Value>>
PackedMatmulOp::decomposeOperation(OpBuilder &builder) {
  Location loc = getLoc();
  PackedAttr packed = getPacked();
  auto unpack = UnpackOp::create(builder, loc, packed.getWeightType(),
                                 packed.getScaleType(),
                                 packed.getMultiplierType(), getRhs());
  bool hasEpilogue = !getEpilogue().empty();
  Value init = getInit();
  if (hasEpilogue && !getElementTypeOrSelf(init).isF32())
    init = tensor::EmptyOp::create(builder, loc,
                                   tensor::getMixedSizes(builder, loc, init),
                                   builder.getF32Type());
  Value product = MatmulOp::create(builder, loc, init.getType(), getLhs(),
                                   unpack.getWeights(), getLhsScale(),
                                   /*lhsZeroPoint=*/Value(), getLhsSums(),
                                   unpack.getScale(), unpack.getMultiplier(),
                                   /*rhsZeroPoint=*/Value(), init)
                      .getResult();
  if (hasEpilogue)
    product = buildEpilogue(builder, *this, product);
  return SmallVector<Value>{product};
}
