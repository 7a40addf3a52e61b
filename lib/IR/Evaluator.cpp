//===- Evaluator.cpp - Results of ops whose operands are known ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

namespace {

/// Looks up operands, checks what dynamic types do not say, and calls the
/// reference. No results: an operand is not known, or the op is undefined.
class OpEvaluator {
public:
  explicit OpEvaluator(LookupFn lookup) : lookup(lookup) {}

  SmallVector<HostValue> evaluate(QuantizeOp op) const;
  SmallVector<HostValue> evaluate(DequantizeOp op) const;
  SmallVector<HostValue> evaluate(DynamicQuantizeOp op) const;
  SmallVector<HostValue> evaluate(FakeQuantizeOp op) const;
  SmallVector<HostValue> evaluate(RequantizeOp op) const;
  SmallVector<HostValue> evaluate(AddOp op) const;
  SmallVector<HostValue> evaluate(StorageCastOp op) const;
  SmallVector<HostValue> evaluate(MatmulOp op) const;
  SmallVector<HostValue> evaluate(BatchMatmulOp op) const;
  SmallVector<HostValue> evaluate(EmbeddingOp op) const;
  template <typename OpTy>
  SmallVector<HostValue> evaluateConvolution(OpTy op) const;
  SmallVector<HostValue> evaluate(Conv2DOp op) const {
    return evaluateConvolution(op);
  }
  SmallVector<HostValue> evaluate(DepthwiseConv2DOp op) const {
    return evaluateConvolution(op);
  }

private:
  template <typename TensorTy>
  const TensorTy *lookupShaped(Value value, ArrayRef<int64_t> shape) const;
  std::optional<IntegerTensor> lookupZeroPoints(QuantType format,
                                                ArrayRef<int64_t> scaleShape,
                                                Value zeroPoint) const;
  std::optional<QuantParameters> lookupParameters(QuantType format,
                                                  ArrayRef<int64_t> shape,
                                                  Value scale, Value multiplier,
                                                  Value zeroPoint) const;
  std::optional<Operand> lookupOperand(Value value, Value scale,
                                       Value multiplier, Value zeroPoint) const;
  std::optional<QuantizedTensor> lookupCodes(Value value,
                                             Value multiplier = Value(),
                                             Value zeroPoint = Value()) const;
  template <typename OpTy>
  std::optional<std::pair<Operand, Operand>> lookupSides(OpTy op) const;
  template <typename OpTy>
  std::optional<std::pair<QuantizedTensor, QuantizedTensor>>
  lookupIntegerSides(OpTy op) const;

  LookupFn lookup;
};

} // namespace

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// The value if it is known, of this kind and, as a dynamic type does not say,
/// of this shape.
template <typename TensorTy>
const TensorTy *OpEvaluator::lookupShaped(Value value,
                                          ArrayRef<int64_t> shape) const {
  const HostValue *known = lookup(value);
  const auto *tensor = known ? std::get_if<TensorTy>(known) : nullptr;
  return tensor && ArrayRef<int64_t>(tensor->shape) == shape ? tensor : nullptr;
}

static QuantType getFormat(Type type) {
  return dyn_cast<QuantType>(getElementTypeOrSelf(type));
}

static FloatType getFloatType(Value value) {
  return cast<FloatType>(getElementTypeOrSelf(value));
}

/// Integers that are no codes are held as i64.
template <typename T>
static Tensor<int64_t> widen(const Tensor<T> &tensor) {
  return {tensor.shape, {tensor.values.begin(), tensor.values.end()}};
}

/// Codes, zero points and multipliers are stored in signless integers: extends
/// them as their format says.
static IntegerTensor extend(const Tensor<int64_t> &integers, unsigned width,
                            bool isSigned) {
  IntegerTensor extended(integers.shape);
  for (auto [to, from] : llvm::zip_equal(extended.values, integers.values))
    to = isSigned || width >= 32
             ? from
             : from & llvm::maskTrailingOnes<uint64_t>(width);
  return extended;
}

