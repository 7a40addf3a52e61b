//===- PackedOps.cpp - Verifiers and folds of packed weights --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verification.h"
#include "ptq/IR/Microkernel.h"
#include "ptq/IR/Packed.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

static ParseResult parsePackedLhsParameters(
    OpAsmParser &parser, std::optional<OpAsmParser::UnresolvedOperand> &scale,
    Type &scaleType, std::optional<OpAsmParser::UnresolvedOperand> &sums,
    Type &sumsType) {
  if (failed(parser.parseOptionalKeyword("lhs")))
    return success();
  if (parser.parseLParen() || parser.parseOperand(scale.emplace()))
    return failure();
  if (succeeded(parser.parseOptionalComma()) &&
      (parser.parseKeyword("sums") || parser.parseOperand(sums.emplace())))
    return failure();
  if (parser.parseColonType(scaleType) ||
      (sums && (parser.parseComma() || parser.parseType(sumsType))))
    return failure();
  return parser.parseRParen();
}

static void printPackedLhsParameters(OpAsmPrinter &printer, Operation *,
                                     Value scale, Type, Value sums, Type) {
  if (!scale)
    return;
  printer << " lhs(" << scale;
  if (sums)
    printer << ", sums " << sums;
  printer << " : " << scale.getType();
  if (sums)
    printer << ", " << sums.getType();
  printer << ")";
}

static bool hasOperand(EpilogueStep step) { return step != EpilogueStep::SiLU; }

static ParseResult
parseEpilogue(OpAsmParser &parser, ArrayAttr &epilogue,
              SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
              SmallVectorImpl<Type> &types) {
  SmallVector<Attribute> steps;
  auto parseStep = [&]() -> ParseResult {
    StringRef keyword;
    SMLoc location = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return failure();
    std::optional<EpilogueStep> step = symbolizeEpilogueStep(keyword);
    if (!step)
      return parser.emitError(location)
             << "expects bias, silu, silu_times or add, but got '" << keyword
             << "'";
    steps.push_back(EpilogueStepAttr::get(parser.getContext(), *step));
    OpAsmParser::UnresolvedOperand operand;
    OptionalParseResult hasAny = parser.parseOptionalOperand(operand);
    if (!hasAny.has_value())
      return success();
    operands.push_back(operand);
    return failure(failed(*hasAny) ||
                   parser.parseColonType(types.emplace_back()));
  };
  if (succeeded(parser.parseOptionalKeyword("epilogue")) &&
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseStep))
    return failure();
  epilogue = parser.getBuilder().getArrayAttr(steps);
  return success();
}

static void printEpilogue(OpAsmPrinter &printer, Operation *,
                          ArrayAttr epilogue, ValueRange operands, TypeRange) {
  if (epilogue.empty())
    return;
  printer << " epilogue(";
  auto operand = operands.begin();
  llvm::interleaveComma(epilogue, printer, [&](Attribute attribute) {
    EpilogueStep step = cast<EpilogueStepAttr>(attribute).getValue();
    printer << stringifyEpilogueStep(step);
    if (!hasOperand(step) || operand == operands.end())
      return;
    printer << ' ' << *operand << " : " << (*operand).getType();
    ++operand;
  });
  printer << ")";
}

#define GET_OP_CLASSES
#include "ptq/IR/PackedOps.cpp.inc"

//===----------------------------------------------------------------------===//
// pack, unpack
//===----------------------------------------------------------------------===//

/// (C2) Scales or multipliers have the type `expected`, which is null where
/// there are none.
static LogicalResult verifyNumbers(Operation *op, StringRef name, Type expected,
                                   Type type) {
  if (type == expected)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects "); // pack_c2, unpack_c2
  if (expected)
    diag << name << " of type " << expected;
  else
    diag << "no " << name;
  diag << ", but got ";
  if (type)
    return diag << type;
  return diag << "none";
}

/// (C1), (C2) Weights and what belongs to them are those of `packed`.
static LogicalResult verifyWeights(Operation *op, PackedAttr packed,
                                   Type weights, Type scale, Type multiplier) {
  if (weights != packed.getWeightType()) // pack_c1, unpack_c1
    return op->emitOpError("expects weights of type ")
           << packed.getWeightType() << ", but got " << weights;
  if (failed(verifyNumbers(op, "scale", packed.getScaleType(), scale)))
    return failure();
  return verifyNumbers(op, "multiplier", packed.getMultiplierType(),
                       multiplier);
}

static Type getTypeOrNull(Value value) {
  return value ? value.getType() : Type();
}

LogicalResult PackOp::verify() {
  return verifyWeights(*this, getPackedEncoding(getType()),
                       getWeights().getType(), getTypeOrNull(getScale()),
                       getTypeOrNull(getMultiplier()));
}

LogicalResult UnpackOp::verify() {
  return verifyWeights(*this, getPackedEncoding(getInput().getType()),
                       getWeights().getType(), getTypeOrNull(getScale()),
                       getTypeOrNull(getMultiplier()));
}

/// unpack(pack(w, s)) == w, s: the encodings are equal, since the type between
/// them is one.
LogicalResult UnpackOp::fold(FoldAdaptor,
                             SmallVectorImpl<OpFoldResult> &results) {
  auto pack = getInput().getDefiningOp<PackOp>();
  if (!pack)
    return failure();
  results.push_back(pack.getWeights());
  if (getScale())
    results.push_back(pack.getScale());
  if (getMultiplier())
    results.push_back(pack.getMultiplier());
  return success();
}

//===----------------------------------------------------------------------===//
// packed_matmul
//===----------------------------------------------------------------------===//

