//===- ObserveOps.cpp - Verifiers and syntax of calibration ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Observe.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Syntax
//===----------------------------------------------------------------------===//

/// The type of the second tensor is that of the first.
static ParseResult
parseObservedType(OpAsmParser &parser, Type &input,
                  std::optional<OpAsmParser::UnresolvedOperand> reference,
                  Type &referenceType) {
  if (parser.parseType(input))
    return failure();
  if (reference)
    referenceType = input;
  return success();
}

static void printObservedType(OpAsmPrinter &printer, Operation *, Type input,
                              Value, Type) {
  printer << input;
}

static ParseResult parseRangeMethod(OpAsmParser &parser,
                                    RangeMethodAttr &method,
                                    FloatAttr &percentile) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<RangeMethod> symbol = symbolizeRangeMethod(keyword);
  if (!symbol)
    return parser.emitError(loc, "expects minmax, moving_average, percentile, "
                                 "entropy or mse, but got ")
           << keyword;
  method = RangeMethodAttr::get(parser.getContext(), *symbol);
  if (failed(parser.parseOptionalLParen()))
    return success();
  return failure(
      parser.parseAttribute(percentile, parser.getBuilder().getF64Type()) ||
      parser.parseRParen());
}

static void printRangeMethod(OpAsmPrinter &printer, Operation *,
                             RangeMethodAttr method, FloatAttr percentile) {
  printer << stringifyRangeMethod(method.getValue());
  if (percentile) {
    printer << '(';
    printer.printAttributeWithoutType(percentile);
    printer << ')';
  }
}

#define GET_OP_CLASSES
#include "ptq/IR/ObserveOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

LogicalResult
MovingAverageAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                          FloatAttr momentum) {
  double value = momentum.getValueAsDouble();
  if (!(value > 0 && value <= 1)) // moving_average_c1
    return emitError() << "expects a momentum in (0, 1], but got " << momentum;
  return success();
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

LogicalResult StatisticsOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || type.getRank() == 0 ||
      !isa<Float32Type, Float16Type, BFloat16Type>(
          type.getElementType())) // statistics_c1
    return emitOpError("expects a ranked tensor of f32, f16 or bf16, but got ")
           << getType();
  int64_t axis = getChannelAxis();
  if (axis < 0 || axis >= type.getRank()) // statistics_c2
    return emitOpError("expects the axis to be a dimension of ")
           << type << ", but got " << axis;
  if (type.isDynamicDim(axis) || type.getDimSize(axis) == 0) // statistics_c2
    return emitOpError("expects a static number of channels, not 0, but got ")
           << type << " along " << axis;
  llvm::SmallPtrSet<const AbstractAttribute *, 8> kinds;
  for (Attribute observer : getObservers()) {
    if (!isa<ObserverAttrInterface>(observer)) // statistics_c3
      return emitOpError("expects attributes that observe, but got ")
             << observer;
    if (!kinds.insert(&observer.getAbstractAttribute()).second)
      return emitOpError("expects one observer of a kind, but got ") // c3
             << observer << " beside another";
  }
  if (kinds.empty()) // statistics_c3
    return emitOpError("expects an observer, but got none");
  int64_t skip = getSkip().value_or(0);
  if (skip < 0 || (skip > 0 && type.getRank() == 1)) // statistics_c4
    return emitOpError("expects to skip positions of ")
           << type << ", but got " << skip;
  if (getSamples().has_value() != getFile().has_value() ||
      getTokens().has_value() != getFile().has_value()) // statistics_c5
    return emitOpError("expects samples, tokens and file together");
  return success();
}

//===----------------------------------------------------------------------===//
// Observe
//===----------------------------------------------------------------------===//

void ObserveOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  effects.emplace_back(MemoryEffects::Write::get(), CalibrationResource::get());
}

static StatisticsOp lookUp(SymbolTableCollection &symbols, Operation *op,
                           FlatSymbolRefAttr name) {
  return symbols.lookupNearestSymbolFrom<StatisticsOp>(op, name);
}

