//===- InsertCandidates.cpp - Each linear in several formats at once ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearPlan.h"

#include "ptq/IR/Observe.h"
#include "ptq/Quantize/Candidates.h"
#include "ptq/Quantize/Passes.h"
#include "ptq/Quantize/QuantizableModels.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_INSERTCANDIDATES
#include "ptq/Quantize/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Linears of one weight, which have one format.
struct Group {
  std::vector<const Linear *> linears;
  SmallVector<Operation *> ops;
  std::vector<LinearFormat> formats;
};

class CandidateInserter {
public:
  CandidateInserter(ModuleOp module, func::FuncOp entry,
                    ArrayRef<LinearFormat> formats, const Recipe &recipe)
      : module(module), entry(entry), symbols(module), formats(formats),
        plan(planLinears(module, recipe)) {}

  void run();

private:
  void collectGroups();
  void addFormat(Group &group, LinearFormat format);
  void insertSwitch(const Group &group, int64_t index, Operation *op);
  void insertCase(Region &region, Operation *op, Value result,
                  LinearFormat format);
  FlatSymbolRefAttr getStatistics(Operation *op, LinearFormat format);
  DictionaryAttr describe(const Group &group);

  ModuleOp module;
  func::FuncOp entry;
  SymbolTable symbols;
  ArrayRef<LinearFormat> formats;
  LinearPlan plan;
  llvm::MapVector<size_t, Group> groups; // by weight
  Value choices;
};

} // namespace

void CandidateInserter::addFormat(Group &group, LinearFormat format) {
  auto isSame = [&](LinearFormat other) { return other.str() == format.str(); };
  if (llvm::none_of(group.formats, isSame))
    group.formats.push_back(format);
}

/// Groups the quantized linears that `entry` itself computes.
void CandidateInserter::collectGroups() {
  for (const Linear &linear : plan.linears) {
    if (linear.outcome != LinearOutcome::Quantized)
      continue;
    SmallVector<Operation *> ops;
    for (const LinearUse &use : linear.uses)
      if (use.op->getParentOp() == entry)
        ops.push_back(use.op);
    if (ops.empty())
      continue;
    Group &group = groups[linear.weight];
    group.linears.push_back(&linear);
    group.ops.append(ops);
    addFormat(group, linear.format);
  }
  for (auto &[weight, group] : groups)
    for (LinearFormat format : formats)
      addFormat(group, format);
}

/// The statistics of the error of `op` in `format`; null if its result has no
/// static number of channels.
FlatSymbolRefAttr CandidateInserter::getStatistics(Operation *op,
                                                   LinearFormat format) {
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  auto name = op->getAttrOfType<StringAttr>("ptq.name");
  if (!type || type.getRank() == 0 || type.isDynamicDim(type.getRank() - 1) ||
      type.getShape().back() == 0 || !name)
    return {};
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto statistics = StatisticsOp::create(
      b, op->getLoc(), b.getStringAttr(getCandidateError(name, format.str())),
      TypeAttr::get(type), IntegerAttr(), IntegerAttr(),
      b.getArrayAttr(OutputErrorAttr::get(b.getContext())),
      b.getStrArrayAttr(name.getValue()), IntegerAttr(), IntegerAttr(),
      StringAttr());
  return FlatSymbolRefAttr::get(
      symbols.insert(statistics, module.getBody()->begin()));
}

static Operation *cloneAs(OpBuilder &b, Operation *op, StringRef format) {
  Operation *clone = b.clone(*op);
  clone->setAttr(formatAttrName, b.getStringAttr(format));
  return clone;
}

/// Yields what `op` computes, in `result`: bufferization needs the same layout
/// of all cases.
static void yield(OpBuilder &b, Operation *op, Value result) {
  Value copied =
      bufferization::MaterializeInDestinationOp::create(
          b, op->getLoc(), result.getType(), op->getResult(0), result)
          .getResult();
  scf::YieldOp::create(b, op->getLoc(), copied);
}

void CandidateInserter::insertCase(Region &region, Operation *op, Value result,
                                   LinearFormat format) {
  OpBuilder b = OpBuilder::atBlockBegin(&region.emplaceBlock());
  Operation *quantized = cloneAs(b, op, format.str());
  if (FlatSymbolRefAttr statistics = getStatistics(op, format)) {
    Operation *exact = cloneAs(b, op, "float");
    ObserveOp::create(b, op->getLoc(), exact->getResult(0),
                      quantized->getResult(0), statistics);
  }
  yield(b, quantized, result);
}

void CandidateInserter::insertSwitch(const Group &group, int64_t index,
                                     Operation *op) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  Value number = arith::ConstantIndexOp::create(b, loc, index);
  Value choice = tensor::ExtractOp::create(b, loc, choices, number);
  choice = arith::IndexCastOp::create(b, loc, b.getIndexType(), choice);
  Value init = cast<DestinationStyleOpInterface>(op).getDpsInits().front();
  // Not a tensor.empty, which CSE would merge with others.
  auto type = cast<RankedTensorType>(init.getType());
  SmallVector<Value> sizes;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (type.isDynamicDim(i))
      sizes.push_back(tensor::DimOp::create(b, loc, init, i));
  Value result = bufferization::AllocTensorOp::create(b, loc, type, sizes);
  SmallVector<int64_t> cases;
  for (size_t i = 0; i < group.formats.size(); ++i)
    cases.push_back(i + 1);
  auto choose = scf::IndexSwitchOp::create(b, loc, op->getResultTypes(), choice,
                                           cases, cases.size());
  for (auto [region, format] :
       llvm::zip_equal(choose.getCaseRegions(), group.formats))
    insertCase(region, op, result, format);
  OpBuilder inner =
      OpBuilder::atBlockBegin(&choose.getDefaultRegion().emplaceBlock());
  yield(inner, cloneAs(inner, op, "float"), result);
  op->replaceAllUsesWith(choose);
  op->erase();
}

