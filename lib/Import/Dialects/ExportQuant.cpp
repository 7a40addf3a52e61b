//===- ExportQuant.cpp - Turn quantized ops into the quant dialect --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MovedElements.h"
#include "UniformTypes.h"

#include "ptq/Import/Passes.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_EXPORTQUANT
#include "ptq/Import/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

static QuantType getFormat(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? dyn_cast<QuantType>(tensor.getElementType()) : QuantType();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The elements of a constant that a type may hold; fails with a reason.
static FailureOr<DenseElementsAttr> readConstant(Value value, int64_t maxScales,
                                                 std::string &reason) {
  while (auto cast = value.getDefiningOp<tensor::CastOp>())
    value = cast.getSource();
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute))) {
    reason = "expects constant scales and zero points";
    return failure();
  }
  auto elements = dyn_cast<ElementsAttr>(attribute);
  if (elements && elements.getNumElements() > maxScales) {
    llvm::raw_string_ostream(reason)
        << "expects at most " << maxScales << " scales, but got "
        << elements.getNumElements();
    return failure();
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute))
    return dense;
  auto resource = dyn_cast<DenseResourceElementsAttr>(attribute);
  AsmResourceBlob *blob =
      resource ? resource.getRawHandle().getBlob() : nullptr;
  bool isSplat;
  if (!blob || !DenseElementsAttr::isValidRawBuffer(resource.getType(),
                                                    blob->getData(), isSplat)) {
    reason = "expects scales and zero points whose elements are in the module";
    return failure();
  }
  return DenseElementsAttr::getFromRawBuffer(resource.getType(),
                                             blob->getData());
}

/// The numbers of codes of `format`; fails with a reason.
static FailureOr<UniformNumbers> readNumbers(QuantType format, Value scale,
                                             Value zeroPoint, int64_t maxScales,
                                             std::string &reason) {
  UniformNumbers numbers;
  numbers.format = format;
  FailureOr<DenseElementsAttr> scales = readConstant(scale, maxScales, reason);
  if (failed(scales))
    return failure();
  llvm::append_range(numbers.shape, scales->getType().getShape());
  for (const APFloat &value : scales->getValues<APFloat>())
    numbers.scales.push_back(static_cast<float>(value.convertToDouble()));
  if (!zeroPoint)
    return numbers;
  FailureOr<DenseElementsAttr> zeroPoints =
      readConstant(zeroPoint, maxScales, reason);
  if (failed(zeroPoints))
    return failure();
  for (const APInt &value : zeroPoints->getValues<APInt>())
    numbers.zeroPoints.push_back(format.getIsSigned() ? value.getSExtValue()
                                                      : value.getZExtValue());
  return numbers;
}

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

namespace {

/// The quantized values of a module: which of them are one value in several
/// places, and the element type of each.
class ValueTypes {
public:
  ValueTypes(ModuleOp module, int64_t maxScales)
      : module(module), maxScales(maxScales) {}

  /// Fails, after one error, if a value has no type in the quant dialect.
  LogicalResult analyze();
  RankedTensorType getType(Value value) const;
  ArrayRef<Value> getValues() const { return values; }

private:
  LogicalResult verify(Operation *op);
  void collect(Value value);
  LogicalResult record(Operation *op, Value value, Value scale,
                       Value zeroPoint);
  LogicalResult complete(Value value);

  struct Known {
    UniformNumbers numbers;
    Operation *op;
  };

  ModuleOp module;
  int64_t maxScales;
  SmallVector<Value> values;
  llvm::EquivalenceClasses<void *> classes;
  llvm::DenseMap<void *, Known> known;
  llvm::DenseMap<Value, RankedTensorType> types;
};

} // namespace

void ValueTypes::collect(Value value) {
  if (!getFormat(value.getType()))
    return;
  values.push_back(value);
  classes.insert(value.getAsOpaquePointer());
}

