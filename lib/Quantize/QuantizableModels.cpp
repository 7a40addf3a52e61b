//===- QuantizableModels.cpp - Contractions of linalg seen as linears -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Quantize/QuantizableModels.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/DialectRegistry.h"

using namespace mlir;
using namespace mlir::ptq;

/// The value that `value` was before float casts.
static Value stripFloatCasts(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::TruncFOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Whether the body yields `acc + a * b`, each through float casts only.
static bool isMultiplyAdd(Block &body) {
  if (body.getNumArguments() != 3 ||
      body.getTerminator()->getNumOperands() != 1)
    return false;
  Value yielded = stripFloatCasts(body.getTerminator()->getOperand(0));
  auto add = yielded.getDefiningOp<arith::AddFOp>();
  if (!add)
    return false;
  Value lhs = stripFloatCasts(add.getLhs());
  Value rhs = stripFloatCasts(add.getRhs());
  if (rhs == body.getArgument(2))
    std::swap(lhs, rhs);
  auto multiply = rhs.getDefiningOp<arith::MulFOp>();
  if (lhs != body.getArgument(2) || !multiply)
    return false;
  Value a = stripFloatCasts(multiply.getLhs());
  Value b = stripFloatCasts(multiply.getRhs());
  return (a == body.getArgument(0) && b == body.getArgument(1)) ||
         (a == body.getArgument(1) && b == body.getArgument(0));
}

/// Whether the op is a sum of float products at all, and not one of scaled
/// values; every other op is none of our business.
static bool isFloatProduct(linalg::LinalgOp op) {
  return op.getNumDpsInputs() == 2 && op.getNumDpsInits() == 1 &&
         llvm::all_of(
             op.getDpsInputs(),
             [](Value input) { return isa<ShapedType>(input.getType()); }) &&
         op.getNumReductionLoops() != 0 && isMultiplyAdd(*op.getBlock());
}

/// Position of loop `loop` among the results of a projected permutation; -1 if
/// the operand does not have it.
static int64_t positionOf(AffineMap map, unsigned loop) {
  std::optional<unsigned> position =
      map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
  return position ? int64_t(*position) : -1;
}

/// Why the operand types cannot be those of a linear; empty if they can.
static std::string refuseTypes(linalg::LinalgOp op) {
  std::string reason;
  for (Value operand : op->getOperands()) {
    llvm::raw_string_ostream os(reason);
    auto type = dyn_cast<RankedTensorType>(operand.getType());
    if (!type) {
      os << "expects ranked tensors, but got " << operand.getType();
      return reason;
    }
    Type element = type.getElementType();
    if (!element.isF32() && !element.isF16() && !element.isBF16()) {
      os << "expects elements of f32, f16 or bf16, but got " << element;
      return reason;
    }
  }
  return reason;
}

/// Sorts loop `loop` by the operands that have it; false if it is not a
/// dimension of a contraction.
static bool addLoop(linalg::LinalgOp op, unsigned loop,
                    LinearStructure &linear) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  LinearStructure::Dimension dim{positionOf(maps[0], loop),
                                 positionOf(maps[1], loop),
                                 positionOf(maps[2], loop)};
  bool isParallel =
      op.getIteratorTypesArray()[loop] == utils::IteratorType::parallel;
  if (isParallel != (dim.result >= 0))
    return false;
  if (dim.lhs >= 0 && dim.rhs >= 0)
    (dim.result >= 0 ? linear.batch : linear.contracted).push_back(dim);
  else if (dim.lhs >= 0 && dim.result >= 0)
    linear.lhsFree.push_back(dim);
  else if (dim.rhs >= 0 && dim.result >= 0)
    linear.rhsFree.push_back(dim);
  else
    return false;
  return true;
}

namespace {

template <typename OpTy>
struct ContractionModel
    : QuantizableOpInterface::ExternalModel<ContractionModel<OpTy>, OpTy> {
  FailureOr<LinearStructure> getLinearStructure(Operation *operation,
                                                std::string &reason) const {
    auto op = cast<linalg::LinalgOp>(operation);
    if (!isFloatProduct(op))
      return failure();
    if (!llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) {
          return map.isProjectedPermutation();
        })) {
      reason = "expects operands indexed by single loops, as in a contraction";
      return failure();
    }
    reason = refuseTypes(op);
    if (!reason.empty())
      return failure();
    LinearStructure linear;
    linear.lhs = op.getDpsInputOperand(0);
    linear.rhs = op.getDpsInputOperand(1);
    linear.init = op.getDpsInitOperand(0);
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      if (!addLoop(op, loop, linear)) {
        reason = "expects each loop to be batch, free or contracted";
        return failure();
      }
    return linear;
  }
};

} // namespace

