//===- QuantizedOps.cpp - Assembly of the quantized ops -------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Verification.h"

#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Assembly of contraction parameters
//===----------------------------------------------------------------------===//

namespace {

/// One optional number of a side: its keyword (empty for the scale, which comes
/// first), where to put it.
struct Parameter {
  StringRef keyword;
  std::optional<OpAsmParser::UnresolvedOperand> &operand;
  Type &type;
};

} // namespace

/// `side ( %scale, keyword %x, ... : types )`, absent as a whole if the side
/// has no numbers.
static ParseResult parseParameters(OpAsmParser &parser, StringRef side,
                                   ArrayRef<Parameter> parameters) {
  if (failed(parser.parseOptionalKeyword(side)))
    return success();
  SmallVector<const Parameter *> present;
  if (parser.parseLParen())
    return failure();
  do {
    const Parameter *found = nullptr;
    for (const Parameter &parameter : parameters)
      if (!parameter.keyword.empty() &&
          succeeded(parser.parseOptionalKeyword(parameter.keyword))) {
        found = &parameter;
        break;
      }
    if (!found)
      found = &parameters.front();
    if (found->operand)
      return parser.emitError(parser.getCurrentLocation())
             << "expects each operand of " << side << " once";
    found->operand.emplace();
    if (parser.parseOperand(*found->operand))
      return failure();
    present.push_back(found);
  } while (succeeded(parser.parseOptionalComma()));
  if (parser.parseColon())
    return failure();
  for (auto [index, parameter] : llvm::enumerate(present))
    if ((index && parser.parseComma()) || parser.parseType(parameter->type))
      return failure();
  return parser.parseRParen();
}

static void printParameters(OpAsmPrinter &printer, StringRef side,
                            ArrayRef<std::pair<StringRef, Value>> parameters) {
  SmallVector<std::pair<StringRef, Value>> present(llvm::make_filter_range(
      parameters, [](auto &parameter) { return parameter.second; }));
  if (present.empty())
    return;
  printer << ' ' << side << '(';
  llvm::interleaveComma(present, printer, [&](auto &parameter) {
    if (!parameter.first.empty())
      printer << parameter.first << ' ';
    printer << parameter.second;
  });
  printer << " : ";
  llvm::interleaveComma(present, printer, [&](auto &parameter) {
    printer << parameter.second.getType();
  });
  printer << ')';
}

using OptionalOperand = std::optional<OpAsmParser::UnresolvedOperand>;

static ParseResult parseLhsParameters(OpAsmParser &parser,
                                      OptionalOperand &scale, Type &scaleType,
                                      OptionalOperand &zeroPoint,
                                      Type &zeroPointType,
                                      OptionalOperand &sums, Type &sumsType) {
  return parseParameters(parser, "lhs",
                         {{"", scale, scaleType},
                          {"zp", zeroPoint, zeroPointType},
                          {"sums", sums, sumsType}});
}

static void printLhsParameters(OpAsmPrinter &printer, Operation *, Value scale,
                               Type, Value zeroPoint, Type, Value sums, Type) {
  printParameters(printer, "lhs",
                  {{"", scale}, {"zp", zeroPoint}, {"sums", sums}});
}

static ParseResult
parseRhsParameters(OpAsmParser &parser, OptionalOperand &scale, Type &scaleType,
                   OptionalOperand &multiplier, Type &multiplierType,
                   OptionalOperand &zeroPoint, Type &zeroPointType) {
  return parseParameters(parser, "rhs",
                         {{"", scale, scaleType},
                          {"multiplier", multiplier, multiplierType},
                          {"zp", zeroPoint, zeroPointType}});
}

static void printRhsParameters(OpAsmPrinter &printer, Operation *, Value scale,
                               Type, Value multiplier, Type, Value zeroPoint,
                               Type) {
  printParameters(printer, "rhs",
                  {{"", scale}, {"multiplier", multiplier}, {"zp", zeroPoint}});
}

//===----------------------------------------------------------------------===//
// Assembly of optional operands
//===----------------------------------------------------------------------===//

