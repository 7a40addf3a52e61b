//===- UniformTypes.cpp - !quant.uniform as a format and numbers ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "UniformTypes.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// From the quant dialect
//===----------------------------------------------------------------------===//

namespace {

/// Scales, zero points and blocks as the quant dialect has them.
struct RawNumbers {
  SmallVector<int64_t> block, shape;
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
};

} // namespace

static RawNumbers readPerTensor(quant::UniformQuantizedType type,
                                int64_t rank) {
  RawNumbers raw;
  raw.block.assign(rank, 0);
  raw.shape.assign(rank, 1);
  raw.scales = {type.getScale()};
  raw.zeroPoints = {type.getZeroPoint()};
  return raw;
}

static RawNumbers readPerAxis(quant::UniformQuantizedPerAxisType type,
                              int64_t rank) {
  RawNumbers raw;
  raw.block.assign(rank, 0);
  raw.shape.assign(rank, 1);
  raw.block[type.getQuantizedDimension()] = 1;
  raw.shape[type.getQuantizedDimension()] = type.getScales().size();
  llvm::append_range(raw.scales, type.getScales());
  llvm::append_range(raw.zeroPoints, type.getZeroPoints());
  return raw;
}

static RawNumbers readSubChannel(quant::UniformQuantizedSubChannelType type,
                                 int64_t rank) {
  RawNumbers raw;
  raw.block.assign(rank, 0);
  for (auto [dim, size] :
       llvm::zip_equal(type.getQuantizedDimensions(), type.getBlockSizes()))
    raw.block[dim] = size;
  llvm::append_range(raw.shape, type.getScales().getType().getShape());
  for (const APFloat &scale : type.getScales().getValues<APFloat>())
    raw.scales.push_back(scale.convertToDouble());
  for (const APInt &zeroPoint : type.getZeroPoints().getValues<APInt>())
    raw.zeroPoints.push_back(type.isSigned() ? zeroPoint.getSExtValue()
                                             : zeroPoint.getZExtValue());
  return raw;
}

/// Why the dimensions that `type` names are none of a tensor of this rank;
/// empty if they are.
static std::string refuseDimensions(quant::QuantizedType type, int64_t rank) {
  SmallVector<int64_t> dims;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    dims.push_back(perAxis.getQuantizedDimension());
  auto subChannel = dyn_cast<quant::UniformQuantizedSubChannelType>(type);
  if (subChannel)
    llvm::append_range(dims, subChannel.getQuantizedDimensions());
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (rank == 0)
    os << "expects a tensor of rank 1 or more";
  for (int64_t dim : dims)
    if (dim < 0 || dim >= rank) {
      os << "expects a quantized dimension below " << rank << ", but got "
         << dim;
      return reason;
    }
  if (subChannel && subChannel.getScales().getType().getRank() != rank)
    os << "expects scales of rank " << rank << ", but got "
       << subChannel.getScales().getType().getRank();
  return reason;
}

/// The scales in f32; fails with a reason if one is no normal number there.
static LogicalResult roundScales(ArrayRef<double> scales,
                                 SmallVectorImpl<float> &rounded,
                                 std::string &reason) {
  for (double scale : scales) {
    auto value = static_cast<float>(scale);
    if (!std::isnormal(value)) {
      llvm::raw_string_ostream(reason)
          << "expects scales that are normal numbers of f32, but got " << scale;
      return failure();
    }
    rounded.push_back(value);
  }
  return success();
}

/// Why no format has what `type` says of its elements; empty if one has.
static std::string refuseStorage(quant::QuantizedType type,
                                 ArrayRef<int64_t> zeroPoints) {
  std::string reason;
  llvm::raw_string_ostream os(reason);
  unsigned width = type.getStorageTypeIntegralWidth();
  Type expressed = type.getExpressedType();
  int64_t min = type.getStorageTypeMin(), max = type.getStorageTypeMax();
  if (width < 2 || width > 16) {
    os << "expects storage of 2 to 16 bits, but got " << width;
    return reason;
  }
  if (!isa_and_present<Float32Type, Float16Type, BFloat16Type>(expressed)) {
    os << "expects expressed type f32, f16 or bf16, but got " << expressed;
    return reason;
  }
  for (int64_t zeroPoint : zeroPoints)
    if (zeroPoint < min || zeroPoint > max) {
      os << "expects zero points in [" << min << ", " << max << "], but got "
         << zeroPoint;
      break;
    }
  return reason;
}

/// The format, with a constant zero point if they are all equal.
static QuantType makeFormat(quant::QuantizedType type, const RawNumbers &raw) {
  MLIRContext *context = type.getContext();
  unsigned width = type.getStorageTypeIntegralWidth();
  Attribute zeroPoint;
  if (!llvm::all_equal(raw.zeroPoints))
    zeroPoint = TypeAttr::get(IntegerType::get(context, width <= 8 ? 8 : 16));
  else if (raw.zeroPoints.front() != 0)
    zeroPoint =
        IntegerAttr::get(IntegerType::get(context, 64), raw.zeroPoints.front());
  return QuantType::get(width, type.isSigned(), type.getStorageTypeMin(),
                        type.getStorageTypeMax(),
                        cast<FloatType>(type.getExpressedType()), raw.block,
                        Float32Type::get(context), zeroPoint);
}

