//===- RewriteLinears.cpp - Replace linears by quantized ops --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RewriteLinears.h"

#include "IntegerOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Dimension `i` of the result is dimension `permutation[i]` of `value`.
static Value transpose(OpBuilder &builder, Location loc, Value value,
                       ArrayRef<int64_t> permutation) {
  if (isIdentityPermutation(permutation))
    return value;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, value);
  applyPermutationToVector(sizes, permutation);
  Value init = tensor::EmptyOp::create(builder, loc, sizes,
                                       getTensorType(value).getElementType());
  return linalg::TransposeOp::create(builder, loc, value, init, permutation)
      ->getResult(0);
}

static Value collapse(OpBuilder &builder, Location loc, Value value,
                      ArrayRef<ReassociationIndices> groups) {
  if (int64_t(groups.size()) == getTensorType(value).getRank())
    return value;
  return tensor::CollapseShapeOp::create(builder, loc, value, groups);
}

/// Each index of `[begin, end)` a group of its own.
static void addSingles(SmallVectorImpl<ReassociationIndices> &groups,
                       int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i)
    groups.push_back({i});
}

/// Splits dimension `dim` into static `sizes`.
static Value expand(OpBuilder &builder, Location loc, Value value, int64_t dim,
                    ArrayRef<int64_t> sizes) {
  if (sizes.size() == 1)
    return value;
  RankedTensorType type = getTensorType(value);
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  shape.insert(shape.begin() + dim, sizes.begin(), sizes.end());
  SmallVector<ReassociationIndices> groups;
  addSingles(groups, 0, dim);
  groups.emplace_back(
      llvm::to_vector<2>(llvm::seq<int64_t>(dim, dim + int64_t(sizes.size()))));
  addSingles(groups, dim + sizes.size(), shape.size());
  return tensor::ExpandShapeOp::create(builder, loc, type.clone(shape), value,
                                       groups);
}

static Value castShape(OpBuilder &builder, Location loc, Value value,
                       Type type) {
  if (value.getType() == type)
    return value;
  return tensor::CastOp::create(builder, loc, type, value);
}

//===----------------------------------------------------------------------===//
// Rewriter
//===----------------------------------------------------------------------===//

namespace {

struct LoadedWeight {
  Value codes, scales, multipliers; // the last is null if there are none
};

class Rewriter {
public:
  Rewriter(MLIRContext *context, const LinearPlan &plan,
           ArrayRef<QuantizedWeight> weights)
      : plan(plan), weights(weights), builder(context) {}

  void rewrite(const Linear &linear, const LinearUse &use);

private:
  /// The weight and its numbers at the insertion point.
  LoadedWeight loadWeight(Location loc, size_t index);
  ml_program::GlobalOp getGlobal(Location loc, StringRef name, Attribute value,
                                 RankedTensorType type);
  Value loadTensor(Location loc, StringRef name, Attribute value,
                   RankedTensorType type);

  Value rewriteEmbedding(const Linear &linear, const LinearUse &use);
  Value rewriteContraction(const Linear &linear, const LinearUse &use);
  Value rewriteConvolution(const Linear &linear, const LinearUse &use);
  /// `value` by the one scale of the linear's input, and that scale.
  std::pair<Value, Value> quantizeStatically(const Linear &linear, Location loc,
                                             Value value);
  /// `result` plus what the op had in its init, unless that is 0.
  Value addInit(const LinearUse &use, Value result);
  /// The activation as `[B?, M.., K]`, of rank 2 or more.
  Value arrangeActivation(const LinearUse &use, const WeightJob &job);
  /// From `[B?, M.., N]` to the order and the type of the result.
  Value arrangeResult(const LinearUse &use, const WeightJob &job, Value result);

  const LinearPlan &plan;
  ArrayRef<QuantizedWeight> weights;
  SymbolTableCollection symbols;
  llvm::DenseMap<std::pair<Operation *, Attribute>, ml_program::GlobalOp>
      globals;
  /// In front of what each module held before.
  llvm::DenseMap<Operation *, OpBuilder> globalBuilders;
  OpBuilder builder;
};

} // namespace

/// The global of `value` in the module around the insertion point.
ml_program::GlobalOp Rewriter::getGlobal(Location loc, StringRef name,
                                         Attribute value,
                                         RankedTensorType type) {
  auto module =
      builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  ml_program::GlobalOp &global = globals[{module, value}];
  if (global)
    return global;
  auto [globalBuilder, isNew] = globalBuilders.try_emplace(
      module, OpBuilder::atBlockBegin(module.getBody()));
  global = ml_program::GlobalOp::create(globalBuilder->second, loc, name, type,
                                        /*is_mutable=*/false, value,
                                        builder.getStringAttr("private"));
  symbols.getSymbolTable(module).insert(global);
  return global;
}

