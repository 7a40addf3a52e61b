//===- PackedAttrs.cpp - Layouts of packed weights ------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Microkernel.h"
#include "ptq/IR/Packed.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace mlir::ptq;

#include "ptq/IR/PackedEnums.cpp.inc"

#include "ptq/IR/PackedAttrInterfaces.cpp.inc"

PackedAttr ptq::getPackedEncoding(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? dyn_cast_if_present<PackedAttr>(tensor.getEncoding())
                : PackedAttr();
}

bool ptq::isPacked(Type type) { return bool(getPackedEncoding(type)); }

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

LogicalResult
LayoutAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   int64_t columns, int64_t depth, int64_t bits,
                   bool centered) {
  if (columns < 4 || columns > 64 || !llvm::has_single_bit<uint64_t>(columns))
    return emitError() << "expects columns to be a power of two in [4, 64], "
                          "but got " // layout_c1
                       << columns;
  if (depth != 1 && depth != 2 && depth != 4 && depth != 8) // layout_c2
    return emitError() << "expects depth 1, 2, 4 or 8, but got " << depth;
  if (bits != 4 && bits != 8 && bits != 16 && bits != 32) // layout_c3
    return emitError() << "expects bits 4, 8, 16 or 32, but got " << bits;
  if (bits > 8 && depth != 1) // layout_c4
    return emitError() << "expects depth 1 for elements of " << bits
                       << " bits, but got " << depth;
  if (centered && bits != 8) // layout_c5
    return emitError() << "expects 8 bits for centered elements, but got "
                       << bits;
  return success();
}

int64_t ProductFormats::getWeightBits() const {
  if (QuantType format = getRhsFormat())
    return format.getStorageWidth() <= 4 ? 4 : 8;
  return rhs.getIntOrFloatBitWidth();
}

/// Why `#ptq.packed` does not hold elements of `type`; empty if it does.
static std::string getElementRefusal(Type type) {
  auto format = dyn_cast<QuantType>(type);
  if (!format)
    return isa<Float32Type, Float16Type, BFloat16Type>(type)
               ? ""
               : "weights are not of f32, f16, bf16 or quantized";
  if (format.getStorageWidth() > 8)
    return "weights are wider than 8 bits";
  if (format.hasZeroPointOperand())
    return "zero points of the weights are not constant";
  if (format.getRank() != 2 || format.getBlock().front() != 1)
    return "scales of the weights are not per output channel";
  if (format.hasMultiplier() && (format.getMultiplierBlock().front() != 1 ||
                                 format.getBlock().back() != 0))
    return "multipliers of the weights are not of groups of a channel";
  if (format.hasMultiplier() && format.getStorageWidth() > 4)
    return "weights with multipliers are wider than 4 bits";
  if (!isa<Float32Type, Float16Type, BFloat16Type>(format.getScaleType()))
    return "scales of the weights are not of f32, f16 or bf16";
  return "";
}

std::string ptq::getPackedRefusal(ProductFormats formats) {
  std::string refusal = getElementRefusal(formats.rhs);
  if (!refusal.empty())
    return refusal;
  QuantType lhs = formats.getLhsFormat();
  if (!lhs && isa<QuantType>(formats.rhs) &&
      formats.getRhsFormat().hasMultiplier())
    return "activations are floats, but weights have multipliers";
  if (!lhs)
    return formats.lhs.isF32() ? "" : "activations are not f32";
  if (!formats.getRhsFormat())
    return "activations are codes, but weights are not";
  if (!lhs.getIsSigned() || lhs.getStorageWidth() > 8 || !lhs.isSymmetric() ||
      lhs.hasMultiplier())
    return "activations are not signed and symmetric, of 8 bits or fewer";
  ArrayRef<int64_t> block = lhs.getBlock();
  if (block.back() != 0 ||
      llvm::any_of(block.drop_back(), [](int64_t b) { return b != 1; }))
    return "activations have other scales than one per row";
  if (formats.getRhsFormat().getIsSigned())
    return "weights are signed";
  return "";
}

std::string Microkernel::getRefusal(ProductFormats formats) const {
  std::string refusal = getPackedRefusal(formats);
  QuantType weights = formats.getRhsFormat();
  if (refusal.empty() && weights && weights.hasMultiplier() &&
      getExpansion(formats) == PanelExpansion::None)
    return "scales of the weights have two levels";
  return refusal;
}

ProductFormats ptq::getProductFormats(ProductFormats formats) {
  MLIRContext *context = formats.rhs.getContext();
  QuantType format = formats.getRhsFormat();
  auto zeroPoint = IntegerAttr::get(IntegerType::get(context, 64), 128);
  return {formats.lhs, QuantType::get(8, /*isSigned=*/false, 0, 255,
                                      format.getExpressedType(), {1, 0},
                                      format.getScaleType(), zeroPoint)};
}

LogicalResult
PackedAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   Type element, ArrayRef<int64_t> shape, LayoutAttr layout) {
  if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1) // packed_c1
    return emitError() << "expects two positive dimensions, but got [" << shape
                       << ']';
  std::string refusal = getElementRefusal(element);
  if (!refusal.empty()) // packed_c2
    return emitError() << "expects weights that can be packed, but " << refusal;
  int64_t bits = ProductFormats{Type(), element}.getWeightBits();
  if (bits != layout.getBits()) // packed_c3
    return emitError() << "expects a layout of " << bits << " bits for "
                       << element << ", but got " << layout.getBits();
  return success();
}

