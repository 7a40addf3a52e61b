//===- FuseDequantize.cpp - Contract codes instead of floats --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantTensors.h"
#include "DequantizedOperand.h"
#include "RowSums.h"

#include "ptq/Import/Passes.h"

#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_FUSEDEQUANTIZE
#include "ptq/Import/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

namespace {

/// A contraction of a float tensor with a dequantized one, as a `ptq.matmul`.
struct FusedLinear {
  LinearStructure structure;
  DequantizedOperand weight;
  ArrangedCodes codes;
  /// The activation is dequantized too, and already in the order of a matmul.
  DequantizeOp activation;
};

} // namespace

using Dimensions = ArrayRef<LinearStructure::Dimension>;

/// The same contraction with its operands exchanged.
static LinearStructure swapSides(const LinearStructure &structure) {
  LinearStructure swapped = structure;
  std::swap(swapped.lhs, swapped.rhs);
  std::swap(swapped.lhsFree, swapped.rhsFree);
  for (auto *dims : {&swapped.batch, &swapped.lhsFree, &swapped.rhsFree,
                     &swapped.contracted})
    for (LinearStructure::Dimension &dim : *dims)
      std::swap(dim.lhs, dim.rhs);
  return swapped;
}

/// Dimensions of the dequantized tensor behind `dims` of the operand.
static SmallVector<int64_t> gather(const DequantizedOperand &operand,
                                   Dimensions dims) {
  SmallVector<int64_t> gathered;
  for (const LinearStructure::Dimension &dim : dims)
    llvm::append_range(gathered, operand.dims[dim.rhs]);
  return gathered;
}

/// Whether the activation is dequantized codes `[B?, M.., K]` that a matmul
/// with weights of this format takes.
static bool takesActivation(const LinearStructure &linear, DequantizeOp op,
                            QuantType weight) {
  auto format = cast<QuantType>(op.getInput().getType().getElementType());
  int64_t position = 0, rank = format.getRank();
  for (Dimensions dims : {Dimensions(linear.batch), Dimensions(linear.lhsFree),
                          Dimensions(linear.contracted)})
    for (const LinearStructure::Dimension &dim : dims)
      if (dim.lhs != position++)
        return false;
  int64_t group = weight.getBlock().back();
  int64_t k = op.getInput().getType().getShape().back();
  bool isWhole = llvm::all_of(format.getBlock(),
                              [](int64_t length) { return length == 0; });
  bool isPerRow =
      llvm::all_of(format.getBlock().drop_back(),
                   [](int64_t length) { return length == 1; }) &&
      (format.getBlock().back() == 0 || format.getBlock().back() == group);
  if (linear.contracted.size() != 1 || linear.lhsFree.empty() || rank < 2 ||
      (!linear.batch.empty() && rank != 3) || format.hasMultiplier() ||
      (!isWhole && !isPerRow) || ShapedType::isDynamic(k) ||
      (group != 0 && k % group != 0))
    return false;
  auto largest = [](QuantType type) {
    auto [min, max] = type.getCenteredRange();
    return std::max(std::abs(min), std::abs(max));
  };
  return (group == 0 ? k : group) <= std::numeric_limits<int32_t>::max() /
                                         (largest(format) * largest(weight));
}