namespace {

/// Where weights have their dimensions; a depthwise convolution has no channels
/// beside the output's.
struct WeightDims {
  int64_t height, width, outputs, channels = -1;
};

/// A convolution over two dimensions; images are `[N, H, W, C]` or, with
/// `channelsFirst`, `[N, C, H, W]`.
template <typename OpTy, bool channelsFirst>
struct ConvolutionModel : QuantizableOpInterface::ExternalModel<
                              ConvolutionModel<OpTy, channelsFirst>, OpTy> {
  static WeightDims getDims();

  FailureOr<LinearStructure> getLinearStructure(Operation *operation,
                                                std::string &reason) const {
    auto op = cast<linalg::LinalgOp>(operation);
    if (!isFloatProduct(op))
      return failure();
    reason = refuseTypes(op);
    if (!reason.empty())
      return failure();
    auto conv = cast<OpTy>(operation);
    WeightDims dims = getDims();
    int64_t height = channelsFirst ? 2 : 1, channel = channelsFirst ? 1 : 3;
    bool isDepthwise = dims.channels < 0;
    LinearStructure linear;
    linear.lhs = op.getDpsInputOperand(0);
    linear.rhs = op.getDpsInputOperand(1);
    linear.init = op.getDpsInitOperand(0);
    linear.lhsFree = {{0, -1, 0}};
    linear.rhsFree = {{isDepthwise ? channel : -1, dims.outputs, channel}};
    linear.contracted = {{height, dims.height, -1},
                         {height + 1, dims.width, -1}};
    if (!isDepthwise)
      linear.contracted.push_back({channel, dims.channels, -1});
    linear.window = {{}, {}, channelsFirst, isDepthwise};
    llvm::append_range(linear.window->strides,
                       conv.getStrides().template getValues<int64_t>());
    llvm::append_range(linear.window->dilations,
                       conv.getDilations().template getValues<int64_t>());
    return linear;
  }
};

} // namespace

template <>
WeightDims ConvolutionModel<linalg::Conv2DNhwcHwcfOp, false>::getDims() {
  return {0, 1, 3, 2};
}
template <>
WeightDims ConvolutionModel<linalg::Conv2DNhwcFhwcOp, false>::getDims() {
  return {1, 2, 0, 3};
}
template <>
WeightDims ConvolutionModel<linalg::Conv2DNchwFchwOp, true>::getDims() {
  return {2, 3, 0, 1};
}
template <>
WeightDims
ConvolutionModel<linalg::DepthwiseConv2DNhwcHwcOp, false>::getDims() {
  return {0, 1, 2};
}
template <>
WeightDims ConvolutionModel<linalg::DepthwiseConv2DNchwChwOp, true>::getDims() {
  return {1, 2, 0};
}

template <typename OpTy, bool channelsFirst>
static void attachConvolution(MLIRContext *context) {
  OpTy::template attachInterface<ConvolutionModel<OpTy, channelsFirst>>(
      *context);
}

template <typename... OpTypes>
static void attachModels(MLIRContext *context) {
  (OpTypes::template attachInterface<ContractionModel<OpTypes>>(*context), ...);
}

void ptq::registerQuantizableModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, linalg::LinalgDialect *) {
    attachModels<linalg::BatchMatmulOp, linalg::BatchMatvecOp,
                 linalg::BatchMmt4DOp, linalg::BatchReduceMatmulOp,
                 linalg::BatchVecmatOp, linalg::ContractOp, linalg::DotOp,
                 linalg::GenericOp, linalg::MatmulOp, linalg::MatvecOp,
                 linalg::Mmt4DOp, linalg::VecmatOp>(context);
    // They refuse, with a reason: what they compute is no linear yet.
    attachModels<linalg::Conv1DOp, linalg::Conv1DNcwFcwOp,
                 linalg::Conv1DNwcWcfOp, linalg::Conv2DOp,
                 linalg::Conv2DNgchwFgchwOp, linalg::Conv2DNgchwGfchwOp,
                 linalg::Conv2DNhwgcGfhwcOp, linalg::Conv3DOp,
                 linalg::Conv3DNcdhwFcdhwOp, linalg::Conv3DNdhwcDhwcfOp,
                 linalg::DepthwiseConv1DNcwCwOp,
                 linalg::DepthwiseConv1DNwcWcOp>(context);
    attachConvolution<linalg::Conv2DNhwcHwcfOp, false>(context);
    attachConvolution<linalg::Conv2DNhwcFhwcOp, false>(context);
    attachConvolution<linalg::Conv2DNchwFchwOp, true>(context);
    attachConvolution<linalg::DepthwiseConv2DNhwcHwcOp, false>(context);
    attachConvolution<linalg::DepthwiseConv2DNchwChwOp, true>(context);
  });
}