/// `, first-keyword %x, second-keyword %y`, each of them optional.
static ParseResult parseKeywordOperands(OpAsmParser &parser,
                                        StringRef firstKeyword,
                                        OptionalOperand &first,
                                        StringRef secondKeyword,
                                        OptionalOperand &second) {
  while (succeeded(parser.parseOptionalComma())) {
    SMLoc loc = parser.getCurrentLocation();
    StringRef keyword;
    if (parser.parseKeyword(&keyword))
      return failure();
    OptionalOperand *operand = nullptr;
    if (keyword == firstKeyword && !first && !second)
      operand = &first;
    else if (keyword == secondKeyword && !second)
      operand = &second;
    else
      return parser.emitError(loc)
             << "expects '" << firstKeyword << "' or '" << secondKeyword
             << "', each once and in this order, but got '" << keyword << "'";
    if (parser.parseOperand(operand->emplace()))
      return failure();
  }
  return success();
}

static void printKeywordOperands(OpAsmPrinter &printer, StringRef firstKeyword,
                                 Value first, StringRef secondKeyword,
                                 Value second) {
  if (first)
    printer << ", " << firstKeyword << ' ' << first;
  if (second)
    printer << ", " << secondKeyword << ' ' << second;
}

static ParseResult parseMultiplierAndZeroPoint(OpAsmParser &parser,
                                               OptionalOperand &multiplier,
                                               OptionalOperand &zeroPoint) {
  return parseKeywordOperands(parser, "multiplier", multiplier, "zp",
                              zeroPoint);
}

static void printMultiplierAndZeroPoint(OpAsmPrinter &printer, Operation *,
                                        Value multiplier, Value zeroPoint) {
  printKeywordOperands(printer, "multiplier", multiplier, "zp", zeroPoint);
}

/// `, shift %x, bias %y, zp %z`, each of them optional.
static ParseResult parseRequantizeOperands(OpAsmParser &parser,
                                           OptionalOperand &shift,
                                           OptionalOperand &bias,
                                           OptionalOperand &zeroPoint) {
  std::pair<StringRef, OptionalOperand *> operands[] = {
      {"shift", &shift}, {"bias", &bias}, {"zp", &zeroPoint}};
  auto *next = std::begin(operands);
  while (succeeded(parser.parseOptionalComma())) {
    SMLoc loc = parser.getCurrentLocation();
    StringRef keyword;
    if (parser.parseKeyword(&keyword))
      return failure();
    auto *found = std::find_if(next, std::end(operands), [&](auto &operand) {
      return operand.first == keyword;
    });
    if (found == std::end(operands))
      return parser.emitError(loc)
             << "expects 'shift', 'bias' or 'zp', each once and in this "
                "order, but got '"
             << keyword << "'";
    if (parser.parseOperand(found->second->emplace()))
      return failure();
    next = found + 1;
  }
  return success();
}

static void printRequantizeOperands(OpAsmPrinter &printer, Operation *,
                                    Value shift, Value bias, Value zeroPoint) {
  printKeywordOperands(printer, "shift", shift, "bias", bias);
  printKeywordOperands(printer, "zp", zeroPoint, "", Value());
}

/// `, type` for each operand that is there.
static ParseResult parseTypesOf(OpAsmParser &parser,
                                const OptionalOperand &first, Type &firstType,
                                const OptionalOperand &second,
                                Type &secondType) {
  if (first && (parser.parseComma() || parser.parseType(firstType)))
    return failure();
  if (second && (parser.parseComma() || parser.parseType(secondType)))
    return failure();
  return success();
}

static void printTypesOf(OpAsmPrinter &printer, Operation *, Value first,
                         Type firstType, Value second, Type secondType) {
  if (first)
    printer << ", " << firstType;
  if (second)
    printer << ", " << secondType;
}

static ParseResult
parseTypesOfThree(OpAsmParser &parser, const OptionalOperand &first,
                  Type &firstType, const OptionalOperand &second,
                  Type &secondType, const OptionalOperand &third,
                  Type &thirdType) {
  if (parseTypesOf(parser, first, firstType, second, secondType))
    return failure();
  return parseTypesOf(parser, third, thirdType, std::nullopt, thirdType);
}

static void printTypesOfThree(OpAsmPrinter &printer, Operation *op, Value first,
                              Type firstType, Value second, Type secondType,
                              Value third, Type thirdType) {
  printTypesOf(printer, op, first, firstType, second, secondType);
  printTypesOf(printer, op, third, thirdType, Value(), Type());
}

#define GET_OP_CLASSES
#include "ptq/IR/QuantizedOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Names of results
//===----------------------------------------------------------------------===//

void QuantizeOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "codes");
}

void RequantizeOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "codes");
}

void AddOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "codes");
}

void DynamicQuantizeOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), "codes");
  setName(getScale(), "scale");
  if (getSums())
    setName(getSums(), "sums");
}

void StorageCastOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getResult(), getFormat(getType()) ? "codes" : "bytes");
}