Value Rewriter::loadTensor(Location loc, StringRef name, Attribute value,
                           RankedTensorType type) {
  if (!isa<ExternalAttr>(value))
    return arith::ConstantOp::create(builder, loc, cast<TypedAttr>(value));
  StringAttr symbol = getGlobal(loc, name, value, type).getSymNameAttr();
  return ml_program::GlobalLoadConstOp::create(builder, loc, type,
                                               FlatSymbolRefAttr::get(symbol));
}

LoadedWeight Rewriter::loadWeight(Location loc, size_t index) {
  const QuantizedWeight &weight = weights[index];
  Value codes =
      loadTensor(loc, weight.codesName, weight.codes, weight.codesType);
  Value scales =
      loadTensor(loc, weight.scalesName, weight.scales, weight.scalesType);
  Value cast = StorageCastOp::create(builder, loc, plan.weights[index].type,
                                     codes, plan.weights[index].isPacked());
  Value multipliers;
  if (weight.multipliers)
    multipliers = loadTensor(loc, weight.multipliersName, weight.multipliers,
                             weight.multipliersType);
  return {cast, scales, multipliers};
}

/// The static sizes of `dims` in the weight.
static SmallVector<int64_t>
getSizes(const ConstantView &view, ArrayRef<LinearStructure::Dimension> dims) {
  return llvm::map_to_vector(
      dims, [&](const auto &dim) { return view.getSize(dim.rhs); });
}

Value Rewriter::arrangeActivation(const LinearUse &use, const WeightJob &job) {
  const LinearStructure &linear = use.structure;
  Location loc = use.op->getLoc();
  SmallVector<int64_t> order;
  for (const auto &dims : {linear.batch, linear.lhsFree, linear.contracted})
    for (const LinearStructure::Dimension &dim : dims)
      order.push_back(dim.lhs);
  Value lhs = transpose(builder, loc, linear.lhs->get(), order);

  // The weight knows sizes that the type of the activation may not show.
  int64_t numLeading = linear.batch.size() + linear.lhsFree.size();
  SmallVector<int64_t> shape(getTensorType(lhs).getShape());
  llvm::copy(getSizes(job.view, linear.batch), shape.begin());
  llvm::copy(getSizes(job.view, linear.contracted), shape.begin() + numLeading);
  lhs = castShape(builder, loc, lhs, getTensorType(lhs).clone(shape));

  SmallVector<ReassociationIndices> groups;
  addSingles(groups, 0, numLeading);
  groups.emplace_back(
      llvm::to_vector<2>(llvm::seq<int64_t>(numLeading, shape.size())));
  lhs = collapse(builder, loc, lhs, groups);
  if (linear.lhsFree.empty())
    lhs = expand(builder, loc, lhs, numLeading, {1, job.getNumColumns()});
  return lhs;
}

Value Rewriter::arrangeResult(const LinearUse &use, const WeightJob &job,
                              Value result) {
  const LinearStructure &linear = use.structure;
  Location loc = use.op->getLoc();
  // Dimensions of one index that the matmul has and the contraction has not
  // join their left neighbour, the first one the next.
  SmallVector<ReassociationIndices> groups;
  int64_t numRows = std::max<int64_t>(linear.lhsFree.size(), 1);
  int64_t rank = linear.batch.size() + numRows + 1;
  bool hasRows = !linear.lhsFree.empty(), hasColumns = !linear.rhsFree.empty();
  addSingles(groups, 0, rank - 1);
  if (hasColumns && !hasRows)
    groups.back().push_back(rank - 1);
  else if (hasColumns)
    groups.push_back({rank - 1});
  else if (hasRows)
    groups.back().push_back(rank - 1);
  else if (linear.batch.empty())
    groups.clear();
  else
    groups = {{0, 1, 2}};
  result = collapse(builder, loc, result, groups);
  if (hasColumns)
    result = expand(builder, loc, result, groups.size() - 1,
                    getSizes(job.view, linear.rhsFree));

  SmallVector<int64_t> order(getTensorType(result).getRank());
  int64_t position = 0;
  for (const auto &dims : {linear.batch, linear.lhsFree, linear.rhsFree})
    for (const LinearStructure::Dimension &dim : dims)
      order[dim.result] = position++;
  result = transpose(builder, loc, result, order);
  return castShape(builder, loc, result, use.op->getResult(0).getType());
}

static bool isZero(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
  return matchPattern(value, m_AnyZeroFloat());
}

