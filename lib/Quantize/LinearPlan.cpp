//===- LinearPlan.cpp - What becomes of each linear of a module -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearPlan.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

/// The same contraction with lhs and rhs exchanged.
static LinearStructure swapSides(LinearStructure linear) {
  std::swap(linear.lhs, linear.rhs);
  std::swap(linear.lhsFree, linear.rhsFree);
  for (auto *dims :
       {&linear.batch, &linear.lhsFree, &linear.rhsFree, &linear.contracted})
    for (LinearStructure::Dimension &dim : *dims)
      std::swap(dim.lhs, dim.rhs);
  return linear;
}

/// Makes batches that the weight repeats rows of the activation, and puts the
/// dimensions in the order of the result, those contracted in that of the lhs.
static void normalize(LinearStructure &linear, const ConstantView &weight) {
  SmallVector<LinearStructure::Dimension> batch;
  for (LinearStructure::Dimension dim : linear.batch) {
    if (!weight.isRepeated(dim.rhs)) {
      batch.push_back(dim);
      continue;
    }
    dim.rhs = -1;
    linear.lhsFree.push_back(dim);
  }
  linear.batch = std::move(batch);
  for (auto *dims : {&linear.batch, &linear.lhsFree, &linear.rhsFree})
    llvm::sort(*dims, [](const auto &a, const auto &b) {
      return a.result < b.result;
    });
  llvm::sort(linear.contracted,
             [](const auto &a, const auto &b) { return a.lhs < b.lhs; });
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// The element type that weights of this view express.
static FloatType getExpressed(const ConstantView &view) {
  return view.roundedTo ? view.roundedTo
                        : cast<FloatType>(view.sourceType.getElementType());
}

RankedTensorType WeightJob::getCodesType() const {
  SmallVector<int64_t> shape(type.getShape());
  if (isPacked())
    shape.back() =
        llvm::divideCeil(shape.back() * getFormat().getStorageWidth(), 8);
  return RankedTensorType::get(shape, IntegerType::get(type.getContext(), 8));
}

RankedTensorType WeightJob::getScalesType() const {
  return RankedTensorType::get(getFormat().getScaleShape(type.getShape()),
                               getFormat().getScaleType());
}

RankedTensorType WeightJob::getMultipliersType() const {
  if (!getFormat().hasMultiplier())
    return {};
  return RankedTensorType::get(getFormat().getMultiplierShape(type.getShape()),
                               IntegerType::get(type.getContext(), 8));
}

int64_t WeightJob::getQuantizedBytes() const {
  int64_t numBytes = 0;
  for (RankedTensorType part :
       {getCodesType(), getScalesType(), getMultipliersType()})
    if (part)
      numBytes += part.getNumElements() * part.getElementTypeBitWidth() / 8;
  return numBytes;
}

/// The weight of a normalized contraction as rows `[B?, N, K]`.
static WeightJob describeWeight(const LinearStructure &linear,
                                const ConstantView &view) {
  WeightJob job(linear.rhs->getOwner()->getLoc(), view);
  SmallVector<int64_t> shape;
  for (LinearStructure::Dimension dim : linear.batch) {
    appendDimension(job.rows, view.dims[dim.rhs]);
    shape.push_back(view.getSize(dim.rhs));
  }
  int64_t numRows = 1, numColumns = 1;
  for (LinearStructure::Dimension dim : linear.rhsFree) {
    appendDimension(job.rows, view.dims[dim.rhs]);
    numRows *= view.getSize(dim.rhs);
  }
  for (LinearStructure::Dimension dim : linear.contracted) {
    appendDimension(job.columns, view.dims[dim.rhs]);
    numColumns *= view.getSize(dim.rhs);
  }
  shape.append({numRows, numColumns});
  job.type = RankedTensorType::get(shape, getExpressed(view));
  return job;
}

/// Why a contraction with this weight cannot have this format; empty if it can.
static std::string refuseFormat(const LinearStructure &linear,
                                const WeightJob &job, LinearFormat format) {
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (linear.window && !format.isStatic)
    os << "expects static activations for a convolution, but got the format "
       << format.str();
  else if (linear.batch.size() > 1)
    os << "expects at most 1 batch dimension in the weight, but got "
       << linear.batch.size();
  else if (linear.batch.size() == 1 && linear.lhsFree.size() > 1)
    os << "expects at most 1 row dimension beside the batch, but got "
       << linear.lhsFree.size();
  if (!reason.empty() || format.activationBits != 8)
    return reason;
  // 127 on both sides for 8 bits, 255 with zero points; the codes of 4 bits
  // reach -8, times 15 where they have multipliers, which all of the row is
  // added with.
  int64_t weight = format.weightBits == 8 ? 127 : 8;
  int64_t magnitude = (format.integerMode ? 255 : 127) * weight *
                      (format.hasMultipliers ? LinearFormat::maxMultiplier : 1);
  int64_t span = job.getNumColumns();
  if (format.groupSize && !format.hasMultipliers)
    span = std::min(span, format.groupSize);
  if (span > std::numeric_limits<int32_t>::max() / magnitude)
    os << "expects at most " << std::numeric_limits<int32_t>::max() / magnitude
       << " products to accumulate in i32, but got " << span;
  return reason;
}

/// What tells one weight from another: source, order, format.
static std::string getKey(const WeightJob &job) {
  std::string key;
  llvm::raw_string_ostream os(key);
  if (auto external = dyn_cast<ExternalAttr>(job.view.source))
    os << external;
  else
    os << job.view.source.getAsOpaquePointer();
  os << '+' << job.view.offset << " [";
  for (Stride stride : job.rows)
    os << stride.size << '*' << stride.stride << ' ';
  os << "; ";
  for (Stride stride : job.columns)
    os << stride.size << '*' << stride.stride << ' ';
  os << "] " << job.type << ' ' << int(job.scale);
  return key;
}

/// The source alone, however it is viewed.
static std::string getSourceKey(const ConstantView &view) {
  std::string key;
  llvm::raw_string_ostream os(key);
  if (auto external = dyn_cast<ExternalAttr>(view.source))
    os << external;
  else
    os << view.source.getAsOpaquePointer();
  return key;
}

//===----------------------------------------------------------------------===//
// Planning
//===----------------------------------------------------------------------===//

static constexpr StringLiteral activationsReason =
    "both operands are activations";

/// Whether `value` could be a weight that the caller passes: a static matrix
/// that is an argument of a public function.
static bool isWeightArgument(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!argument || !type || type.getRank() != 2 || !type.hasStaticShape())
    return false;
  Operation *parent = argument.getOwner()->getParentOp();
  return isa<FunctionOpInterface>(parent) &&
         SymbolTable::getSymbolVisibility(parent) ==
             SymbolTable::Visibility::Public;
}

