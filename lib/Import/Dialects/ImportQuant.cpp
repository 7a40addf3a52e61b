//===- ImportQuant.cpp - Turn the quant dialect into quantized ops --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MovedElements.h"
#include "UniformTypes.h"

#include "ptq/Import/Passes.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_IMPORTQUANT
#include "ptq/Import/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

/// Why a type or an attribute mentions the quant dialect in a way that has no
/// counterpart; empty if it does not.
template <typename T>
static std::string refuse(T typeOrAttribute) {
  std::string reason;
  typeOrAttribute.template walk<WalkOrder::PreOrder>(
      [&](RankedTensorType tensor) {
        auto element = dyn_cast<quant::QuantizedType>(tensor.getElementType());
        if (!element)
          return WalkResult::advance();
        if (tensor.getEncoding())
          reason = "expects quantized tensors without encoding";
        else
          (void)takeApart(element, tensor.getRank(), reason);
        return reason.empty() ? WalkResult::skip() : WalkResult::interrupt();
      },
      [&](quant::QuantizedType type) {
        llvm::raw_string_ostream(reason)
            << "expects !quant.uniform as elements of ranked tensors only, but "
               "got "
            << typeOrAttribute;
        return WalkResult::interrupt();
      });
  return reason;
}

static bool isCast(Operation *op) {
  return isa<quant::QuantizeCastOp, quant::DequantizeCastOp,
             quant::StorageCastOp>(op);
}