/// Empty if the format has no such operand.
std::optional<IntegerTensor>
OpEvaluator::lookupZeroPoints(QuantType format, ArrayRef<int64_t> scaleShape,
                              Value zeroPoint) const {
  if (!format.hasZeroPointOperand())
    return IntegerTensor();
  const auto *known = lookupShaped<Tensor<int64_t>>(zeroPoint, scaleShape);
  if (!known)
    return std::nullopt;
  return extend(*known, format.getZeroPointType().getWidth(),
                format.getIsSigned());
}

std::optional<QuantParameters>
OpEvaluator::lookupParameters(QuantType format, ArrayRef<int64_t> shape,
                              Value scale, Value multiplier,
                              Value zeroPoint) const {
  SmallVector<int64_t> scaleShape = format.getScaleShape(shape);
  const auto *scales = lookupShaped<FloatTensor>(scale, scaleShape);
  if (!scales)
    return std::nullopt;
  QuantParameters result{*scales, {}, {}};
  if (format.hasMultiplier()) {
    const auto *multipliers = lookupShaped<Tensor<int64_t>>(
        multiplier, format.getMultiplierShape(shape));
    if (!multipliers)
      return std::nullopt;
    result.multipliers =
        extend(*multipliers, 8, format.getIsMultiplierSigned());
  }
  std::optional<IntegerTensor> zeroPoints =
      lookupZeroPoints(format, scaleShape, zeroPoint);
  if (!zeroPoints)
    return std::nullopt;
  result.zeroPoints = std::move(*zeroPoints);
  return result;
}

std::optional<Operand> OpEvaluator::lookupOperand(Value value, Value scale,
                                                  Value multiplier,
                                                  Value zeroPoint) const {
  const HostValue *known = lookup(value);
  if (!known)
    return std::nullopt;
  QuantType format = getFormat(value.getType());
  if (!format)
    return Operand(std::get<FloatTensor>(*known));
  std::optional<QuantParameters> parameters =
      lookupParameters(format, getShape(*known), scale, multiplier, zeroPoint);
  if (!parameters)
    return std::nullopt;
  return Operand(QuantizedTensor{format, std::get<IntegerTensor>(*known),
                                 std::move(*parameters)});
}

