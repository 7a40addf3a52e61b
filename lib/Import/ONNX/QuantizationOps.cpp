//===- QuantizationOps.cpp - Quantize and dequantize ----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "Quantization.h"
#include "Reductions.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// `tensor` in the shape that scales of `sizes` in these blocks have.
static FailureOr<OnnxTensor> shapeParameter(OnnxNode &n, OnnxTensor &tensor,
                                            ArrayRef<OpFoldResult> sizes,
                                            int64_t axis, int64_t blockSize,
                                            bool isSingle) {
  OnnxBuilder &b = n.b;
  Sizes wanted(sizes.size(), b.constant(1));
  if (blockSize > 0) {
    wanted = Sizes(sizes);
    wanted[axis] = b.ceilDiv(sizes[axis], b.constant(blockSize));
  } else if (!isSingle) {
    wanted[axis] = sizes[axis];
  }
  std::optional<int64_t> count = countElements(tensor.sizes);
  std::optional<int64_t> needed = countElements(wanted);
  bool fits = blockSize > 0 ? tensor.sizes.size() == sizes.size()
                            : tensor.getRank() <= 1;
  if (!fits || (count && needed && *count != *needed))
    return n.fail("expects scales and zero points of " + toString(wanted) +
                  " for " + toString(sizes) + ", but got " +
                  toString(tensor.sizes));
  if (!isSingle && blockSize == 0 && count)
    wanted[axis] = b.constant(*count);
  return b.reshape(tensor, wanted);
}

FailureOr<QuantParameters>
ptq::getParameters(OnnxNode &n, ArrayRef<OpFoldResult> sizes, unsigned scale,
                   unsigned zeroPoint, int64_t axis, int64_t blockSize) {
  OnnxTensor &scales = n.input(scale);
  if (failed(n.expectFloat(scale)))
    return failure();
  if (scales.type == OnnxType::Double)
    return n.fail("expects scales of float, float16 or bfloat16, but got "
                  "double");
  if (blockSize < 0 || blockSize > (int64_t(1) << 31))
    return n.fail("attribute 'block_size': expects a length, but got " +
                  Twine(blockSize));
  bool isSingle = blockSize == 0 && countElements(scales.sizes) == 1;
  if (!isSingle) {
    FailureOr<int64_t> known = n.getAxis(axis, sizes.size());
    if (failed(known))
      return failure();
    axis = *known;
  }
  QuantParameters parameters;
  // A scale for all of one index is that of each of its indices.
  parameters.block.assign(sizes.size(), blockSize > 0 ? 1 : 0);
  if (!isSingle)
    parameters.block[axis] = blockSize > 0 ? blockSize : 1;
  FailureOr<OnnxTensor> shaped =
      shapeParameter(n, scales, sizes, axis, blockSize, isSingle);
  if (failed(shaped))
    return failure();
  parameters.scale = *shaped;
  if (!n.hasInput(zeroPoint))
    return parameters;
  if (failed(n.expectInteger(zeroPoint)))
    return failure();
  shaped =
      shapeParameter(n, n.input(zeroPoint), sizes, axis, blockSize, isSingle);
  if (failed(shaped))
    return failure();
  parameters.zeroPoint = *shaped;
  return parameters;
}

/// The zero point, if it is constant and the same everywhere.
static std::optional<int64_t> getConstantZeroPoint(const OnnxTensor &tensor) {
  auto dense = dyn_cast_if_present<DenseIntElementsAttr>(tensor.constant);
  if (!dense || !dense.isSplat())
    return std::nullopt;
  APInt value = dense.getSplatValue<APInt>();
  return isUnsigned(tensor.type) ? int64_t(value.getZExtValue())
                                 : value.getSExtValue();
}

QuantType ptq::getFormat(OnnxBuilder &b, OnnxType storage, OnnxType expressed,
                         const QuantParameters &parameters) {
  Attribute zeroPoint;
  if (parameters.zeroPoint) {
    std::optional<int64_t> constant =
        getConstantZeroPoint(*parameters.zeroPoint);
    if (!constant)
      zeroPoint = TypeAttr::get(b.getElementType(parameters.zeroPoint->type));
    else if (*constant != 0)
      zeroPoint = b.getI64IntegerAttr(*constant);
  }
  return QuantType::get(
      getBits(storage), !isUnsigned(storage), getOnnxMin(storage),
      getOnnxMax(storage), cast<FloatType>(b.getElementType(expressed)),
      parameters.block,
      cast<FloatType>(b.getElementType(parameters.scale.type)), zeroPoint);
}

Value ptq::getZeroPointOperand(OnnxBuilder &b, QuantType format,
                               QuantParameters &parameters) {
  return format.hasZeroPointOperand() ? b.getValue(*parameters.zeroPoint)
                                      : Value();
}

//===----------------------------------------------------------------------===//
// QuantizeLinear
//===----------------------------------------------------------------------===//

