//===- PackedIntegerKernel.cpp - Codes times packed codes -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackedIntegerKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

/// What dot() multiplies in tiles of many rows.
static ProductFormats getDotFormats(const PackedKernelShape &shape) {
  ProductFormats formats = shape.getFormats();
  return shape.getKernel().getExpansion(formats) == PanelExpansion::Products
             ? getProductFormats(formats)
             : formats;
}

PackedIntegerKernel::PackedIntegerKernel(func::FuncOp function,
                                         const PackedKernelShape &shape)
    : PackedKernelBuilder(function, shape),
      expansion(kernel.getExpansion(formats)),
      prepared(b, shape, getDotFormats(shape)),
      expanded(b, shape, /*usesSpans=*/false), codes(function.getArgument(0)),
      scale(function.getArgument(1)),
      hasGroups(packed.getFormat().getBlock().back() != 0),
      depth(packed.getLayout().getDepth()),
      dotsPerStep(packed.getLayout().getStepSize() / depth),
      rowsOfSums(kernel.getRowsOfSums(formats)),
      registersOfSums(numRegisters * rowsOfSums) {
  if (shape.hasSums() && expansion != PanelExpansion::Products)
    sums = function.getArgument(2);
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

PanelView PackedIntegerKernel::getPackedView() {
  return {/*isExpanded=*/false,
          /*hasGroups=*/true,
          formats,
          weights,
          Value(),
          packed.getGroupBytes(packed.getGroupSize()),
          packed.getScaleBytes(),
          packed.getStepBytes() / dotsPerStep};
}

SmallVector<Value> PackedIntegerKernel::loadScalesOfSums(const PanelView &view,
                                                         Value offset) {
  if (!view.hasGroups)
    return spreadOverRows(b, expanded.loadColumnScales(weights, firstByte),
                          rowsOfSums);
  if (view.isExpanded)
    return expanded.loadNumbers(view, offset);
  return spreadOverRows(b, loadScales(offset), rowsOfSums);
}

SmallVector<Value> PackedIntegerKernel::separateRows(ArrayRef<Value> sums,
                                                     int64_t numRows) {
  if (rowsOfSums == 1)
    return SmallVector<Value>(sums);
  SmallVector<Value> rows;
  int64_t half = lanes / 2;
  for (int64_t r = 0; r < numRows; ++r)
    for (int64_t i = 0; i < numRegisters; ++i) {
      int64_t first = r / 2 * registersOfSums + 2 * i;
      SmallVector<int64_t> mask;
      for (int64_t lane = 0; lane < lanes; ++lane)
        mask.push_back(lane % half + r % 2 * half + lane / half * lanes);
      rows.push_back(b.shuffle(sums[first], sums[first + 1], mask));
    }
  return rows;
}

SmallVector<Value> PackedIntegerKernel::addToTotals(ArrayRef<Value> dots,
                                                    ArrayRef<Value> scales,
                                                    ValueRange carried,
                                                    int64_t numRows) {
  SmallVector<Value> next;
  auto type = VectorType::get(lanes, b.getF32Type());
  for (auto [index, dot] : llvm::enumerate(dots)) {
    Value value = prepared.toF32(dot);
    Value factor = scales[index % registersOfSums];
    Value place = b.index(index * lanes);
    if (!areTotalsInMemory(numRows)) {
      next.push_back(math::FmaOp::create(b, value, factor, carried[index]));
      continue;
    }
    Value total = vector::LoadOp::create(b, type, totals, place);
    vector::StoreOp::create(b, math::FmaOp::create(b, value, factor, total),
                            totals, place);
  }
  return next;
}

/// y = (f32(d) * sw) * sa, or acc = fma(f32(d), sw, acc) over groups and y =
/// acc * sa: both without sa.
SmallVector<Value> PackedIntegerKernel::emitSums(const PanelView &view,
                                                 Value row, int64_t numRows) {
  int64_t numSums = getNumRowGroups(numRows) * registersOfSums;
  auto emit = [&](Value group, Value offset, int64_t numSteps,
                  ValueRange carried) {
    Value first = b.add(offset, b.index(view.numberBytes));
    SmallVector<Value> dots =
        emitGroup(view, row, numRows, group, numSteps, first);
    SmallVector<Value> scales = loadScalesOfSums(view, offset);
    if (hasGroups)
      return addToTotals(dots, scales, carried, numRows);
    for (auto [index, dot] : llvm::enumerate(dots))
      dot = arith::MulFOp::create(b, prepared.toF32(dot),
                                  scales[index % registersOfSums]);
    return dots;
  };
  if (!view.hasGroups) {
    int64_t numSteps =
        packed.getNumFullGroups() * getNumSteps(view, packed.getGroupSize()) +
        getNumSteps(view, packed.getTailSize());
    return emit(b.index(0), view.firstByte, numSteps, {});
  }
  SmallVector<Value> zeros(numSums, b.zeros(lanes, b.getF32Type()));
  bool isInMemory = areTotalsInMemory(numRows);
  if (isInMemory)
    for (auto [index, zero] : llvm::enumerate(zeros))
      vector::StoreOp::create(b, zero, totals, b.index(index * lanes));
  SmallVector<Value> tile =
      forGroups(hasGroups && !isInMemory ? ValueRange(zeros) : ValueRange(),
                [&](Value group, int64_t size, ValueRange carried) {
                  Value offset = view.isExpanded ? view.getGroupOffset(b, group)
                                                 : getGroupOffset(group);
                  return emit(group, offset, getNumSteps(view, size), carried);
                });
  auto type = VectorType::get(lanes, b.getF32Type());
  if (isInMemory)
    for (int64_t i = 0; i < numSums; ++i)
      tile.push_back(
          vector::LoadOp::create(b, type, totals, b.index(i * lanes)));
  return tile;
}

void PackedIntegerKernel::emitTile(const PanelView &view, Value row,
                                   int64_t numRows) {
  SmallVector<Value> tile = separateRows(emitSums(view, row, numRows), numRows);
  for (auto [index, value] : llvm::enumerate(tile)) {
    Value factor = memref::LoadOp::create(
        b, scale,
        ValueRange{b.add(row, b.index(index / numRegisters)), b.index(0)});
    value = arith::MulFOp::create(b, value, b.splat(b.toF32(factor), lanes));
  }
  storeTile(row, numRows, tile);
}

//===----------------------------------------------------------------------===//
// Expanded panels
//===----------------------------------------------------------------------===//

void PackedIntegerKernel::allocateTile(int64_t numRows) {
  auto allocate = [&](int64_t numRegisters, Type element) -> Value {
    return memref::AllocaOp::create(
        b, MemRefType::get({numRegisters * lanes}, element),
        b.getI64IntegerAttr(64));
  };
  int64_t size = getNumRowGroups(numRows) * registersOfSums;
  if (areTotalsInMemory(numRows))
    totals = allocate(size, b.getF32Type());
  if (prepared.getBias() == 0)
    return;
  size += packed.getNumGroups() - 1;
  biases = allocate(size, b.getI32Type());
  auto type = VectorType::get(lanes, b.getI32Type());
  Value bias = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, b.getI32IntegerAttr(prepared.getBias())));
  b.forLoop(b.index(0), b.index(size * lanes), lanes, [&](Value place) {
    vector::StoreOp::create(b, bias, biases, place);
  });
}

