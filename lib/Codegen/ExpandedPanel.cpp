//===- ExpandedPanel.cpp - Panels of 4-bit codes, as they are or expanded -===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandedPanel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

ExpandedPanel::ExpandedPanel(KernelBuilder &b, const PackedKernelShape &shape,
                             bool usesSpans)
    : b(b), kernel(shape.getKernel()), formats(shape.getFormats()),
      packed(shape.packed),
      areProducts(kernel.getExpansion(formats) == PanelExpansion::Products),
      areSigned(kernel.expandsToSigned()), usesSpans(usesSpans),
      lanes(kernel.getNumLanes()),
      numRegisters(packed.getLayout().getColumns() / lanes),
      rowsOfSums(kernel.getRowsOfSums(formats)),
      registerBytes(lanes * packed.getLayout().getDepth()) {}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

PanelView ExpandedPanel::getPackedView(Value weights, Value firstByte) const {
  return {/*isExpanded=*/false,
          /*hasGroups=*/true,
          formats,
          weights,
          firstByte,
          packed.getGroupBytes(packed.getGroupSize()),
          packed.getScaleBytes(),
          packed.getStepBytes() / 2};
}

PanelView ExpandedPanel::getExpandedView() const {
  int64_t dotBytes = registerBytes * numRegisters;
  int64_t numberBytes = areProducts ? 0 : numRegisters * rowsOfSums * lanes * 4;
  return {/*isExpanded=*/true,
          /*hasGroups=*/!areProducts,
          areProducts ? getProductFormats(formats) : formats,
          memory,
          b.index(0),
          numberBytes + getDots(packed.getGroupSize()) * dotBytes,
          numberBytes,
          dotBytes};
}

int64_t ExpandedPanel::getNumBytes() const {
  PanelView view = getExpandedView();
  int64_t tail = packed.getTailSize();
  return packed.getNumFullGroups() * view.groupBytes +
         (tail ? view.numberBytes + getDots(tail) * view.dotBytes : 0);
}

void ExpandedPanel::allocate(Value isNeeded) {
  Value size = b.index(getNumBytes());
  if (isNeeded)
    size = arith::SelectOp::create(b, isNeeded, size, b.index(64));
  memory = memref::AllocOp::create(
      b, MemRefType::get({ShapedType::kDynamic}, b.getI8Type()),
      ValueRange{size}, b.getI64IntegerAttr(64));
}

void ExpandedPanel::release() { memref::DeallocOp::create(b, memory); }

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Register `index` of what starts at `offset`.
Value ExpandedPanel::load(Value memory, Value offset, int64_t index,
                          VectorType type) {
  int64_t size = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  Value bytes =
      vector::LoadOp::create(b, VectorType::get(size, b.getI8Type()), memory,
                             b.add(offset, b.index(index * size)));
  return bytes.getType() == type ? bytes
                                 : vector::BitCastOp::create(b, type, bytes);
}

void ExpandedPanel::store(Value value, Value offset, int64_t index) {
  auto type = cast<VectorType>(value.getType());
  int64_t size = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  auto bytes = VectorType::get(size, b.getI8Type());
  if (type != bytes)
    value = vector::BitCastOp::create(b, bytes, value);
  vector::StoreOp::create(b, value, memory,
                          b.add(offset, b.index(index * size)));
}

SmallVector<SmallVector<Value>> ExpandedPanel::loadCodes(const PanelView &view,
                                                         Value offset) {
  auto bytes = VectorType::get(registerBytes, b.getI8Type());
  SmallVector<SmallVector<Value>> codes(getDotsPerLoad(view));
  for (int64_t i = 0; i < numRegisters; ++i) {
    Value loaded = load(view.memory, offset, i, bytes);
    if (view.isExpanded) {
      codes.front().push_back(loaded);
      continue;
    }
    for (auto [part, value] :
         llvm::enumerate(kernel.expand(b, formats, loaded)))
      codes[part].push_back(value);
  }
  return codes;
}

/// The low half of each lane of i32, `count` times in i16.
Value ExpandedPanel::pairMultipliers(Value words, int64_t count) {
  auto pairs = VectorType::get(2 * lanes, b.getI16Type());
  Value halves = vector::BitCastOp::create(b, pairs, words);
  SmallVector<int64_t> repeated;
  for (int64_t lane = 0; lane < lanes; ++lane)
    repeated.append(count, 2 * lane);
  return b.shuffle(halves, halves, repeated);
}