FailureOr<UniformNumbers> ptq::takeApart(quant::QuantizedType type,
                                         int64_t rank, std::string &reason) {
  reason = refuseDimensions(type, rank);
  if (!reason.empty())
    return failure();
  std::optional<RawNumbers> raw =
      llvm::TypeSwitch<quant::QuantizedType, std::optional<RawNumbers>>(type)
          .Case([&](quant::UniformQuantizedType type) {
            return readPerTensor(type, rank);
          })
          .Case([&](quant::UniformQuantizedPerAxisType type) {
            return readPerAxis(type, rank);
          })
          .Case([&](quant::UniformQuantizedSubChannelType type) {
            return readSubChannel(type, rank);
          })
          .Default([](Type) { return std::nullopt; });
  if (!raw) {
    llvm::raw_string_ostream(reason)
        << "expects !quant.uniform, but got " << type;
    return failure();
  }
  UniformNumbers numbers;
  reason = refuseStorage(type, raw->zeroPoints);
  if (!reason.empty() ||
      failed(roundScales(raw->scales, numbers.scales, reason)))
    return failure();
  numbers.format = makeFormat(type, *raw);
  numbers.shape = raw->shape;
  if (numbers.format.hasZeroPointOperand())
    numbers.zeroPoints = raw->zeroPoints;
  return numbers;
}

//===----------------------------------------------------------------------===//
// To the quant dialect
//===----------------------------------------------------------------------===//

/// Why numbers of this format cannot be in a type; empty if they can.
static std::string refuseFormat(const UniformNumbers &numbers,
                                ArrayRef<int64_t> shape) {
  QuantType format = numbers.format;
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (format.hasMultiplier()) {
    os << "expects one level of scales, but got " << format;
    return reason;
  }
  for (float scale : numbers.scales)
    if (!std::isnormal(scale) || scale < 0) {
      os << "expects positive normal scales, but got " << scale;
      return reason;
    }
  for (auto [dim, size, block, scales] : llvm::enumerate(
           shape, format.getBlock(), ArrayRef<int64_t>(numbers.shape))) {
    if (block == 0)
      continue;
    if (ShapedType::isDynamic(size) ? block > 1 : size != block * scales) {
      os << "expects whole blocks of " << block << " along dimension " << dim
         << ", but got ";
      if (ShapedType::isDynamic(size))
        os << "a dynamic size";
      else
        os << size;
      return reason;
    }
  }
  return reason;
}

FailureOr<quant::QuantizedType> ptq::putTogether(const UniformNumbers &numbers,
                                                 ArrayRef<int64_t> shape,
                                                 std::string &reason) {
  reason = refuseFormat(numbers, shape);
  if (!reason.empty())
    return failure();
  QuantType format = numbers.format;
  Type storage =
      IntegerType::get(format.getContext(), format.getStorageWidth());
  unsigned flags = format.getIsSigned() ? quant::QuantizationFlags::Signed : 0u;
  FloatType expressed = format.getExpressedType();
  int64_t min = format.getStorageMin(), max = format.getStorageMax();
  SmallVector<double> scales(numbers.scales.begin(), numbers.scales.end());
  SmallVector<int64_t> zeroPoints = numbers.zeroPoints;
  if (zeroPoints.empty())
    zeroPoints.assign(scales.size(), format.getConstantZeroPoint());

  SmallVector<int32_t> dims;
  SmallVector<int64_t> sizes;
  for (auto [dim, size] : llvm::enumerate(format.getBlock()))
    if (size != 0) {
      dims.push_back(dim);
      sizes.push_back(size);
    }
  if (dims.empty())
    return quant::QuantizedType(quant::UniformQuantizedType::get(
        flags, storage, expressed, scales[0], zeroPoints[0], min, max));
  if (dims.size() == 1 && sizes[0] == 1)
    return quant::QuantizedType(quant::UniformQuantizedPerAxisType::get(
        flags, storage, expressed, scales, zeroPoints, dims[0], min, max));
  auto scaleType = RankedTensorType::get(numbers.shape, expressed);
  SmallVector<APFloat> scaleValues;
  for (float scale : numbers.scales) {
    bool losesInfo;
    APFloat value(scale);
    value.convert(expressed.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    if (losesInfo) {
      llvm::raw_string_ostream(reason)
          << "expects scales of blocks that " << expressed
          << " holds exactly, but got " << scale;
      return failure();
    }
    scaleValues.push_back(value);
  }
  SmallVector<APInt> zeroPointValues;
  for (int64_t zeroPoint : zeroPoints)
    zeroPointValues.push_back(APInt(format.getStorageWidth(), zeroPoint,
                                    /*isSigned=*/true,
                                    /*implicitTrunc=*/true));
  return quant::QuantizedType(quant::UniformQuantizedSubChannelType::get(
      flags, storage, expressed, DenseElementsAttr::get(scaleType, scaleValues),
      DenseElementsAttr::get(scaleType.clone(storage), zeroPointValues), dims,
      sizes, min, max));
}