LogicalResult PackedAttr::verifyEncoding(
    ArrayRef<int64_t> shape, Type elementType,
    llvm::function_ref<InFlightDiagnostic()> emitError) const {
  RankedTensorType expected = getTensorType();
  if (shape == expected.getShape() && elementType.isInteger(8))
    return success();
  InFlightDiagnostic diag = emitError() // packed_c4
                            << "expects a tensor of " << expected.getDimSize(0)
                            << " x i8 for these packed weights, but got ";
  for (int64_t size : shape)
    diag << size << " x ";
  return diag << elementType;
}

/// Whether `bytes` is of rows of packed codes of `packed`.
static bool isBitStream(PackedAttr packed, RankedTensorType bytes) {
  QuantType format = packed.getFormat();
  return format && format.getStorageWidth() < 8 &&
         bytes.getShape() ==
             ArrayRef<int64_t>{
                 packed.getNumColumns(),
                 int64_t(llvm::divideCeil(
                     packed.getDepth() * format.getStorageWidth(), 8))};
}

bool PackOnLoadAttr::areBitsPacked() const {
  return getWeightsType().getShape() != getPacked().getShape();
}

LogicalResult
PackOnLoadAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                       PackedAttr packed, ExternalAttr,
                       RankedTensorType weightsType, ExternalAttr scales,
                       ExternalAttr multipliers) {
  QuantType format = packed.getFormat();
  if (bool(scales) != bool(format)) // pack_on_load_c1
    return emitError() << "expects scales exactly if the weights are quantized";
  if (bool(multipliers) != (format && format.hasMultiplier()))
    return emitError()
           << "expects multipliers exactly if the weights have some";
  Type stored = format ? format.getByteStorageType() : packed.getElement();
  bool isWhole = weightsType.getShape() == packed.getShape();
  if (weightsType.getElementType() == stored && // pack_on_load_c2
      (isWhole || isBitStream(packed, weightsType)))
    return success();
  return emitError() << "expects the weights of " << packed.getWeightType()
                     << ", but got " << weightsType;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

QuantType PackedAttr::getFormat() const {
  return dyn_cast<QuantType>(getElement());
}

int64_t PackedAttr::getNumPanels() const {
  return llvm::divideCeil(getNumColumns(), getLayout().getColumns());
}

int64_t PackedAttr::getGroupSize() const {
  QuantType format = getFormat();
  int64_t group = 0;
  if (format)
    group = format.hasMultiplier() ? format.getMultiplierBlock().back()
                                   : format.getBlock().back();
  return group == 0 ? getDepth() : std::min(group, getDepth());
}

int64_t PackedAttr::getNumGroups() const {
  return llvm::divideCeil(getDepth(), getGroupSize());
}

bool PackedAttr::hasMultipliers() const {
  return getFormat() && getFormat().hasMultiplier();
}

/// Bytes of a scale for each column.
static int64_t getBytesOfScales(PackedAttr packed) {
  QuantType format = packed.getFormat();
  return format ? packed.getLayout().getColumns() *
                      (format.getScaleType().getWidth() / 8)
                : 0;
}

int64_t PackedAttr::getHeaderBytes() const {
  return hasMultipliers() ? getBytesOfScales(*this) : 0;
}

int64_t PackedAttr::getScaleBytes() const {
  return hasMultipliers() ? getLayout().getColumns() : getBytesOfScales(*this);
}

int64_t PackedAttr::getStepBytes() const {
  LayoutAttr layout = getLayout();
  return layout.getColumns() * layout.getStepSize() * layout.getBits() / 8;
}

int64_t PackedAttr::getNumSteps(int64_t groupSize) const {
  return llvm::divideCeil(groupSize, getLayout().getStepSize());
}

int64_t PackedAttr::getGroupBytes(int64_t groupSize) const {
  return getScaleBytes() + getNumSteps(groupSize) * getStepBytes();
}

int64_t PackedAttr::getPanelBytes() const {
  int64_t tail = getTailSize();
  return getHeaderBytes() + getNumFullGroups() * getGroupBytes(getGroupSize()) +
         (tail ? getGroupBytes(tail) : 0);
}

int64_t PackedAttr::getNumBytes() const {
  return getNumPanels() * getPanelBytes();
}

int64_t PackedAttr::getStoredZeroPoint() const {
  QuantType format = getFormat();
  int64_t offset =
      format.getIsSigned() ? int64_t(1) << (format.getStorageWidth() - 1) : 0;
  if (getLayout().getCentered())
    offset -= 128;
  return format.getConstantZeroPoint() + offset;
}

RankedTensorType PackedAttr::getTensorType() const {
  Type i8 = IntegerType::get(getContext(), 8);
  return RankedTensorType::get({getNumBytes()}, i8, *this);
}

RankedTensorType PackedAttr::getWeightType() const {
  return RankedTensorType::get(getShape(), getElement());
}

RankedTensorType PackedAttr::getScaleType() const {
  QuantType format = getFormat();
  if (!format)
    return {};
  return RankedTensorType::get(format.getScaleShape(getShape()),
                               format.getScaleType());
}

RankedTensorType PackedAttr::getMultiplierType() const {
  if (!hasMultipliers())
    return {};
  return RankedTensorType::get(getFormat().getMultiplierShape(getShape()),
                               IntegerType::get(getContext(), 8));
}