/// `structure`, whose rhs is dequantized, as a matmul; fails with a reason.
static FailureOr<FusedLinear> plan(const LinearStructure &structure,
                                   const DequantizedOperand &weight,
                                   bool fuseActivations, std::string &reason) {
  FusedLinear fused;
  fused.structure = structure;
  fused.weight = weight;
  SmallVector<SmallVector<int64_t>> dims;
  if (!structure.batch.empty())
    dims.push_back(gather(weight, structure.batch));
  dims.push_back(gather(weight, structure.rhsFree));
  dims.push_back(gather(weight, structure.contracted));
  if (structure.rhsFree.empty() || structure.contracted.empty()) {
    reason = "expects weights with rows and columns";
    return failure();
  }
  RankedTensorType type = getTensorType(structure.rhs->get());
  for (const LinearStructure::Dimension &dim : structure.rhsFree)
    if (type.isDynamicDim(dim.rhs) && structure.rhsFree.size() > 1) {
      reason = "expects static columns where there are several dimensions";
      return failure();
    }
  FailureOr<ArrangedCodes> codes = planArrangement(weight.op, dims, reason);
  if (failed(codes))
    return failure();
  fused.codes = *codes;
  if (llvm::any_of(codes->format.getBlock().drop_back(),
                   [](int64_t length) { return length > 1; })) {
    reason = "expects groups along the contracted dimension only";
    return failure();
  }
  auto activation = structure.lhs->get().getDefiningOp<DequantizeOp>();
  if (fuseActivations && activation &&
      takesActivation(structure, activation, codes->format))
    fused.activation = activation;
  return fused;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

namespace {

class Fuser {
public:
  Fuser(RewriterBase &rewriter, Operation *op, const FusedLinear &fused)
      : rewriter(rewriter), op(op), loc(op->getLoc()), fused(fused) {}

  void rewrite();

private:
  /// The activation as `[B?, M.., K]`.
  Value arrangeActivation();
  /// `[B?, M.., N]` in the order and the shape of the result.
  Value arrangeResult(Value result);
  Value multiply(const LoadedCodes &weight);

  RewriterBase &rewriter;
  Operation *op;
  Location loc;
  const FusedLinear &fused;
};

} // namespace

/// A group for each of `counts` numbers of dimensions that follow each other.
static SmallVector<ReassociationIndices> groupBy(ArrayRef<int64_t> counts) {
  SmallVector<ReassociationIndices> groups;
  int64_t dim = 0;
  for (int64_t count : counts) {
    groups.emplace_back();
    for (int64_t i = 0; i < count; ++i)
      groups.back().push_back(dim++);
  }
  return groups;
}

Value Fuser::arrangeActivation() {
  const LinearStructure &linear = fused.structure;
  SmallVector<int64_t> order, counts;
  for (Dimensions dims : {Dimensions(linear.batch), Dimensions(linear.lhsFree),
                          Dimensions(linear.contracted)})
    for (const LinearStructure::Dimension &dim : dims)
      order.push_back(dim.lhs);
  Value lhs = transposeTensor(rewriter, loc, linear.lhs->get(), order);
  // A batch is one dimension, and its rows another one.
  if (!linear.batch.empty()) {
    counts.push_back(linear.batch.size());
    if (!linear.lhsFree.empty())
      counts.push_back(linear.lhsFree.size());
  } else {
    counts.append(linear.lhsFree.size(), 1);
  }
  counts.push_back(linear.contracted.size());
  lhs = collapseTensor(rewriter, loc, lhs, groupBy(counts));
  if (!linear.lhsFree.empty())
    return lhs;
  int64_t rank = linear.batch.empty() ? 2 : 3;
  SmallVector<int64_t> dims = {rank - 1};
  if (rank == 3)
    dims.insert(dims.begin(), 0);
  return addUnitDims(rewriter, loc, lhs, dims, rank);
}

Value Fuser::arrangeResult(Value result) {
  const LinearStructure &linear = fused.structure;
  auto resultType = getTensorType(op->getResult(0));
  // Sizes in the order batch, rows, columns; then the order of the result.
  SmallVector<int64_t> order(resultType.getRank());
  SmallVector<OpFoldResult> sizes;
  SmallVector<int64_t> shape;
  int64_t position = 0;
  SmallVector<OpFoldResult> initSizes =
      tensor::getMixedSizes(rewriter, loc, linear.init->get());
  for (Dimensions dims : {Dimensions(linear.batch), Dimensions(linear.lhsFree),
                          Dimensions(linear.rhsFree)})
    for (const LinearStructure::Dimension &dim : dims) {
      order[dim.result] = position++;
      sizes.push_back(initSizes[dim.result]);
      shape.push_back(resultType.getDimSize(dim.result));
    }
  if (linear.lhsFree.empty())
    result = dropUnitDims(rewriter, loc, result,
                          linear.batch.empty() ? ArrayRef<int64_t>{1}
                                               : ArrayRef<int64_t>{0, 2});
  SmallVector<int64_t> counts;
  if (!linear.batch.empty()) {
    counts.push_back(linear.batch.size());
    if (!linear.lhsFree.empty())
      counts.push_back(linear.lhsFree.size());
  } else {
    counts.append(linear.lhsFree.size(), 1);
  }
  counts.push_back(linear.rhsFree.size());
  if (size_t(getTensorType(result).getRank()) != shape.size())
    result = tensor::ExpandShapeOp::create(rewriter, loc,
                                           getTensorType(result).clone(shape),
                                           result, groupBy(counts), sizes);
  result = transposeTensor(rewriter, loc, result, order);
  if (result.getType() != resultType)
    result = tensor::CastOp::create(rewriter, loc, resultType, result);
  return result;
}

Value Fuser::multiply(const LoadedCodes &weight) {
  Value lhs, lhsScale, lhsZeroPoint, lhsSums;
  QuantType format = fused.codes.format;
  if (DequantizeOp activation = fused.activation) {
    lhs = activation.getInput();
    lhsScale = activation.getScale();
    lhsZeroPoint = activation.getZeroPoint();
    auto lhsFormat = cast<QuantType>(getTensorType(lhs).getElementType());
    if (!format.isSymmetric()) {
      Value bytes = StorageCastOp::create(
          rewriter, loc,
          getTensorType(lhs).clone(lhsFormat.getByteStorageType()), lhs,
          /*packed=*/false);
      lhsSums = sumRows(rewriter, loc, bytes, lhsFormat.getIsSigned(),
                        format.getBlock().back());
    }
  } else {
    lhs = arrangeActivation();
  }
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(rewriter, loc, lhs);
  int64_t numColumns = getTensorType(weight.codes).getRank() - 2;
  sizes.back() = tensor::getMixedSize(rewriter, loc, weight.codes, numColumns);
  Value init = tensor::EmptyOp::create(
      rewriter, loc, sizes, getTensorType(op->getResult(0)).getElementType());
  auto create = [&](auto tag) -> Operation * {
    return decltype(tag)::create(rewriter, loc, init.getType(), lhs,
                                 weight.codes, lhsScale, lhsZeroPoint, lhsSums,
                                 weight.scale, /*rhsMultiplier=*/Value(),
                                 weight.zeroPoint, init);
  };
  Operation *matmul = fused.structure.batch.empty() ? create(MatmulOp())
                                                    : create(BatchMatmulOp());
  for (NamedAttribute attribute : op->getDiscardableAttrs())
    if (!attribute.getName().getValue().starts_with("linalg."))
      matmul->setDiscardableAttr(attribute.getName(), attribute.getValue());
  return matmul->getResult(0);
}

static bool isZero(Value init) {
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
  return matchPattern(init, m_AnyZeroFloat());
}

void Fuser::rewrite() {
  rewriter.setInsertionPoint(op);
  Value result = arrangeResult(
      multiply(arrangeCodes(rewriter, fused.weight.op, fused.codes)));
  Value init = fused.structure.init->get();
  if (!isZero(init)) {
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, tensor::getMixedSizes(rewriter, loc, init),
        getTensorType(result).getElementType());
    if (empty.getType() != result.getType())
      empty = tensor::CastOp::create(rewriter, loc, result.getType(), empty);
    result = linalg::AddOp::create(rewriter, loc, ValueRange{result, init},
                                   ValueRange{empty})
                 ->getResult(0);
  }
  rewriter.replaceOp(op, result);
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

static remark::RemarkOpts describe(StringRef name, Operation *op) {
  auto function = op->getParentOfType<SymbolOpInterface>();
  return remark::RemarkOpts::name(name)
      .category("ptq-import")
      .function(function && function.getNameAttr() ? function.getName() : "");
}

static void remarkFused(Operation *op, const FusedLinear &fused) {
  StringRef rounding = fused.activation
                           ? "integer sums, scaled once per group"
                           : "codes are summed with fma, scaled once per group";
  remark::passed(op->getLoc(), describe("Fused", op))
      << remark::metric("Rounding", rounding);
}

namespace {

struct FuseDequantize : ptq::impl::FuseDequantizeBase<FuseDequantize> {
  using FuseDequantizeBase::FuseDequantizeBase;

  void runOnOperation() override {
    llvm::DenseSet<Operation *> dead;
    SmallVector<Operation *> linears;
    getOperation()->walk([&](Operation *op) {
      if (isOpTriviallyDead(op))
        dead.insert(op);
      if (isa<QuantizableOpInterface>(op))
        linears.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : linears)
      fuse(rewriter, op);
    getOperation()->walk<WalkOrder::PostOrder, ReverseIterator>(
        [&](Operation *op) {
          if (isOpTriviallyDead(op) && !dead.contains(op))
            rewriter.eraseOp(op);
        });
  }

  void fuse(IRRewriter &rewriter, Operation *op) {
    std::string reason;
    FailureOr<LinearStructure> structure =
        cast<QuantizableOpInterface>(op).getLinearStructure(reason);
    if (failed(structure) || structure->contracted.empty())
      return;
    FailureOr<DequantizedOperand> rhs = traceDequantized(structure->rhs->get());
    if (failed(rhs)) {
      *structure = swapSides(*structure);
      rhs = traceDequantized(structure->rhs->get());
    }
    if (failed(rhs))
      return;
    FailureOr<FusedLinear> fused = plan(*structure, *rhs, activations, reason);
    if (failed(fused)) {
      remark::missed(op->getLoc(), describe("Unfused", op))
          << remark::reason("{0}", reason);
      return;
    }
    remarkFused(op, *fused);
    Fuser(rewriter, op, *fused).rewrite();
  }
};

} // namespace