/// Whether every scale is a power of two, so that multiplying by its inverse is
/// dividing by it.
static bool arePowersOfTwo(const OnnxTensor &scale) {
  auto dense = dyn_cast_if_present<DenseFPElementsAttr>(scale.constant);
  return dense && scale.type == OnnxType::Float &&
         llvm::all_of(dense, [](const APFloat &value) {
           return value.isNormal() && !value.isNegative() &&
                  value.getExactInverse(nullptr);
         });
}

/// `x / scale`, rounded to the type of `x`.
static OnnxTensor divide(OnnxBuilder &b, OnnxTensor &x, OnnxTensor &scale,
                         ArrayRef<int64_t> block) {
  if (llvm::all_of(block, [](int64_t size) { return size <= 1; }))
    return b.createElementwise(
        {&x, &scale}, x.sizes, x.type,
        [](ImplicitLocOpBuilder &inner, ValueRange v) {
          return arith::DivFOp::create(inner, v[0], v[1]).getResult();
        });
  // An index into blocks is not affine in what vectors take: read it.
  Value scales = b.getValue(scale), source = b.getValue(x);
  return b.generate(
      x.sizes, x.type, [&](ImplicitLocOpBuilder &inner, ValueRange indices) {
        SmallVector<Value> from;
        for (auto [index, size] : llvm::zip(indices, block))
          from.push_back(arith::DivUIOp::create(
              inner, index, arith::ConstantIndexOp::create(inner, size)));
        return arith::DivFOp::create(inner,
                                     extractElement(inner, source, indices),
                                     extractElement(inner, scales, from))
            .getResult();
      });
}

OnnxTensor ptq::quantize(OnnxBuilder &b, OnnxTensor &x,
                         QuantParameters &parameters, OnnxType storage) {
  // ptq.quantize multiplies by 1 / scale. Dividing first and then by 1 is
  // ONNX's rounding to the bit.
  QuantParameters own = parameters;
  OnnxTensor scaled = x;
  if (!arePowersOfTwo(own.scale)) {
    scaled = divide(b, x, own.scale, own.block);
    bool wasSingle = !own.zeroPoint;
    if (wasSingle) {
      own.block.assign(own.block.size(), 0);
      own.scale.sizes.assign(own.block.size(), b.constant(1));
    }
    own.scale.type = OnnxType::Float;
    TypedAttr one = b.getF32FloatAttr(1);
    auto type = b.getTensorType(own.scale.sizes, OnnxType::Float);
    own.scale =
        type.hasStaticShape()
            ? b.makeConstant(DenseElementsAttr::get(type, one), OnnxType::Float)
            : b.makeTensor(b.createFilled(own.scale.sizes, one),
                           OnnxType::Float, own.scale.sizes);
  }
  QuantType format = getFormat(b, storage, scaled.type, own);
  Value codes = QuantizeOp::create(
      b, RankedTensorType::get(getShape(x.sizes), format), b.getValue(scaled),
      b.getValue(own.scale), /*multiplier=*/nullptr,
      getZeroPointOperand(b, format, own));
  Value bytes = StorageCastOp::create(
      b, RankedTensorType::get(getShape(x.sizes), format.getByteStorageType()),
      codes);
  return b.makeTensor(bytes, storage, x.sizes);
}

static bool isStorage(OnnxType type) {
  return isInteger(type) && getBits(type) <= 16;
}

/// Runs `build` on a tensor that has a dimension: formats have a block in one.
static OnnxTensor
withDimension(OnnxBuilder &b, OnnxTensor &x,
              llvm::function_ref<OnnxTensor(OnnxTensor &)> build) {
  if (x.getRank() > 0)
    return build(x);
  OnnxTensor row = b.reshape(x, {b.constant(1)});
  OnnxTensor result = build(row);
  return b.reshape(result, {});
}

static LogicalResult buildQuantizeLinear(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor x = n.input(0);
  if (x.type != OnnxType::Int32 && failed(n.expectFloat(0)))
    return failure();
  if (x.type == OnnxType::Double)
    return n.fail("expects floats of up to 32 bits, but got double");
  OnnxType storage =
      n.hasInput(2) ? n.input(2).type : OnnxType(n.getInt("output_dtype", 2));
  if (!isStorage(storage))
    return n.fail("expects codes of int4 to uint16, but got " +
                  getOnnxTypeName(storage));
  if (x.type == OnnxType::Int32)
    x = b.castTo(x, OnnxType::Float);
  Sizes sizes = x.getRank() == 0 ? Sizes{b.constant(1)} : x.sizes;
  FailureOr<QuantParameters> parameters = getParameters(
      n, sizes, 1, 2, n.getInt("axis", 1), n.getInt("block_size", 0));
  if (failed(parameters))
    return failure();
  return n.set(withDimension(b, x, [&](OnnxTensor &row) {
    return quantize(b, row, *parameters, storage);
  }));
}

//===----------------------------------------------------------------------===//
// DequantizeLinear
//===----------------------------------------------------------------------===//