/// Refuses ops of the dialect that have no counterpart, and ops that look at
/// quantized elements.
LogicalResult ValueTypes::verify(Operation *op) {
  bool isOurs = isa_and_present<PTQDialect>(op->getDialect());
  auto storageCast = dyn_cast<StorageCastOp>(op);
  if (isOurs && !isa<QuantizeOp, DequantizeOp, StorageCastOp>(op))
    return op->emitOpError("has no counterpart in the quant dialect");
  if (storageCast && storageCast.getPacked())
    return op->emitOpError(
        "expects one code per byte, but got packed ones: the quant dialect "
        "does not know bits of bytes");
  auto isQuantized = [](Type type) { return bool(getFormat(type)); };
  bool looks = llvm::any_of(op->getOperandTypes(), isQuantized) ||
               llvm::any_of(op->getResultTypes(), isQuantized);
  if (looks && !isOurs && !movesElements(op))
    return op->emitOpError("expects quantized tensors in casts, control flow, "
                           "calls and ops that move elements only");
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (function && function.isExternal() &&
      (llvm::any_of(function.getArgumentTypes(), isQuantized) ||
       llvm::any_of(function.getResultTypes(), isQuantized)))
    return op->emitOpError("expects a body that says which scales its "
                           "quantized tensors have");
  return success();
}

LogicalResult ValueTypes::record(Operation *op, Value value, Value scale,
                                 Value zeroPoint) {
  std::string reason;
  FailureOr<UniformNumbers> numbers = readNumbers(
      getFormat(value.getType()), scale, zeroPoint, maxScales, reason);
  if (failed(numbers))
    return op->emitOpError(reason);
  void *leader = classes.getLeaderValue(value.getAsOpaquePointer());
  auto [it, isNew] = known.try_emplace(leader, Known{*numbers, op});
  if (isNew || it->second.numbers == *numbers)
    return success();
  InFlightDiagnostic diagnostic =
      op->emitOpError("expects the scales and zero points that its value has "
                      "elsewhere: in the quant dialect they are in its type");
  diagnostic.attachNote(it->second.op->getLoc()) << "other numbers are here";
  return diagnostic;
}

LogicalResult ValueTypes::complete(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  auto it = known.find(classes.getLeaderValue(value.getAsOpaquePointer()));
  if (it == known.end())
    return emitError(value.getLoc(),
                     "expects a quantize or dequantize that says which scales "
                     "this value of ")
           << type << " has";
  if (it->second.numbers.format != type.getElementType() ||
      !QuantType::hasBlockPerDimension(type))
    return emitError(value.getLoc(), "expects a value of ")
           << it->second.numbers.format << ", as where it has scales, but got "
           << type;
  std::string reason;
  FailureOr<quant::QuantizedType> element =
      putTogether(it->second.numbers, type.getShape(), reason);
  if (failed(element))
    return it->second.op->emitOpError(reason);
  types[value] = type.clone(*element);
  return success();
}

LogicalResult ValueTypes::analyze() {
  SymbolTableCollection symbols;
  WalkResult walk = module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), [&](Value v) { collect(v); });
    llvm::for_each(op->getResults(), [&](Value v) { collect(v); });
    return verify(op).failed() ? WalkResult::interrupt()
                               : WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  module.walk([&](Operation *op) {
    forEachMove(op, symbols, [&](Value from, Value to) {
      if (getFormat(from.getType()) && getFormat(to.getType()))
        classes.unionSets(from.getAsOpaquePointer(), to.getAsOpaquePointer());
    });
  });
  walk = module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    LogicalResult recorded =
        llvm::TypeSwitch<Operation *, LogicalResult>(op)
            .Case([&](QuantizeOp op) {
              return record(op, op.getResult(), op.getScale(),
                            op.getZeroPoint());
            })
            .Case([&](DequantizeOp op) {
              return record(op, op.getInput(), op.getScale(),
                            op.getZeroPoint());
            })
            .Default([](Operation *) { return success(); });
    return recorded.failed() ? WalkResult::interrupt() : WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  for (Value value : values)
    if (failed(complete(value)))
      return failure();
  return success();
}

