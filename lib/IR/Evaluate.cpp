//===- Evaluate.cpp - Compute ops on constants by the reference -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"

#include "ptq/IR/Parameters.h"
#include "ptq/IR/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_EVALUATE
#include "ptq/IR/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

namespace {

/// The values of constants, read when they are first asked for, and of the ops
/// that were evaluated.
class KnownValues {
public:
  KnownValues(ModuleOp module, StringRef root)
      : symbols(module), parameters(getParameterRoot(module, root)) {}

  /// Null if `value` is not known. Fails, after an error, if a parameter cannot
  /// be read.
  FailureOr<const HostValue *> get(Value value);
  void set(Value value, HostValue known) {
    values[value] = std::make_unique<HostValue>(std::move(known));
  }

private:
  using MaybeKnown = FailureOr<std::optional<HostValue>>;
  MaybeKnown read(Value value);
  MaybeKnown readGlobal(ml_program::GlobalLoadConstOp load);

  SymbolTable symbols;
  Parameters parameters;
  llvm::DenseMap<Value, std::unique_ptr<HostValue>> values;
};

} // namespace

static std::optional<HostValue> readAttribute(Attribute attribute) {
  auto elements = dyn_cast_if_present<ElementsAttr>(attribute);
  FailureOr<HostValue> decoded = failure();
  if (elements)
    decoded = decodeConstant(elements);
  if (failed(decoded))
    return std::nullopt;
  return std::move(*decoded);
}

/// The value of a fill of a static shape with a constant.
static std::optional<HostValue> readFill(linalg::FillOp fill) {
  auto type = cast<RankedTensorType>(fill.getOutputs().front().getType());
  TypedAttr scalar;
  if (!type.hasStaticShape() ||
      !matchPattern(fill.getInputs().front(), m_Constant(&scalar)) ||
      scalar.getType() != type.getElementType())
    return std::nullopt;
  return readAttribute(SplatElementsAttr::get(type, Attribute(scalar)));
}

KnownValues::MaybeKnown
KnownValues::readGlobal(ml_program::GlobalLoadConstOp load) {
  auto global =
      symbols.lookup<ml_program::GlobalOp>(load.getGlobal().getLeafReference());
  auto type = dyn_cast<RankedTensorType>(load.getType());
  std::optional<Attribute> value = global ? global.getValue() : std::nullopt;
  if (!value || !type)
    return std::optional<HostValue>();
  auto external = dyn_cast<ExternalAttr>(*value);
  if (!external)
    return readAttribute(*value);
  llvm::Expected<Parameter> parameter = parameters.get(external, type);
  if (!parameter) {
    load.emitError(llvm::toString(parameter.takeError()));
    return failure();
  }
  FailureOr<HostValue> decoded = decodeBytes(parameter->bytes, type);
  if (failed(decoded))
    return std::optional<HostValue>();
  return std::optional<HostValue>(std::move(*decoded));
}

KnownValues::MaybeKnown KnownValues::read(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::optional<HostValue>();
  if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(op))
    return readGlobal(load);
  if (auto fill = dyn_cast<linalg::FillOp>(op);
      fill && fill.hasPureTensorSemantics())
    return readFill(fill);
  if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    FailureOr<const HostValue *> source = get(cast.getSource());
    if (failed(source))
      return failure();
    return *source ? std::optional<HostValue>(**source) : std::nullopt;
  }
  Attribute attribute;
  if (matchPattern(op, m_Constant(&attribute)))
    return readAttribute(attribute);
  return std::optional<HostValue>();
}

FailureOr<const HostValue *> KnownValues::get(Value value) {
  auto it = values.find(value);
  if (it != values.end())
    return it->second.get();
  MaybeKnown known = read(value);
  if (failed(known))
    return failure();
  if (!*known)
    return nullptr;
  set(value, std::move(**known));
  return values[value].get();
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// A constant, seen as codes if `type` is quantized, and in its dynamic shape.
static Value materialize(OpBuilder &builder, Location loc,
                         const HostValue &value, RankedTensorType type) {
  auto format = dyn_cast<QuantType>(type.getElementType());
  Type stored = format ? format.getByteStorageType() : type.getElementType();
  Value result =
      arith::ConstantOp::create(builder, loc, encodeConstant(value, stored));
  if (format) {
    auto quantized = RankedTensorType::get(getShape(value), format);
    result = StorageCastOp::create(builder, loc, quantized, result);
  }
  if (result.getType() != type)
    result = tensor::CastOp::create(builder, loc, type, result);
  return result;
}

/// Whether the op only says that constant bytes are codes: nothing to replace.
static bool isSource(Operation *op) {
  auto cast = dyn_cast<StorageCastOp>(op);
  return cast && isa<QuantType>(cast.getType().getElementType());
}

/// Erases `ops`, which come in the order of the program, where nothing uses
/// them, and what only they used.
static void eraseDead(ArrayRef<Operation *> ops) {
  llvm::SetVector<Operation *> worklist(ops.begin(), ops.end());
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (!isOpTriviallyDead(op))
      continue;
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        worklist.insert(producer);
    op->erase();
  }
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

struct Evaluate : ptq::impl::EvaluateBase<Evaluate> {
  using EvaluateBase::EvaluateBase;

  void runOnOperation() override {
    KnownValues known(getOperation(), root);
    SmallVector<Operation *> evaluated;
    WalkResult walk = getOperation().walk([&](Operation *op) {
      if (!isa_and_present<PTQDialect, linalg::LinalgDialect,
                           tensor::TensorDialect>(op->getDialect()))
        return WalkResult::advance();
      FailureOr<SmallVector<HostValue>> results = evaluate(op, known);
      if (failed(results))
        return WalkResult::interrupt();
      for (auto [result, value] : llvm::zip_first(*results, op->getResults()))
        known.set(value, std::move(result));
      if (!results->empty())
        evaluated.push_back(op);
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    rewrite(evaluated, known);
  }

  /// Fails, after an error, if a parameter cannot be read.
  FailureOr<SmallVector<HostValue>> evaluate(Operation *op,
                                             KnownValues &known) {
    bool isRead = true;
    auto lookup = [&](Value value) -> const HostValue * {
      FailureOr<const HostValue *> result = known.get(value);
      isRead &= succeeded(result);
      return succeeded(result) ? *result : nullptr;
    };
    SmallVector<HostValue> results = isa<PTQDialect>(op->getDialect())
                                         ? evaluateOp(op, lookup)
                                         : evaluateTensorOp(op, lookup);
    if (!isRead)
      return failure();
    return results;
  }

  void rewrite(ArrayRef<Operation *> evaluated, KnownValues &known) {
    llvm::SmallPtrSet<Operation *, 16> done(evaluated.begin(), evaluated.end());
    for (Operation *op : evaluated) {
      if (isSource(op))
        continue;
      OpBuilder builder(op);
      for (Value result : op->getResults()) {
        auto escapes = [&](OpOperand &use) {
          return !done.contains(use.getOwner());
        };
        if (llvm::none_of(result.getUses(), escapes))
          continue;
        Value constant = materialize(builder, op->getLoc(), **known.get(result),
                                     cast<RankedTensorType>(result.getType()));
        result.replaceUsesWithIf(constant, escapes);
      }
    }
    eraseDead(evaluated);
  }
};

} // namespace