namespace {

/// Walks a module once and fills in a plan.
class Planner {
public:
  Planner(ModuleOp module, const Recipe &recipe)
      : module(module), recipe(recipe) {}

  LinearPlan run();

private:
  std::string getName(Operation *op, StringRef kind);
  RecipeDecision decide(Operation *op, StringRef name, bool isTable);
  void planEmbedding(linalg::GenericOp op, const EmbeddingGather &gather);
  void planProduct(QuantizableOpInterface op);
  void planContraction(Operation *op, LinearStructure linear);
  bool mayHaveWeight(Operation *op);
  void planWeighted(std::string name, LinearUse use, WeightJob job);
  void leave(std::string name, LinearUse use, LinearOutcome outcome,
             std::string reason, RankedTensorType source = {});
  void collectTables();

  ModuleOp module;
  const Recipe &recipe;
  SymbolTableCollection symbols;
  llvm::StringSet<> tables;
  llvm::StringMap<unsigned> numNamed;
  llvm::StringMap<size_t> linearOf, weightOf;
  LinearPlan plan;
};

} // namespace

std::string Planner::getName(Operation *op, StringRef kind) {
  if (auto name = op->getAttrOfType<StringAttr>("ptq.name"))
    return name.str();
  StringRef function = "module";
  if (auto parent = op->getParentOfType<SymbolOpInterface>();
      parent && parent.getNameAttr())
    function = parent.getName();
  std::string prefix = (function + "." + kind + ".").str();
  return prefix + std::to_string(numNamed[prefix]++);
}

/// What the op itself says, or else the recipe.
RecipeDecision Planner::decide(Operation *op, StringRef name, bool isTable) {
  RecipeDecision decision = recipe.decide(name, isTable);
  auto format = op->getAttrOfType<StringAttr>(formatAttrName);
  if (!format)
    return decision;
  decision.format = LinearFormat::parse(format);
  decision.reason =
      (formatAttrName + " of the op is '" + format.getValue() + "'").str();
  return decision;
}

void Planner::leave(std::string name, LinearUse use, LinearOutcome outcome,
                    std::string reason, RankedTensorType source) {
  RecipeDecision decision = decide(use.op, name, /*isTable=*/false);
  if (outcome == LinearOutcome::Refused && !decision.format) {
    outcome = LinearOutcome::Skipped;
    reason = decision.reason;
  }
  auto [it, isNew] =
      linearOf.try_emplace(name + '\0' + reason, plan.linears.size());
  if (isNew)
    plan.linears.push_back({name, {}, outcome, reason, {}, source, 0});
  plan.linears[it->second].uses.push_back(std::move(use));
}

/// `job` has no format yet: its element type is the expressed one.
void Planner::planWeighted(std::string name, LinearUse use, WeightJob job) {
  RecipeDecision decision =
      decide(use.op, name, tables.contains(getSourceKey(job.view)));
  RankedTensorType source = job.type;
  if (!decision.format)
    return leave(name, use, LinearOutcome::Skipped, decision.reason, source);
  LinearFormat format = *decision.format;
  std::string reason;
  if (!use.gather)
    reason = refuseFormat(use.structure, job, format);
  if (!reason.empty())
    return leave(name, use, LinearOutcome::Refused, reason, source);

  job.name = name;
  job.type = job.type.clone(format.getWeightType(
      cast<FloatType>(job.type.getElementType()), job.type.getRank()));
  job.scale = decision.scale.value_or(ScaleMethod::Search);
  std::string key = getKey(job);
  auto [weight, isNewWeight] = weightOf.try_emplace(key, plan.weights.size());
  if (isNewWeight)
    plan.weights.push_back(std::move(job));
  auto [it, isNew] =
      linearOf.try_emplace(name + '\0' + key, plan.linears.size());
  if (isNew)
    plan.linears.push_back({name,
                            {},
                            LinearOutcome::Quantized,
                            decision.reason,
                            format,
                            source,
                            weight->second});
  plan.linears[it->second].uses.push_back(std::move(use));
}