RankedTensorType ValueTypes::getType(Value value) const {
  return types.lookup(value);
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// Types are those of the quant dialect by now. Codes of other widths than 8
/// and 16 bits are integers of their width in the quant dialect.
static Value exportCast(OpBuilder &builder, StorageCastOp op, Type resultType) {
  Location loc = op.getLoc();
  Value input = op.getInput();
  if (auto element = dyn_cast<quant::QuantizedType>(
          cast<RankedTensorType>(resultType).getElementType())) {
    auto narrow = cast<RankedTensorType>(input.getType())
                      .clone(builder.getIntegerType(
                          element.getStorageTypeIntegralWidth()));
    if (narrow != input.getType())
      input = arith::TruncIOp::create(builder, loc, narrow, input);
    return quant::StorageCastOp::create(builder, loc, resultType, input);
  }
  auto type = cast<RankedTensorType>(input.getType());
  auto element = cast<quant::QuantizedType>(type.getElementType());
  auto wide = cast<RankedTensorType>(resultType);
  RankedTensorType narrow =
      wide.clone(builder.getIntegerType(element.getStorageTypeIntegralWidth()));
  Value codes = quant::StorageCastOp::create(builder, loc, narrow, input);
  if (narrow == wide)
    return codes;
  if (element.isSigned())
    return arith::ExtSIOp::create(builder, loc, wide, codes);
  return arith::ExtUIOp::create(builder, loc, wide, codes);
}

static void updateSignature(FunctionOpInterface function) {
  if (function.isExternal())
    return;
  SmallVector<Type> results(function.getResultTypes());
  for (Block &block : function.getFunctionBody())
    if (Operation *terminator = block.getTerminator();
        terminator->hasTrait<OpTrait::ReturnLike>())
      results.assign(terminator->operand_type_begin(),
                     terminator->operand_type_end());
  Block &entry = function.getFunctionBody().front();
  SmallVector<Type> arguments(entry.getArgumentTypes());
  function.setType(function.cloneTypeWith(arguments, results));
}

/// What a folder of the quant dialect will undo: said once.
static void warnOfPairs(ModuleOp module) {
  int64_t numPairs = 0;
  Operation *first = nullptr;
  module.walk([&](DequantizeOp op) {
    if (!op.getInput().getDefiningOp<QuantizeOp>())
      return;
    if (numPairs++ == 0)
      first = op;
  });
  if (first)
    first->emitWarning("quant.dcast of quant.qcast folds to its input, without "
                       "the error of quantization, in ")
        << numPairs << " place" << (numPairs == 1 ? "" : "s");
}

static void rewrite(ModuleOp module, const ValueTypes &types) {
  for (Value value : types.getValues())
    value.setType(types.getType(value));
  OpBuilder builder(module);
  module.walk([&](Operation *op) {
    if (auto function = dyn_cast<FunctionOpInterface>(op))
      return updateSignature(function);
    builder.setInsertionPoint(op);
    Location loc = op->getLoc();
    Value replacement =
        llvm::TypeSwitch<Operation *, Value>(op)
            .Case([&](QuantizeOp op) {
              return quant::QuantizeCastOp::create(
                  builder, loc, op.getResult().getType(), op.getInput());
            })
            .Case([&](DequantizeOp op) {
              return quant::DequantizeCastOp::create(builder, loc, op.getType(),
                                                     op.getInput());
            })
            .Case([&](StorageCastOp op) {
              return exportCast(builder, op, op.getResult().getType());
            })
            .Default([](Operation *) { return Value(); });
    if (!replacement)
      return;
    op->getResult(0).replaceAllUsesWith(replacement);
    op->erase();
  });
}

namespace {

struct ExportQuant : ptq::impl::ExportQuantBase<ExportQuant> {
  using ExportQuantBase::ExportQuantBase;

  void runOnOperation() override {
    ValueTypes types(getOperation(), maxScales);
    if (failed(types.analyze()))
      return signalPassFailure();
    warnOfPairs(getOperation());
    rewrite(getOperation(), types);
  }
};

} // namespace