void PackedIntegerKernel::emitExpanded() {
  // Products are expanded for few rows, too.
  int64_t tileRows = expanded.getNumRows();
  int64_t fewRows = expansion == PanelExpansion::Codes ? tileRows : 0;
  Value isExpanded;
  if (fewRows)
    isExpanded = arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, numRows,
                                       b.index(fewRows));
  auto emitRows = [&] {
    expanded.expand(
        expanded.getPackedView(weights, getGroupOffset(b.index(0))));
    PanelView view = expanded.getExpandedView();
    forRows(tileRows,
            [&](Value row, int64_t count) { emitTile(view, row, count); });
  };
  auto emitPanel = [&] {
    if (!isExpanded)
      return emitRows();
    auto branch = scf::IfOp::create(b, isExpanded, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    emitRows();
    b.setInsertionPointToStart(branch.elseBlock());
    PanelView view = getPackedView();
    forFewRows(b.index(0), numRows, fewRows,
               [&](Value row, int64_t count) { emitTile(view, row, count); });
  };
  forPanels(
      emitPanel,
      [&] {
        expanded.allocate(isExpanded);
        allocateTile(tileRows);
      },
      [&] { expanded.release(); });
}

void PackedIntegerKernel::emit() {
  prepared.prepare(codes, sums, numRows);
  if (expansion != PanelExpansion::None)
    emitExpanded();
  else
    forTiles([&](Value row, int64_t count) {
      emitTile(getPackedView(), row, count);
    });
  prepared.release();
  func::ReturnOp::create(b);
}

void ptq::emitPackedIntegerKernel(func::FuncOp function,
                                  const PackedKernelShape &shape) {
  PackedIntegerKernel(function, shape).emit();
}