static auto getQuantizedTensors(Operation *op) {
  SmallVector<RankedTensorType> types;
  for (TypeRange range :
       {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : range)
      if (auto tensor = dyn_cast<RankedTensorType>(type))
        if (isa<quant::QuantizedType>(tensor.getElementType()))
          types.push_back(tensor);
  return types;
}

/// Whether quantized tensors of different ranks meet in `op`, which then can
/// only work on their bytes: formats have a block entry per dimension.
static bool changesRank(Operation *op) {
  SmallVector<RankedTensorType> types = getQuantizedTensors(op);
  return isa_and_present<tensor::TensorDialect>(op->getDialect()) &&
         !llvm::all_equal(llvm::map_range(
             types, [](RankedTensorType type) { return type.getRank(); }));
}

static bool hasOneScalePerTensor(Operation *op) {
  return llvm::all_of(getQuantizedTensors(op), [](RankedTensorType type) {
    return isa<quant::UniformQuantizedType>(type.getElementType());
  });
}

/// Why what `op` has to do with the quant dialect cannot be imported; empty if
/// it can, or it has nothing to do with it.
static std::string refuse(Operation *op) {
  bool mentions = false;
  auto look = [&](auto typeOrAttribute) {
    mentions |=
        typeOrAttribute
            .walk([](quant::QuantizedType) { return WalkResult::interrupt(); })
            .wasInterrupted();
    return refuse(typeOrAttribute);
  };
  std::string reason;
  auto lookAt = [&](TypeRange types) {
    for (Type type : types)
      if (reason.empty())
        reason = look(type);
  };
  lookAt(op->getOperandTypes());
  lookAt(op->getResultTypes());
  for (Region &region : op->getRegions())
    for (Block &block : region)
      lookAt(block.getArgumentTypes());
  if (reason.empty())
    reason = look(op->getAttrDictionary());
  if (!reason.empty() || !mentions || isCast(op))
    return reason;
  if (!movesElements(op))
    return "expects quantized tensors in casts, control flow, calls and ops "
           "that move elements only";
  if (changesRank(op) && !hasOneScalePerTensor(op))
    return "expects a scale per tensor where the rank changes";
  return "";
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

namespace {

class Rewriter {
public:
  Rewriter(ModuleOp module, int64_t inlineLimit)
      : module(module), inlineLimit(inlineLimit), builder(module) {}

  /// Replaces the casts, whose results keep their types, so that each cast sees
  /// its own numbers; then all types at once. Cannot fail: everything was
  /// looked at.
  void rewrite();

private:
  struct Numbers {
    TypedAttr scales, zeroPoints;
  };
  /// The numbers of `type`, in constants at the insertion point; no zero points
  /// if the format has none beside it.
  std::pair<Value, Value> load(Location loc, RankedTensorType type);
  Numbers &getNumbers(quant::QuantizedType type, int64_t rank);

  Value rewrite(quant::QuantizeCastOp op);
  Value rewrite(quant::DequantizeCastOp op);
  Value rewrite(quant::StorageCastOp op);
  void moveBytes(Operation *op);

  ModuleOp module;
  int64_t inlineLimit;
  OpBuilder builder;
  llvm::DenseMap<std::pair<Type, int64_t>, Numbers> numbers;
};

} // namespace

static RankedTensorType convert(RankedTensorType type) {
  auto element = dyn_cast<quant::QuantizedType>(type.getElementType());
  if (!element)
    return type;
  std::string reason;
  return type.clone(takeApart(element, type.getRank(), reason)->format);
}

/// A constant, in a resource if it is large and not the same all over.
template <typename T>
static TypedAttr makeConstant(RankedTensorType type, ArrayRef<T> values,
                              StringRef name, int64_t inlineLimit) {
  if (int64_t(values.size()) <= inlineLimit || llvm::all_equal(values))
    return DenseElementsAttr::get(type, values);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyInferAlign(values);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

Rewriter::Numbers &Rewriter::getNumbers(quant::QuantizedType type,
                                        int64_t rank) {
  Numbers &known = numbers[{type, rank}];
  if (known.scales)
    return known;
  std::string reason;
  UniformNumbers taken = *takeApart(type, rank, reason);
  auto scaleType = RankedTensorType::get(taken.shape, builder.getF32Type());
  known.scales =
      makeConstant<float>(scaleType, taken.scales, "quant.scales", inlineLimit);
  if (taken.zeroPoints.empty())
    return known;
  auto zeroPointType = scaleType.clone(taken.format.getZeroPointType());
  auto make = [&](auto example) {
    using Integer = decltype(example);
    SmallVector<Integer> values;
    for (int64_t zeroPoint : taken.zeroPoints)
      values.push_back(static_cast<Integer>(zeroPoint));
    known.zeroPoints = makeConstant<Integer>(zeroPointType, values,
                                             "quant.zero_points", inlineLimit);
  };
  if (zeroPointType.getElementType().isInteger(8))
    make(int8_t());
  else
    make(int16_t());
  return known;
}

std::pair<Value, Value> Rewriter::load(Location loc, RankedTensorType type) {
  Numbers &known = getNumbers(cast<quant::QuantizedType>(type.getElementType()),
                              type.getRank());
  Value scales = arith::ConstantOp::create(builder, loc, known.scales);
  Value zeroPoints;
  if (known.zeroPoints)
    zeroPoints = arith::ConstantOp::create(builder, loc, known.zeroPoints);
  return {scales, zeroPoints};
}

Value Rewriter::rewrite(quant::QuantizeCastOp op) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  auto [scales, zeroPoints] = load(op.getLoc(), type);
  return QuantizeOp::create(builder, op.getLoc(), type, op.getInput(), scales,
                            /*multiplier=*/Value(), zeroPoints);
}

Value Rewriter::rewrite(quant::DequantizeCastOp op) {
  auto [scales, zeroPoints] =
      load(op.getLoc(), cast<RankedTensorType>(op.getInput().getType()));
  return DequantizeOp::create(builder, op.getLoc(), op.getResult().getType(),
                              op.getInput(), scales, /*multiplier=*/Value(),
                              zeroPoints);
}

/// Integers of other widths than 8 and 16 bits go through the next of these.
Value Rewriter::rewrite(quant::StorageCastOp op) {
  Location loc = op.getLoc();
  auto from = cast<RankedTensorType>(op.getInput().getType());
  auto to = cast<RankedTensorType>(op.getResult().getType());
  if (isa<quant::QuantizedType>(to.getElementType())) {
    auto format = cast<QuantType>(convert(to).getElementType());
    Value bytes = op.getInput();
    RankedTensorType byteType = from.clone(format.getByteStorageType());
    if (from != byteType && format.getIsSigned())
      bytes = arith::ExtSIOp::create(builder, loc, byteType, bytes);
    else if (from != byteType)
      bytes = arith::ExtUIOp::create(builder, loc, byteType, bytes);
    return StorageCastOp::create(builder, loc, to, bytes,
                                 /*packed=*/false);
  }
  auto format = cast<QuantType>(convert(from).getElementType());
  Value bytes =
      StorageCastOp::create(builder, loc, to.clone(format.getByteStorageType()),
                            op.getInput(), /*packed=*/false);
  if (bytes.getType() != to)
    bytes = arith::TruncIOp::create(builder, loc, to, bytes);
  return bytes;
}

/// Has `op` move the bytes of its quantized tensors.
void Rewriter::moveBytes(Operation *op) {
  auto getBytesType = [](Type type) -> RankedTensorType {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !isa<quant::QuantizedType>(tensor.getElementType()))
      return {};
    auto format = cast<QuantType>(convert(tensor).getElementType());
    return tensor.clone(format.getByteStorageType());
  };
  for (OpOperand &operand : op->getOpOperands())
    if (RankedTensorType bytes = getBytesType(operand.get().getType()))
      operand.set(StorageCastOp::create(builder, op->getLoc(), bytes,
                                        operand.get(), /*packed=*/false));
  builder.setInsertionPointAfter(op);
  for (OpResult result : op->getResults())
    if (RankedTensorType bytes = getBytesType(result.getType())) {
      Type quantized = result.getType();
      result.setType(bytes);
      auto cast = StorageCastOp::create(builder, op->getLoc(), quantized,
                                        result, /*packed=*/false);
      result.replaceAllUsesExcept(cast, cast);
    }
}

void Rewriter::rewrite() {
  module.walk([&](Operation *op) {
    builder.setInsertionPoint(op);
    if (changesRank(op))
      return moveBytes(op);
    Value replacement =
        llvm::TypeSwitch<Operation *, Value>(op)
            .Case<quant::QuantizeCastOp, quant::DequantizeCastOp,
                  quant::StorageCastOp>(
                [&](auto cast) { return rewrite(cast); })
            .Default([](Operation *) { return Value(); });
    if (!replacement)
      return;
    op->getResult(0).replaceAllUsesWith(replacement);
    op->erase();
  });
  AttrTypeReplacer replacer;
  replacer.addReplacement([](RankedTensorType type) -> std::optional<Type> {
    RankedTensorType converted = convert(type);
    return converted == type ? std::nullopt : std::optional<Type>(converted);
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true,
                                        /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
}

namespace {

struct ImportQuant : ptq::impl::ImportQuantBase<ImportQuant> {
  using ImportQuantBase::ImportQuantBase;

  void runOnOperation() override {
    WalkResult walk =
        getOperation().walk<WalkOrder::PreOrder>([](Operation *op) {
          std::string reason = refuse(op);
          if (reason.empty())
            return WalkResult::advance();
          op->emitOpError(reason);
          return WalkResult::interrupt();
        });
    if (walk.wasInterrupted())
      return signalPassFailure();
    Rewriter(getOperation(), inlineLimit).rewrite();
  }
};

} // namespace