static void copyAttributes(Operation *from, Operation *to) {
  for (NamedAttribute attribute : from->getDiscardableAttrs())
    if (!attribute.getName().getValue().starts_with("linalg."))
      to->setDiscardableAttr(attribute.getName(), attribute.getValue());
}

std::pair<Value, Value>
Rewriter::quantizeStatically(const Linear &linear, Location loc, Value value) {
  RankedTensorType type = getTensorType(value);
  QuantType format = linear.format.getActivationType(
      type.getContext(), type.getRank(), linear.activationZeroPoint);
  auto scaleType = RankedTensorType::get(
      SmallVector<int64_t>(type.getRank(), 1), format.getScaleType());
  Value scale = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(scaleType, linear.activationScale));
  Value codes =
      QuantizeOp::create(builder, loc, type.clone(format), value, scale,
                         /*multiplier=*/Value(), /*zeroPoint=*/Value());
  return {codes, scale};
}

Value Rewriter::rewriteConvolution(const Linear &linear, const LinearUse &use) {
  const LinearStructure::Window &window = *use.structure.window;
  const ConstantView &view = plan.weights[linear.weight].view;
  Location loc = use.op->getLoc();
  LoadedWeight weight = loadWeight(loc, linear.weight);
  Value lhs, lhsScale;
  std::tie(lhs, lhsScale) =
      quantizeStatically(linear, loc, use.structure.lhs->get());
  SmallVector<int64_t, 2> kernel; // of the dimensions that have a size there
  for (const LinearStructure::Dimension &dim : use.structure.contracted)
    if (dim.lhs != (window.channelsFirst ? 1 : 3))
      kernel.push_back(view.getSize(dim.rhs));
  auto resultType = cast<RankedTensorType>(use.op->getResult(0).getType());
  Value init = tensor::EmptyOp::create(
      builder, loc,
      tensor::getMixedSizes(builder, loc, use.structure.init->get()),
      resultType.getElementType());
  auto build = [&](auto opTag) -> Operation * {
    using OpTy = decltype(opTag);
    return OpTy::create(builder, loc, init.getType(),
                        window.channelsFirst ? builder.getUnitAttr()
                                             : UnitAttr(),
                        builder.getDenseI64ArrayAttr(kernel),
                        builder.getDenseI64ArrayAttr(window.strides),
                        builder.getDenseI64ArrayAttr(window.dilations), lhs,
                        weight.codes, lhsScale, weight.scales, init);
  };
  Operation *convolution =
      window.isDepthwise ? build(DepthwiseConv2DOp()) : build(Conv2DOp());
  copyAttributes(use.op, convolution);
  return addInit(use, convolution->getResult(0));
}

Value Rewriter::rewriteContraction(const Linear &linear, const LinearUse &use) {
  const WeightJob &job = plan.weights[linear.weight];
  Location loc = use.op->getLoc();
  Value lhs = arrangeActivation(use, job);
  LoadedWeight weight = loadWeight(loc, linear.weight);

  int64_t rank = getTensorType(lhs).getRank();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, lhs);
  sizes.back() =
      builder.getIndexAttr(job.type.getShape()[job.type.getRank() - 2]);
  auto resultType = cast<RankedTensorType>(use.op->getResult(0).getType());
  Value init =
      tensor::EmptyOp::create(builder, loc, sizes, resultType.getElementType());
  Value lhsScale, lhsSums;
  if (linear.format.isStatic) {
    std::tie(lhs, lhsScale) = quantizeStatically(linear, loc, lhs);
  } else if (linear.format.activationBits == 8) {
    RankedTensorType type = getTensorType(lhs);
    QuantType format = linear.format.getActivationType(type.getContext(), rank);
    SmallVector<int64_t> sumsBlock = linear.format.getSumsBlock(rank);
    auto scaleType = RankedTensorType::get(
        format.getScaleShape(type.getShape()), format.getScaleType());
    auto sumsType = RankedTensorType::get(
        QuantType::getBlockedShape(type.getShape(), sumsBlock),
        builder.getI32Type());
    auto quantized = DynamicQuantizeOp::create(
        builder, loc, type.clone(format), scaleType, sumsType, lhs,
        builder.getDenseI64ArrayAttr(sumsBlock));
    lhs = quantized.getResult();
    lhsScale = quantized.getScale();
    lhsSums = quantized.getSums();
  }
  auto build = [&](auto opTag) -> Operation * {
    using OpTy = decltype(opTag);
    return OpTy::create(
        builder, loc, init.getType(), lhs, weight.codes, lhsScale,
        /*lhsZeroPoint=*/Value(), lhsSums, weight.scales, weight.multipliers,
        /*rhsZeroPoint=*/Value(), init);
  };
  Operation *matmul =
      use.structure.batch.empty() ? build(MatmulOp()) : build(BatchMatmulOp());
  copyAttributes(use.op, matmul);
  return addInit(use, arrangeResult(use, job, matmul->getResult(0)));
}

