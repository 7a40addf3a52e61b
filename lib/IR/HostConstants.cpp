//===- HostConstants.cpp - Constants as host tensors and back -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostConstants.h"

#include "ptq/IR/NarrowFloats.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

ArrayRef<int64_t> ptq::getShape(const HostValue &value) {
  return std::visit(
      [](const auto &tensor) { return ArrayRef<int64_t>(tensor.shape); },
      value);
}

static float widenPowerOfTwo(uint8_t bits) {
  if (bits == 0xff)
    return NAN;
  return std::ldexp(1.0f, int(bits) - 127);
}

static uint8_t narrowToPowerOfTwo(float value) {
  if (std::isnan(value))
    return 0xff;
  return std::ilogb(value) + 127;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

/// Reads `bytes` as numbers of type `Bits`, one for each element or one for
/// all.
template <typename Bits, typename T, typename Widen>
static FailureOr<HostValue> decode(ArrayRef<char> bytes,
                                   ArrayRef<int64_t> shape, Widen widen) {
  Tensor<T> tensor(shape);
  size_t numElements = tensor.values.size();
  bool isSplat = bytes.size() == sizeof(Bits) && numElements != 0;
  if (!isSplat && bytes.size() != numElements * sizeof(Bits))
    return failure();
  for (auto [index, value] : llvm::enumerate(tensor.values)) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + (isSplat ? 0 : index * sizeof(Bits)),
                sizeof(Bits));
    value = widen(bits);
  }
  return HostValue(std::move(tensor));
}

FailureOr<HostValue> ptq::decodeBytes(ArrayRef<char> bytes, ShapedType type) {
  ArrayRef<int64_t> shape = type.getShape();
  Type element = type.getElementType();
  auto same = [](auto value) { return value; };
  if (element.isF32())
    return decode<float, float>(bytes, shape, same);
  if (element.isF16())
    return decode<uint16_t, float>(bytes, shape, widenHalf);
  if (element.isBF16())
    return decode<uint16_t, float>(bytes, shape, widenBFloat16);
  if (isa<Float8E8M0FNUType>(element))
    return decode<uint8_t, float>(bytes, shape, widenPowerOfTwo);
  if (element.isInteger(8))
    return decode<int8_t, int64_t>(bytes, shape, same);
  if (element.isInteger(16))
    return decode<int16_t, int64_t>(bytes, shape, same);
  if (element.isInteger(32))
    return decode<int32_t, int64_t>(bytes, shape, same);
  if (element.isInteger(64) || element.isIndex())
    return decode<int64_t, int64_t>(bytes, shape, same);
  return failure();
}

FailureOr<HostValue> ptq::decodeConstant(ElementsAttr attribute) {
  if (!attribute.getShapedType().hasStaticShape())
    return failure();
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute))
    return decodeBytes(dense.getRawData(), dense.getType());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return decodeBytes(blob->getData(), resource.getType());
  return failure();
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

template <typename Bits, typename T, typename Narrow>
static DenseElementsAttr encode(const Tensor<T> &tensor, Type elementType,
                                Narrow narrow) {
  std::vector<char> bytes(tensor.values.size() * sizeof(Bits));
  for (auto [index, value] : llvm::enumerate(tensor.values)) {
    Bits bits = narrow(value);
    std::memcpy(bytes.data() + index * sizeof(Bits), &bits, sizeof(Bits));
  }
  auto type = RankedTensorType::get(tensor.shape, elementType);
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

static DenseElementsAttr encodeFloats(const FloatTensor &tensor,
                                      Type elementType) {
  if (elementType.isF16())
    return encode<uint16_t>(tensor, elementType, narrowToHalf);
  if (elementType.isBF16())
    return encode<uint16_t>(tensor, elementType, narrowToBFloat16);
  if (isa<Float8E8M0FNUType>(elementType))
    return encode<uint8_t>(tensor, elementType, narrowToPowerOfTwo);
  return encode<float>(tensor, elementType, [](float value) { return value; });
}

DenseElementsAttr ptq::encodeConstant(const HostValue &value,
                                      Type elementType) {
  if (const auto *floats = std::get_if<FloatTensor>(&value))
    return encodeFloats(*floats, elementType);
  auto encodeIntegers = [&](const auto &tensor) {
    auto same = [](auto integer) { return integer; };
    switch (elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth()) {
    case 8:
      return encode<int8_t>(tensor, elementType, same);
    case 16:
      return encode<int16_t>(tensor, elementType, same);
    case 32:
      return encode<int32_t>(tensor, elementType, same);
    default:
      return encode<int64_t>(tensor, elementType, same);
    }
  };
  if (const auto *integers = std::get_if<Tensor<int64_t>>(&value))
    return encodeIntegers(*integers);
  return encodeIntegers(std::get<IntegerTensor>(value));
}