SmallVector<Value> ExpandedPanel::loadNumbers(const PanelView &view,
                                              Value groupOffset) {
  auto words = VectorType::get(lanes, b.getI32Type());
  auto pairs = VectorType::get(2 * lanes, b.getI16Type());
  auto floats = VectorType::get(lanes, b.getF32Type());
  bool hasMultipliers = packed.hasMultipliers();
  SmallVector<Value> numbers;
  int64_t size = numRegisters * (view.isExpanded ? rowsOfSums : 1);
  for (int64_t i = 0; i < size; ++i) {
    if (view.isExpanded) {
      numbers.push_back(
          load(view.memory, groupOffset, i, hasMultipliers ? pairs : floats));
      continue;
    }
    if (!hasMultipliers) {
      auto type = VectorType::get(lanes, packed.getFormat().getScaleType());
      numbers.push_back(b.toF32(load(view.memory, groupOffset, i, type)));
      continue;
    }
    Value bytes = load(view.memory, groupOffset, i,
                       VectorType::get(lanes, b.getI8Type()));
    bool isSigned = packed.getFormat().getIsMultiplierSigned();
    Value word = isSigned ? Value(arith::ExtSIOp::create(b, words, bytes))
                          : Value(arith::ExtUIOp::create(b, words, bytes));
    numbers.push_back(usesSpans ? pairMultipliers(word, 2) : word);
  }
  return numbers;
}

SmallVector<Value> ExpandedPanel::loadColumnScales(Value weights,
                                                   Value offset) {
  auto type = VectorType::get(lanes, packed.getFormat().getScaleType());
  SmallVector<Value> scales;
  for (int64_t i = 0; i < numRegisters; ++i)
    scales.push_back(b.toF32(load(weights, offset, i, type)));
  return scales;
}

//===----------------------------------------------------------------------===//
// Expansion
//===----------------------------------------------------------------------===//

/// multiplier * (code - zp) + 128 of each byte. Two codes of a column in 16
/// bits, c0 + 256 * c1, are multiplied at once: with 0x8080 - 0x0101 * zp *
/// multiplier added, both bytes are in [0, 255], and none borrows from the
/// other.
static Value multiplyCodes(KernelBuilder &b, Value codes, Value pairs,
                           int64_t codeZeroPoint) {
  auto type = cast<VectorType>(pairs.getType());
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(
               type, b.getI16IntegerAttr(static_cast<int16_t>(value))));
  };
  Value centre =
      arith::MulIOp::create(b, pairs, constant(-0x0101 * codeZeroPoint));
  centre = arith::AddIOp::create(b, centre,
                                 constant(0x0101 * ExpandedPanel::zeroPoint));
  Value products = arith::MulIOp::create(
      b, vector::BitCastOp::create(b, type, codes), pairs);
  return vector::BitCastOp::create(b, codes.getType(),
                                   arith::AddIOp::create(b, products, centre));
}

/// `value` with each byte changed by `operation` with `byte`.
template <typename Operation>
static Value changeBytes(KernelBuilder &b, Value value, int64_t byte) {
  auto type = cast<VectorType>(value.getType());
  auto constant = b.getIntegerAttr(type.getElementType(), byte);
  return Operation::create(
      b, value,
      arith::ConstantOp::create(b, DenseElementsAttr::get(type, constant)));
}

/// The numbers of a group, then its codes.
void ExpandedPanel::expandGroup(const PanelView &from, Value group,
                                int64_t size) {
  PanelView to = getExpandedView();
  Value source = from.getGroupOffset(b, group);
  Value target = to.getGroupOffset(b, group);
  SmallVector<Value> numbers = loadNumbers(from, source);
  if (areProducts)
    for (Value &number : numbers)
      number = pairMultipliers(number, packed.getLayout().getDepth() / 2);
  else
    for (auto [i, number] :
         llvm::enumerate(spreadOverRows(b, numbers, rowsOfSums)))
      store(number, target, i);
  source = b.add(source, b.index(from.numberBytes));
  target = b.add(target, b.index(to.numberBytes));
  int64_t numSteps = packed.getNumSteps(size);
  b.forPieces(numSteps, 1, 0, {}, [&](Value step, int64_t, ValueRange) {
    Value codes = b.add(source, b.mul(step, 2 * from.dotBytes));
    Value place = b.add(target, b.mul(step, 2 * to.dotBytes));
    for (auto [part, registers] : llvm::enumerate(loadCodes(from, codes)))
      for (auto [i, value] : llvm::enumerate(registers)) {
        int64_t zeroPoint = packed.getStoredZeroPoint();
        if (areProducts)
          value = multiplyCodes(b, value, numbers[i], zeroPoint);
        if (areSigned && areProducts)
          value = changeBytes<arith::XOrIOp>(b, value, -128);
        else if (areSigned)
          value = changeBytes<arith::SubIOp>(b, value, zeroPoint);
        store(value, place, part * numRegisters + i);
      }
    return SmallVector<Value>();
  });
}

void ExpandedPanel::expand(const PanelView &packedView) {
  b.forPieces(packed.getNumFullGroups(), packed.getGroupSize(),
              packed.getTailSize(), {},
              [&](Value group, int64_t size, ValueRange) {
                expandGroup(packedView, group, size);
                return SmallVector<Value>();
              });
}