LogicalResult ObserveOp::verifySymbolUses(SymbolTableCollection &symbols) {
  StatisticsOp statistics = lookUp(symbols, *this, getStatisticsAttr());
  if (!statistics) // observe_c1
    return emitOpError("expects the name of a ptq.statistics, but got ")
           << getStatisticsAttr();
  RankedTensorType expected = statistics.getTensorType();
  for (Value value : getOperands()) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getElementType() != expected.getElementType() ||
        failed(verifyCompatibleShape(type, expected)) ||
        type.isDynamicDim(statistics.getChannelAxis())) { // observe_c2
      InFlightDiagnostic diag = emitOpError("expects a tensor of type ")
                                << expected << ", but got " << type;
      diag.attachNote(statistics.getLoc()) << "statistics are here";
      return diag;
    }
  }
  bool isCompared = statistics.observes<OutputErrorAttr>();
  if (isCompared != bool(getReference())) // observe_c3
    return emitOpError(isCompared
                           ? "expects a second tensor for #ptq.output_error"
                           : "expects no second tensor without "
                             "#ptq.output_error");
  return success();
}

//===----------------------------------------------------------------------===//
// Choose parameters
//===----------------------------------------------------------------------===//

/// The observer that `method` lacks; null if none.
static StringRef getMissingObserver(StatisticsOp statistics,
                                    RangeMethod method) {
  if (method == RangeMethod::MovingAverage)
    return statistics.observes<MovingAverageAttr>() ? "" : "moving_average";
  if (!statistics.observes<MinMaxAttr>())
    return "minmax";
  if (method != RangeMethod::MinMax && !statistics.observes<HistogramAttr>())
    return "histogram";
  return "";
}

static LogicalResult verifyOneElement(Operation *op, StringRef name,
                                      RankedTensorType type, int64_t rank,
                                      Type element) {
  if (type.getElementType() != element || type.getRank() != rank ||
      !type.hasStaticShape() || type.getNumElements() != 1)
    return op->emitOpError("expects a ")
           << name << " of one " << element << " and rank " << rank
           << ", but got " << type;
  return success();
}

LogicalResult ChooseParamsOp::verifySymbolUses(SymbolTableCollection &symbols) {
  StatisticsOp statistics = lookUp(symbols, *this, getStatisticsAttr());
  if (!statistics) // choose_params_c1
    return emitOpError("expects the name of a ptq.statistics, but got ")
           << getStatisticsAttr();
  auto format = dyn_cast<QuantType>(getFormat());
  int64_t rank = statistics.getTensorType().getRank();
  if (!format || format.getRank() != rank || format.hasMultiplier() ||
      llvm::any_of(format.getBlock(),
                   [](int64_t size) { return size != 0; })) // choose_params_c2
    return emitOpError("expects a format of rank ")
           << rank << " with one block and no multiplier, but got "
           << getFormat();
  if (failed(verifyOneElement(*this, "scale", getScale().getType(), rank,
                              format.getScaleType()))) // choose_params_c3
    return failure();
  if (bool(getZeroPoint()) != format.hasZeroPointOperand()) // c4
    return emitOpError("expects a zero point exactly if the format has its "
                       "type, but the format is ")
           << format;
  if (getZeroPoint() &&
      failed(verifyOneElement(*this, "zero point", getZeroPoint().getType(),
                              rank, format.getZeroPointType()))) // c4
    return failure();
  StringRef missing = getMissingObserver(statistics, getMethod());
  if (!missing.empty()) // choose_params_c5
    return emitOpError("expects statistics with #ptq.")
           << missing << " for " << stringifyRangeMethod(getMethod());
  std::optional<APFloat> percentile = getPercentile();
  bool isPercentile = getMethod() == RangeMethod::Percentile;
  if (isPercentile != percentile.has_value()) // choose_params_c6
    return emitOpError(
        "expects a percentile exactly for the method percentile");
  if (percentile && !(percentile->convertToDouble() > 0 &&
                      percentile->convertToDouble() <= 100))
    return emitOpError("expects a percentile in (0, 100], but got ")
           << percentile->convertToDouble();
  return success();
}