void Planner::planEmbedding(linalg::GenericOp op,
                            const EmbeddingGather &gather) {
  std::string reason;
  FailureOr<ConstantView> view = traceConstant(gather.table, symbols, reason);
  if (failed(view) && reason.empty())
    return; // a gather of computed values
  LinearUse use{op, {}, gather};
  std::string name = getName(op, "embedding");
  if (failed(view))
    return leave(name, use, LinearOutcome::Refused, reason);
  WeightJob job(op.getLoc(), *view);
  job.rows = view->dims[0];
  job.columns = view->dims[1];
  job.type = RankedTensorType::get({view->getSize(0), view->getSize(1)},
                                   getExpressed(*view));
  planWeighted(name, use, std::move(job));
}

/// Whether an operand is a constant, usable or not, or not even a tensor.
bool Planner::mayHaveWeight(Operation *op) {
  SmallVector<Value> inputs(op->getOperands());
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    inputs = destination.getDpsInputs();
  return llvm::any_of(inputs, [&](Value operand) {
    std::string reason;
    return !isa<RankedTensorType>(operand.getType()) ||
           succeeded(traceConstant(operand, symbols, reason)) ||
           !reason.empty();
  });
}

void Planner::planProduct(QuantizableOpInterface op) {
  std::string reason;
  FailureOr<LinearStructure> linear = op.getLinearStructure(reason);
  if (succeeded(linear))
    return planContraction(op, *linear);
  if (reason.empty())
    return; // no product at all
  LinearOutcome outcome = LinearOutcome::Refused;
  if (!mayHaveWeight(op)) {
    outcome = LinearOutcome::Activations;
    reason = activationsReason.str();
  }
  leave(getName(op, op->getName().stripDialect()), {op, {}, {}}, outcome,
        reason);
}

void Planner::planContraction(Operation *op, LinearStructure linear) {
  std::string reason;
  FailureOr<ConstantView> view =
      traceConstant(linear.rhs->get(), symbols, reason);
  if (failed(view) && !linear.window) {
    view = traceConstant(linear.lhs->get(), symbols, reason);
    if (succeeded(view))
      linear = swapSides(linear);
  }
  bool hasWeight = succeeded(view) || !reason.empty();
  if (!hasWeight && linear.lhsFree.empty() && linear.rhsFree.empty())
    return; // a sum of elementwise products, such as a norm

  std::string name = getName(op, op->getName().stripDialect());
  LinearUse use{op, linear, {}};
  if (succeeded(view)) {
    normalize(use.structure, *view);
    return planWeighted(name, use, describeWeight(use.structure, *view));
  }
  if (hasWeight)
    return leave(name, use, LinearOutcome::Refused, reason);
  if (linear.batch.empty() && (isWeightArgument(linear.lhs->get()) ||
                               isWeightArgument(linear.rhs->get())))
    return leave(name, use, LinearOutcome::Refused,
                 "expects a constant weight, but got an argument");
  leave(name, use, LinearOutcome::Activations, activationsReason.str());
}

/// The sources of all embeddings: a head may share one.
void Planner::collectTables() {
  module.walk([&](linalg::GenericOp op) {
    std::optional<EmbeddingGather> gather = matchEmbeddingGather(op);
    std::string reason;
    if (!gather)
      return;
    FailureOr<ConstantView> view =
        traceConstant(gather->table, symbols, reason);
    if (succeeded(view))
      tables.insert(getSourceKey(*view));
  });
}

LinearPlan Planner::run() {
  collectTables();
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto generic = dyn_cast<linalg::GenericOp>(op))
      if (std::optional<EmbeddingGather> gather = matchEmbeddingGather(generic))
        return planEmbedding(generic, *gather);
    if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
      planProduct(quantizable);
  });
  plan.anchors = findIntegerAnchors(plan);
  return std::move(plan);
}

LogicalResult ptq::verifyFormatAttrs(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    Attribute format = op->getAttr(formatAttrName);
    auto name = dyn_cast_if_present<StringAttr>(format);
    if (!format || (name && (name == "float" || LinearFormat::parse(name))))
      return WalkResult::advance();
    op->emitOpError("expects ")
        << formatAttrName
        << " to be 'float' or a format such as 'w8a8' or 'w4a8-g32', but got "
        << format;
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

LinearPlan ptq::planLinears(ModuleOp module, const Recipe &recipe) {
  return Planner(module, recipe).run();
}