QuantType PackedMatmulOp::getLhsFormat() {
  return getFormat(getLhs().getType());
}

PackedAttr PackedMatmulOp::getPacked() {
  return getPackedEncoding(getRhs().getType());
}

/// (C1) `lhs` is `[.., K]` and the init `[.., N]`.
static LogicalResult verifyShapes(PackedMatmulOp op) {
  ArrayRef<int64_t> lhs = op.getLhs().getType().getShape();
  ArrayRef<int64_t> init = op.getInit().getType().getShape();
  PackedAttr packed = op.getPacked();
  auto fits = [](int64_t a, int64_t b) {
    return a == b || ShapedType::isDynamic(a) || ShapedType::isDynamic(b);
  };
  if (lhs.size() < 2 || !fits(lhs.back(), packed.getDepth()))
    return op.emitOpError("expects lhs of rank 2 or more with ")
           << packed.getDepth() << " in its last dimension, but got "
           << formatShape(lhs);
  SmallVector<int64_t> expected(lhs);
  expected.back() = packed.getNumColumns();
  if (failed(verifyCompatibleShape(init, expected)))
    return op.emitOpError("expects init of shape ")
           << formatShape(expected) << ", but got " << formatShape(init);
  return success();
}

/// (C3), (C4) Scales of codes, and sums where the weights have a zero point.
static LogicalResult verifyLhsParameters(PackedMatmulOp op) {
  QuantType lhs = op.getLhsFormat();
  ArrayRef<int64_t> shape = op.getLhs().getType().getShape();
  SmallVector<int64_t> block(shape.size(), 1);
  block.back() = 0;
  if (failed(verifyPerBlock(op, "lhs scale", op.getLhsScale(),
                            lhs ? lhs.getScaleType() : Type(), shape, block)))
    return failure();
  QuantType rhs = op.getPacked().getFormat();
  Type sumType;
  if (lhs && rhs && !rhs.isSymmetric()) {
    sumType = IntegerType::get(op.getContext(), 32);
    block.back() =
        (rhs.hasMultiplier() ? rhs.getMultiplierBlock() : rhs.getBlock())
            .back();
  }
  return verifyPerBlock(op, "sums", op.getLhsSums(), sumType, shape, block);
}

/// (C2), (C5), (C6) The kernel takes the formats, in this layout.
static LogicalResult verifyKernel(PackedMatmulOp op) {
  ProductFormats formats{op.getLhs().getType().getElementType(),
                         op.getPacked().getElement()};
  std::string refusal = getPackedRefusal(formats);
  if (!refusal.empty())
    return op.emitOpError("expects formats that a kernel takes, but ")
           << refusal;
  const Microkernel &kernel = op.getIsa().getMicrokernel();
  refusal = kernel.getRefusal(formats);
  if (!refusal.empty())
    return op.emitOpError("expects formats that ")
           << op.getIsa() << " takes, but " << refusal;
  LayoutAttr expected = kernel.getLayout(op.getContext(), formats);
  if (op.getPacked().getLayout() != expected)
    return op.emitOpError("expects the layout ")
           << expected << " for " << op.getIsa() << ", but got "
           << op.getPacked().getLayout();
  return success();
}

/// (C7) The operands of the epilogue.
static LogicalResult verifyEpilogue(PackedMatmulOp op) {
  ValueRange operands = op.getEpilogueOperands();
  ArrayRef<int64_t> init = op.getInit().getType().getShape();
  for (Attribute attribute : op.getEpilogue()) {
    EpilogueStep step = cast<EpilogueStepAttr>(attribute).getValue();
    if (!hasOperand(step))
      continue;
    if (operands.empty())
      return op.emitOpError("expects an operand for ")
             << stringifyEpilogueStep(step) << ", but got none";
    ArrayRef<int64_t> shape =
        cast<RankedTensorType>(operands.front().getType()).getShape();
    ArrayRef<int64_t> expected =
        step == EpilogueStep::Bias ? init.take_back() : init;
    if (failed(verifyCompatibleShape(shape, expected)))
      return op.emitOpError("expects operand of ")
             << stringifyEpilogueStep(step) << " of shape "
             << formatShape(expected) << ", but got " << formatShape(shape);
    operands = operands.drop_front();
  }
  if (!operands.empty())
    return op.emitOpError("expects an operand for each step of the epilogue "
                          "but silu, but got ")
           << operands.size() << " more";
  return success();
}

/// (C8) What is added in integers fits i32: a group, or all of K.
static LogicalResult verifyAccumulators(PackedMatmulOp op) {
  QuantType lhs = op.getLhsFormat(), rhs = op.getPacked().getFormat();
  if (!lhs || !rhs)
    return success();
  auto getLargest = [](QuantType format) {
    auto [min, max] = format.getCenteredRange();
    return std::max(-min, max);
  };
  PackedAttr packed = op.getPacked();
  int64_t span =
      packed.hasMultipliers() ? packed.getDepth() : packed.getGroupSize();
  int64_t product = getLargest(lhs) * getLargest(rhs);
  if (span <= ((int64_t(1) << 31) - 1) / product)
    return success();
  return op.emitOpError("expects sums of products that fit i32, but got ")
         << span << " products of up to " << product;
}

LogicalResult PackedMatmulOp::verify() {
  for (auto verifier : {verifyShapes, verifyKernel, verifyLhsParameters,
                        verifyEpilogue, verifyAccumulators})
    if (failed(verifier(*this)))
      return failure();
  return success();
}

LogicalResult PackedMatmulOp::reifyResultShapes(
    OpBuilder &builder, ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  reifiedReturnShapes.push_back(
      tensor::getMixedSizes(builder, getLoc(), getInit()));
  return success();
}