/// Codes whose scales do not count.
std::optional<QuantizedTensor>
OpEvaluator::lookupCodes(Value value, Value multiplier, Value zeroPoint) const {
  const HostValue *known = lookup(value);
  QuantType format = getFormat(value.getType());
  if (!known)
    return std::nullopt;
  ArrayRef<int64_t> shape = getShape(*known);
  QuantizedTensor result{format, std::get<IntegerTensor>(*known), {}};
  if (format.hasMultiplier()) {
    const auto *multipliers = lookupShaped<Tensor<int64_t>>(
        multiplier, format.getMultiplierShape(shape));
    if (!multipliers)
      return std::nullopt;
    result.parameters.multipliers =
        extend(*multipliers, 8, format.getIsMultiplierSigned());
  }
  std::optional<IntegerTensor> zeroPoints =
      lookupZeroPoints(format, format.getScaleShape(shape), zeroPoint);
  if (!zeroPoints)
    return std::nullopt;
  result.parameters.zeroPoints = std::move(*zeroPoints);
  return result;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

SmallVector<HostValue> OpEvaluator::evaluate(QuantizeOp op) const {
  const HostValue *input = lookup(op.getInput());
  QuantType format = getFormat(op.getType());
  if (!input)
    return {};
  std::optional<QuantParameters> parameters =
      lookupParameters(format, getShape(*input), op.getScale(),
                       op.getMultiplier(), op.getZeroPoint());
  if (!parameters)
    return {};
  return {quantize(std::get<FloatTensor>(*input), *parameters, format)};
}

SmallVector<HostValue> OpEvaluator::evaluate(DequantizeOp op) const {
  std::optional<Operand> input = lookupOperand(
      op.getInput(), op.getScale(), op.getMultiplier(), op.getZeroPoint());
  if (!input)
    return {};
  return {dequantize(std::get<QuantizedTensor>(*input),
                     getFloatType(op.getResult()))};
}

SmallVector<HostValue> OpEvaluator::evaluate(DynamicQuantizeOp op) const {
  const HostValue *input = lookup(op.getInput());
  if (!input)
    return {};
  std::optional<ArrayRef<int64_t>> sumsBlock;
  if (op.getSumsBlock())
    sumsBlock = *op.getSumsBlock();
  DynamicQuantizeResult result =
      dynamicQuantize(std::get<FloatTensor>(*input),
                      getFormat(op.getResult().getType()), sumsBlock);
  SmallVector<HostValue> results = {std::move(result.result.codes),
                                    std::move(result.result.parameters.scales)};
  if (sumsBlock)
    results.push_back(widen(result.sums));
  return results;
}

SmallVector<HostValue> OpEvaluator::evaluate(FakeQuantizeOp op) const {
  const HostValue *input = lookup(op.getInput());
  QuantType format = op.getFormat();
  if (!input)
    return {};
  std::optional<QuantParameters> parameters =
      lookupParameters(format, getShape(*input), op.getScale(),
                       op.getMultiplier(), op.getZeroPoint());
  if (!parameters)
    return {};
  return {fakeQuantize(std::get<FloatTensor>(*input), *parameters, format,
                       getFloatType(op.getResult()))};
}

static bool areShifts(const Tensor<int64_t> &shifts) {
  return llvm::all_of(shifts.values,
                      [](int64_t value) { return value >= 1 && value <= 62; });
}

/// Numbers that the fixed mode is defined for.
static bool areInRange(const Tensor<int64_t> &multipliers,
                       const Tensor<int64_t> &shifts) {
  return llvm::all_of(multipliers.values,
                      [](int64_t value) { return value >= 1 << 30; }) &&
         areShifts(shifts);
}

SmallVector<HostValue> OpEvaluator::evaluate(RequantizeOp op) const {
  const HostValue *input = lookup(op.getInput());
  QuantType format = getFormat(op.getType());
  if (!input)
    return {};
  ArrayRef<int64_t> inputShape = getShape(*input);
  ArrayRef<int64_t> block = op.getMultiplierBlock();
  SmallVector<int64_t> shape = QuantType::getBlockedShape(inputShape, block);
  IntegerTensor accumulators =
      op.getInputFormat()
          ? centerCodes({op.getInputFormat(), std::get<IntegerTensor>(*input),
                         /*parameters=*/{}})
          : extend(std::get<Tensor<int64_t>>(*input), 32, /*isSigned=*/true);
  std::optional<IntegerTensor> zeroPoints = lookupZeroPoints(
      format, format.getScaleShape(inputShape), op.getZeroPoint());
  if (!zeroPoints)
    return {};
  if (op.getBias()) {
    const auto *bias = lookupShaped<Tensor<int64_t>>(op.getBias(), shape);
    if (!bias)
      return {};
    accumulators = addBias(accumulators, extend(*bias, 32, true), block);
  }
  if (op.getMode() == RequantizeMode::Float) {
    const auto *multipliers =
        lookupShaped<FloatTensor>(op.getMultiplier(), shape);
    if (!multipliers)
      return {};
    return {requantizeFloat(accumulators, *multipliers, *zeroPoints, format,
                            block)};
  }
  const auto *multipliers =
      lookupShaped<Tensor<int64_t>>(op.getMultiplier(), shape);
  const auto *shifts = lookupShaped<Tensor<int64_t>>(op.getShift(), shape);
  if (!multipliers || !shifts || !areInRange(*multipliers, *shifts))
    return {};
  return {requantizeFixed(accumulators, extend(*multipliers, 32, true),
                          extend(*shifts, 32, true), *zeroPoints, format,
                          block)};
}

SmallVector<HostValue> OpEvaluator::evaluate(AddOp op) const {
  std::optional<QuantizedTensor> lhs = lookupCodes(op.getLhs()),
                                 rhs = lookupCodes(op.getRhs());
  if (!lhs || !rhs || lhs->codes.shape != rhs->codes.shape)
    return {};
  QuantType format = getFormat(op.getType());
  SmallVector<int64_t> shape = format.getScaleShape(lhs->codes.shape);
  IntegerTensor a = centerCodes(*lhs), b = centerCodes(*rhs);
  if (op.getMode() == RequantizeMode::Float) {
    const auto *ma = lookupShaped<FloatTensor>(op.getLhsMultiplier(), shape);
    const auto *mb = lookupShaped<FloatTensor>(op.getRhsMultiplier(), shape);
    if (!ma || !mb)
      return {};
    return {addFloat(a, b, *ma, *mb, format)};
  }
  const auto *ma = lookupShaped<Tensor<int64_t>>(op.getLhsMultiplier(), shape);
  const auto *mb = lookupShaped<Tensor<int64_t>>(op.getRhsMultiplier(), shape);
  const auto *shifts = lookupShaped<Tensor<int64_t>>(op.getShift(), shape);
  if (!ma || !mb || !shifts || !areShifts(*shifts))
    return {};
  return {addFixed(a, b, extend(*ma, 32, true), extend(*mb, 32, true),
                   extend(*shifts, 32, true), format)};
}

SmallVector<HostValue> OpEvaluator::evaluate(StorageCastOp op) const {
  const HostValue *input = lookup(op.getInput());
  if (!input)
    return {};
  if (QuantType format = getFormat(op.getType())) {
    const auto &bytes = std::get<Tensor<int64_t>>(*input);
    if (!op.getPacked())
      return {extend(bytes, format.getByteStorageType().getWidth(),
                     format.getIsSigned())};
    SmallVector<int64_t> shape(bytes.shape);
    shape.back() = op.getType().getShape().back();
    return {
        unpackCodes({bytes.shape, {bytes.values.begin(), bytes.values.end()}},
                    shape, format)};
  }
  const auto &codes = std::get<IntegerTensor>(*input);
  if (!op.getPacked())
    return {widen(codes)};
  return {widen(packCodes(codes, getFormat(op.getInput().getType())))};
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

static ArrayRef<int64_t> getShape(const Operand &operand) {
  if (const auto *floats = std::get_if<FloatTensor>(&operand))
    return floats->shape;
  return std::get<QuantizedTensor>(operand).codes.shape;
}

/// Both sides, if they are known and have the same K.
template <typename OpTy>
std::optional<std::pair<Operand, Operand>>
OpEvaluator::lookupSides(OpTy op) const {
  std::optional<Operand> lhs = lookupOperand(op.getLhs(), op.getLhsScale(),
                                             Value(), op.getLhsZeroPoint());
  std::optional<Operand> rhs =
      lookupOperand(op.getRhs(), op.getRhsScale(), op.getRhsMultiplier(),
                    op.getRhsZeroPoint());
  if (!lhs || !rhs || getShape(*lhs).back() != getShape(*rhs).back())
    return std::nullopt;
  return std::pair(std::move(*lhs), std::move(*rhs));
}

/// Both sides before any scale.
template <typename OpTy>
std::optional<std::pair<QuantizedTensor, QuantizedTensor>>
OpEvaluator::lookupIntegerSides(OpTy op) const {
  std::optional<QuantizedTensor> lhs =
      lookupCodes(op.getLhs(), Value(), op.getLhsZeroPoint());
  std::optional<QuantizedTensor> rhs =
      lookupCodes(op.getRhs(), op.getRhsMultiplier(), op.getRhsZeroPoint());
  if (!lhs || !rhs || lhs->codes.shape.back() != rhs->codes.shape.back())
    return std::nullopt;
  return std::pair(std::move(*lhs), std::move(*rhs));
}

SmallVector<HostValue> OpEvaluator::evaluate(MatmulOp op) const {
  if (op.getType().getElementType().isInteger()) {
    auto sides = lookupIntegerSides(op);
    if (!sides)
      return {};
    return {widen(matmulIntegers(sides->first, sides->second))};
  }
  auto sides = lookupSides(op);
  if (!sides)
    return {};
  return {matmul(sides->first, sides->second, getFloatType(op.getResult()))};
}

SmallVector<HostValue> OpEvaluator::evaluate(BatchMatmulOp op) const {
  if (op.getType().getElementType().isInteger()) {
    auto sides = lookupIntegerSides(op);
    if (!sides ||
        sides->first.codes.shape.front() != sides->second.codes.shape.front())
      return {};
    return {widen(batchMatmulIntegers(sides->first, sides->second))};
  }
  auto sides = lookupSides(op);
  if (!sides ||
      getShape(sides->first).front() != getShape(sides->second).front())
    return {};
  return {
      batchMatmul(sides->first, sides->second, getFloatType(op.getResult()))};
}

template <typename OpTy>
SmallVector<HostValue> OpEvaluator::evaluateConvolution(OpTy op) const {
  std::optional<QuantizedTensor> lhs = lookupCodes(op.getLhs()),
                                 rhs = lookupCodes(op.getRhs());
  if (!lhs || !rhs)
    return {};
  Window window{SmallVector<int64_t>(op.getKernel()),
                SmallVector<int64_t>(op.getStrides()),
                SmallVector<int64_t>(op.getDilations()), op.getChannelsFirst(),
                OpTy::isDepthwise};
  ArrayRef<int64_t> image = lhs->codes.shape, weights = rhs->codes.shape;
  int64_t channels = image[op.getChannelDim()];
  int64_t area = window.kernel[0] * window.kernel[1];
  bool fits = OpTy::isDepthwise ? weights[0] == channels && weights[1] == area
                                : weights[1] == area * channels;
  for (int64_t i = 0; i < 2; ++i)
    fits &= image[op.getHeightDim() + i] >
            (window.kernel[i] - 1) * window.dilations[i];
  if (!fits) // which a dynamic type does not say
    return {};
  IntegerTensor accumulators = convolve(*lhs, *rhs, window);
  if (op.getType().getElementType().isInteger())
    return {widen(accumulators)};
  const auto *lhsScale =
      lookupShaped<FloatTensor>(op.getLhsScale(), {1, 1, 1, 1});
  const auto *rhsScales = lookupShaped<FloatTensor>(
      op.getRhsScale(), rhs->format.getScaleShape(weights));
  if (!lhsScale || !rhsScales)
    return {};
  return {scaleAccumulators(accumulators, *rhsScales, lhsScale->values.front(),
                            op.getChannelDim(), getFloatType(op.getResult()))};
}

SmallVector<HostValue> OpEvaluator::evaluate(EmbeddingOp op) const {
  const HostValue *known = lookup(op.getIndices());
  std::optional<Operand> table = lookupOperand(
      op.getTable(), op.getScale(), op.getMultiplier(), op.getZeroPoint());
  if (!known || !table)
    return {};
  const auto &indices = std::get<Tensor<int64_t>>(*known);
  int64_t numRows = getShape(*table).front();
  if (llvm::any_of(indices.values, [&](int64_t index) {
        return index < 0 || index >= numRows;
      }))
    return {};
  return {embedding(indices, *table, getFloatType(op.getResult()))};
}

SmallVector<HostValue> ptq::evaluateOp(Operation *op, LookupFn lookup) {
  OpEvaluator evaluator(lookup);
  return TypeSwitch<Operation *, SmallVector<HostValue>>(op)
      .Case<QuantizeOp, DequantizeOp, DynamicQuantizeOp, FakeQuantizeOp,
            RequantizeOp, AddOp, StorageCastOp, MatmulOp, BatchMatmulOp,
            Conv2DOp, DepthwiseConv2DOp, EmbeddingOp>(
          [&](auto op) { return evaluator.evaluate(op); })
      .Case<PackOp, UnpackOp, PackedMatmulOp>(
          [&](auto op) { return ptq::evaluate(op, lookup); })
      .Default([](Operation *) { return SmallVector<HostValue>(); });
}