/// `(x - zp) * scale` of 32-bit integers, as biases are.
static LogicalResult dequantizeWide(OnnxNode &n, QuantParameters &parameters,
                                    ArrayRef<OpFoldResult> sizes) {
  OnnxBuilder &b = n.b;
  if (parameters.zeroPoint && getConstantZeroPoint(*parameters.zeroPoint) != 0)
    return n.fail("expects no zero point beside codes of int32");
  if (llvm::any_of(parameters.block, [](int64_t size) { return size > 1; }))
    return n.fail("expects codes of up to 16 bits in blocks, but got int32");
  OnnxTensor row = b.reshape(n.input(0), Sizes(sizes));
  OnnxTensor result = b.createElementwise(
      {&row, &parameters.scale}, row.sizes, parameters.scale.type,
      [](ImplicitLocOpBuilder &inner, ValueRange v) {
        Value wide = arith::SIToFPOp::create(inner, v[1].getType(), v[0]);
        return arith::MulFOp::create(inner, wide, v[1]).getResult();
      });
  return n.set(b.reshape(result, n.input(0).sizes));
}

static LogicalResult buildDequantizeLinear(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor &x = n.input(0);
  if (x.type != OnnxType::Int32 && !isStorage(x.type))
    return n.fail("expects codes of int4 to uint16 or int32, but got " +
                  getOnnxTypeName(x.type));
  if (n.hasInput(2) && failed(n.expectSameType(2, 0)))
    return failure();
  Sizes sizes = x.getRank() == 0 ? Sizes{b.constant(1)} : x.sizes;
  FailureOr<QuantParameters> parameters = getParameters(
      n, sizes, 1, 2, n.getInt("axis", 1), n.getInt("block_size", 0));
  if (failed(parameters))
    return failure();
  if (x.type == OnnxType::Int32)
    return dequantizeWide(n, *parameters, sizes);
  OnnxType type = parameters->scale.type;
  return n.set(withDimension(b, x, [&](OnnxTensor &row) {
    QuantType format = getFormat(b, row.type, type, *parameters);
    Value codes = StorageCastOp::create(
        b, RankedTensorType::get(getShape(row.sizes), format), b.getValue(row));
    Value result = DequantizeOp::create(
        b, b.getTensorType(row.sizes, type), codes,
        b.getValue(parameters->scale), /*multiplier=*/nullptr,
        getZeroPointOperand(b, format, *parameters));
    return b.makeTensor(result, type, row.sizes);
  }));
}

//===----------------------------------------------------------------------===//
// DynamicQuantizeLinear
//===----------------------------------------------------------------------===//

/// scale = (max(0, max x) - min(0, min x)) / 255, zp = rne(clamp(-min / scale))
/// and codes of uint8. All zeros have scale 0, zero point 0 and codes 0.
static LogicalResult buildDynamicQuantizeLinear(OnnxNode &n) {
  OnnxBuilder &b = n.b;
  OnnxTensor x = n.input(0);
  if (failed(n.expectType(0, {OnnxType::Float})))
    return failure();
  Sizes sizes = x.sizes;
  if (x.getRank() == 0)
    x = b.reshape(x, {b.constant(1)});
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, x.getRank()));
  OnnxTensor most = reduce(b, x, axes, Reduction::Max);
  OnnxTensor least = reduce(b, x, axes, Reduction::Min);
  Sizes ones = most.sizes;
  OnnxTensor scale =
      b.createElementwise({&most, &least}, ones, OnnxType::Float,
                          [](ImplicitLocOpBuilder &inner, ValueRange v) {
                            ScalarMath m(inner, OnnxType::Float);
                            Value zero = m.number(v[0], 0);
                            Value span =
                                m.sub(m.max(v[0], zero), m.min(v[1], zero));
                            return m.div(span, m.number(v[0], 255));
                          });
  OnnxTensor zeroPoint = b.createElementwise(
      {&least, &scale}, ones, OnnxType::UInt8,
      [](ImplicitLocOpBuilder &inner, ValueRange v) {
        ScalarMath m(inner, OnnxType::Float);
        Value zero = m.number(v[0], 0);
        Value ratio = m.div(m.sub(zero, m.min(v[0], zero)), v[1]);
        // maxnum: the NaN of 0 / 0 gives 0.
        Value low = arith::MaxNumFOp::create(inner, ratio, zero);
        Value clamped =
            arith::MinNumFOp::create(inner, low, m.number(low, 255));
        return castScalar(inner, m.call<math::RoundEvenOp>(clamped),
                          OnnxType::Float, OnnxType::UInt8);
      });
  QuantParameters parameters{SmallVector<int64_t>(x.getRank(), 0), scale,
                             zeroPoint};
  OnnxTensor codes = quantize(b, x, parameters, OnnxType::UInt8);
  if (failed(n.set(b.reshape(codes, sizes))))
    return failure();
  if (n.hasOutput(1) && failed(n.set(1, b.reshape(scale, {}))))
    return failure();
  return n.hasOutput(2) ? n.set(2, b.reshape(zeroPoint, {})) : success();
}

ArrayRef<OnnxOp> ptq::getQuantizationOps() {
  static constexpr OnnxOp ops[] = {
      {"DequantizeLinear", buildDequantizeLinear, 2, 3},
      {"DynamicQuantizeLinear", buildDynamicQuantizeLinear, 1, 1},
      {"QuantizeLinear", buildQuantizeLinear, 2, 3},
  };
  return ops;
}