DictionaryAttr CandidateInserter::describe(const Group &group) {
  Builder b(module.getContext());
  const Linear &first = *group.linears.front();
  std::vector<std::string> names, embeddings, formatNames;
  SmallVector<int64_t> bytes;
  for (const Linear *linear : group.linears)
    (linear->uses.front().gather ? embeddings : names).push_back(linear->name);
  for (LinearFormat format : group.formats) {
    WeightJob job = plan.weights[first.weight];
    RankedTensorType source = first.source;
    job.type = source.clone(format.getWeightType(
        cast<FloatType>(source.getElementType()), source.getRank()));
    formatNames.push_back(format.str());
    bytes.push_back(job.getQuantizedBytes());
  }
  auto getStrings = [&](ArrayRef<std::string> strings) {
    SmallVector<StringRef> refs(strings.begin(), strings.end());
    return b.getStrArrayAttr(refs);
  };
  int64_t floatBytes =
      first.source.getNumElements() * first.source.getElementTypeBitWidth() / 8;
  return b.getDictionaryAttr(
      {b.getNamedAttr("bytes", b.getDenseI64ArrayAttr(bytes)),
       b.getNamedAttr("embeddings", getStrings(embeddings)),
       b.getNamedAttr("float_bytes", b.getI64IntegerAttr(floatBytes)),
       b.getNamedAttr("formats", getStrings(formatNames)),
       b.getNamedAttr("linears", getStrings(names)),
       b.getNamedAttr("reason", b.getStringAttr(first.reason)),
       b.getNamedAttr("shape",
                      b.getDenseI64ArrayAttr(first.source.getShape()))});
}

void CandidateInserter::run() {
  collectGroups();
  Builder b(module.getContext());
  auto type = RankedTensorType::get({int64_t(groups.size())}, b.getI64Type());
  LogicalResult inserted =
      entry.insertArgument(entry.getNumArguments(), type, {}, entry.getLoc());
  assert(succeeded(inserted) && "a func.func takes any argument");
  (void)inserted;
  choices = entry.getArguments().back();
  SmallVector<Attribute> described;
  for (auto [index, entry] : llvm::enumerate(groups)) {
    const Group &group = entry.second;
    described.push_back(describe(group));
    for (const Linear *linear : group.linears)
      for (const LinearUse &use : linear->uses)
        use.op->setAttr("ptq.name", b.getStringAttr(linear->name));
    for (Operation *op : group.ops)
      insertSwitch(group, index, op);
  }
  module->setAttr(candidatesAttrName, b.getArrayAttr(described));
}

//===----------------------------------------------------------------------===//
// What was inserted
//===----------------------------------------------------------------------===//

std::string ptq::getCandidateError(StringRef linear, StringRef format) {
  return (linear + "." + format + ".out").str();
}

std::vector<CandidateGroup> ptq::readCandidates(ModuleOp module) {
  std::vector<CandidateGroup> groups;
  auto described = module->getAttrOfType<ArrayAttr>(candidatesAttrName);
  if (!described)
    return groups;
  for (auto fields : described.getAsRange<DictionaryAttr>()) {
    CandidateGroup &group = groups.emplace_back();
    for (StringRef key : {"embeddings", "linears"})
      for (StringAttr name :
           fields.getAs<ArrayAttr>(key).getAsRange<StringAttr>()) {
        group.linears.push_back(name.str());
        if (key == "embeddings")
          group.embeddings.push_back(name.str());
      }
    group.reason = fields.getAs<StringAttr>("reason").str();
    group.floatBytes = fields.getAs<IntegerAttr>("float_bytes").getInt();
    llvm::append_range(group.shape,
                       fields.getAs<DenseI64ArrayAttr>("shape").asArrayRef());
    for (auto [name, bytes] : llvm::zip_equal(
             fields.getAs<ArrayAttr>("formats").getAsRange<StringAttr>(),
             fields.getAs<DenseI64ArrayAttr>("bytes").asArrayRef()))
      group.formats.push_back({name.str(), bytes});
  }
  return groups;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

struct InsertCandidates : ptq::impl::InsertCandidatesBase<InsertCandidates> {
  using InsertCandidatesBase::InsertCandidatesBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    InsertCandidatesBase::getDependentDialects(registry);
    registerQuantizableModels(registry);
  }

  LogicalResult insert(ModuleOp module) {
    if (failed(verifyFormatAttrs(module)))
      return failure();
    auto fail = [&](const Twine &problem) {
      return emitError(module.getLoc(), problem);
    };
    llvm::Expected<ptq::Recipe> rules =
        ptq::Recipe::create(recipe, recipeFile, skip, "");
    if (!rules)
      return fail(llvm::toString(rules.takeError()));
    std::vector<LinearFormat> parsed;
    for (const std::string &name : formats) {
      std::optional<LinearFormat> format = LinearFormat::parse(name);
      if (!format)
        return fail("expects formats such as 'w8a8' or 'w4a8-g32', but got '" +
                    name + "'");
      parsed.push_back(*format);
    }
    auto function = module.lookupSymbol<func::FuncOp>(entry);
    if (!function || function.isExternal())
      return fail("expects entry to be a function with a body, but got '" +
                  entry + "'");
    CandidateInserter(module, function, parsed, *rules).run();
    return success();
  }

  void runOnOperation() override {
    if (failed(insert(getOperation())))
      signalPassFailure();
  }
};

} // namespace
