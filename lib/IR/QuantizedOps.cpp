//===- QuantizedOps.cpp - Assembly and verifiers of the quantized ops
//--------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

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
             << "expects each number of " << side << " once";
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
  printer << side << '(';
  llvm::interleaveComma(present, printer, [&](auto &parameter) {
    if (!parameter.first.empty())
      printer << parameter.first << ' ';
    printer << parameter.second;
  });
  printer << " : ";
  llvm::interleaveComma(present, printer, [&](auto &parameter) {
    printer << parameter.second.getType();
  });
  printer << ") ";
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

#define GET_OP_CLASSES
#include "ptq/IR/QuantizedOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

static QuantType getFormat(Value value) {
  return dyn_cast<QuantType>(
      cast<RankedTensorType>(value.getType()).getElementType());
}

QuantType MatmulOp::getLhsFormat() { return getFormat(getLhs()); }
QuantType MatmulOp::getRhsFormat() { return getFormat(getRhs()); }
QuantType BatchMatmulOp::getLhsFormat() { return getFormat(getLhs()); }
QuantType BatchMatmulOp::getRhsFormat() { return getFormat(getRhs()); }
QuantType EmbeddingOp::getTableFormat() { return getFormat(getTable()); }

/// The whole K unless a side has groups along it.
template <typename OpTy>
static int64_t getGroupSizeOf(OpTy op) {
  for (QuantType format : {op.getRhsFormat(), op.getLhsFormat()})
    if (format && format.getBlock().back() != 0)
      return format.getBlock().back();
  return cast<RankedTensorType>(op.getRhs().getType()).getShape().back();
}

int64_t MatmulOp::getGroupSize() { return getGroupSizeOf(*this); }
int64_t BatchMatmulOp::getGroupSize() { return getGroupSizeOf(*this); }

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult QuantizeOp::verify() { return success(); }
LogicalResult DequantizeOp::verify() { return success(); }
LogicalResult DynamicQuantizeOp::verify() { return success(); }
LogicalResult FakeQuantizeOp::verify() { return success(); }
LogicalResult RequantizeOp::verify() { return success(); }
LogicalResult StorageCastOp::verify() { return success(); }
LogicalResult MatmulOp::verify() { return success(); }
LogicalResult BatchMatmulOp::verify() { return success(); }
LogicalResult EmbeddingOp::verify() { return success(); }