Value Rewriter::addInit(const LinearUse &use, Value result) {
  Location loc = use.op->getLoc();
  auto resultType = cast<RankedTensorType>(use.op->getResult(0).getType());
  Value accumulated = use.structure.init->get();
  if (isZero(accumulated))
    return result;
  Value sum = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, result),
      resultType.getElementType());
  return linalg::AddOp::create(
             builder, loc, ValueRange{result, accumulated},
             ValueRange{castShape(builder, loc, sum, resultType)})
      ->getResult(0);
}

Value Rewriter::rewriteEmbedding(const Linear &linear, const LinearUse &use) {
  auto generic = cast<linalg::GenericOp>(use.op);
  Location loc = generic.getLoc();
  LoadedWeight table = loadWeight(loc, linear.weight);
  // The row length is that of the table, whatever the result's type shows.
  Value init = generic.getOutputs()[0];
  SmallVector<int64_t> shape(getTensorType(init).getShape());
  shape.back() = plan.weights[linear.weight].getNumColumns();
  init = castShape(builder, loc, init, getTensorType(init).clone(shape));
  auto embedding =
      EmbeddingOp::create(builder, loc, init.getType(), use.gather->indices,
                          table.codes, table.scales, table.multipliers,
                          /*zeroPoint=*/Value(), init);
  for (NamedAttribute attribute : generic->getDiscardableAttrs())
    embedding->setDiscardableAttr(attribute.getName(), attribute.getValue());
  return castShape(builder, loc, embedding.getResult(),
                   generic.getResult(0).getType());
}

/// Erases `op` and the pure producers that only it used.
static void eraseWithProducers(Operation *op) {
  llvm::SetVector<Operation *> candidates;
  auto addProducers = [&](Operation *user) {
    user->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (Operation *producer = operand.getDefiningOp())
          if (!user->isAncestor(producer))
            candidates.insert(producer);
    });
  };
  addProducers(op);
  op->erase();
  while (!candidates.empty()) {
    Operation *candidate = candidates.pop_back_val();
    if (!isOpTriviallyDead(candidate))
      continue;
    addProducers(candidate);
    candidate->erase();
  }
}

void Rewriter::rewrite(const Linear &linear, const LinearUse &use) {
  builder.setInsertionPoint(use.op);
  Value result = use.gather             ? rewriteEmbedding(linear, use)
                 : use.structure.window ? rewriteConvolution(linear, use)
                                        : rewriteContraction(linear, use);
  use.op->getResult(0).replaceAllUsesWith(result);
  eraseWithProducers(use.op);
}

/// Every use of `anchor.root` sees what its codes stand for.
static void holdAsCodes(const IntegerAnchor &anchor) {
  OpBuilder builder(anchor.root.getContext());
  builder.setInsertionPointAfterValue(anchor.root);
  Value root = anchor.root;
  RankedTensorType type = getTensorType(root);
  Location loc = root.getLoc();
  LinearFormat integers;
  integers.isStatic = true;
  integers.integerMode = RequantizeMode::Float; // both have the same codes
  QuantType format = integers.getActivationType(
      type.getContext(), type.getRank(), anchor.zeroPoint);
  Value scale = createScale(builder, loc, anchor.scale, type.getRank());
  auto codes =
      QuantizeOp::create(builder, loc, type.clone(format), root, scale,
                         /*multiplier=*/Value(), /*zeroPoint=*/Value());
  Value values =
      DequantizeOp::create(builder, loc, type, codes, scale,
                           /*multiplier=*/Value(), /*zeroPoint=*/Value());
  root.replaceAllUsesExcept(values, codes);
}

void ptq::rewriteLinears(ModuleOp module, const LinearPlan &plan,
                         ArrayRef<QuantizedWeight> weights) {
  for (const IntegerAnchor &anchor : plan.anchors)
    holdAsCodes(anchor);
  Rewriter rewriter(module.getContext(), plan, weights);
  llvm::SetVector<ml_program::GlobalOp> sources;
  for (const Linear &linear : plan.linears) {
    if (linear.outcome != LinearOutcome::Quantized)
      continue;
    for (const LinearUse &use : linear.uses)
      rewriter.rewrite(linear, use);
    if (ml_program::GlobalOp global = plan.weights[linear.weight].view.global)
      sources.insert(global);
  }
  for (ml_program::GlobalOp global : sources)
    if (global.isPrivate() && SymbolTable::symbolKnownUseEmpty(global, module))
      global.erase();
}
