//===- PackedExpandedKernel.cpp - Panels expanded once for many rows ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Codes of 4 bits times codes. Up to the rows of one tile, a panel is expanded
// as it is read. For more rows it is expanded to memory once, which stays in
// the cache, and all rows are multiplied with that: by codes of one per byte,
// or by products of codes and multipliers, for which all of K is one sum.
//
//===----------------------------------------------------------------------===//

#include "ExpandedPanel.h"
#include "ExpandedRows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Dot products whose code is unrolled, of one row. Of more rows as few as are
/// read together, see PackedIntegerKernel.cpp; in spans, which take two
/// instructions each and leave registers free, two.
constexpr int64_t kUnrolledDots = 8;
constexpr int64_t kUnrolledDotsOfSpan = 2;

class PackedExpandedKernel : PackedKernelBuilder {
public:
  PackedExpandedKernel(func::FuncOp function, const PackedKernelShape &shape);
  void emit();

private:
  /// A tile of rows, and the panel it is multiplied with.
  struct Tile {
    const PanelView &view;
    Value row;
    int64_t numRows;
    bool isInMemory; // its totals
  };
  /// Where the codes of a group, or of a part of it, start.
  struct Place {
    Value weights, activations;
  };

  void emitTile(const PanelView &view, Value row, int64_t numRows);
  /// Sums over all of K: i32 with multipliers, else f32.
  SmallVector<Value> emitTotals(const Tile &tile);
  /// Adds a group to totals.
  SmallVector<Value> emitGroup(const Tile &tile, Value group, int64_t size,
                               ValueRange totals);
  /// Dot products of a group, span by span: `endSpan` makes of a sum in i16 and
  /// of what is carried the next carried value.
  SmallVector<Value>
  emitSpans(const Tile &tile, Value group, int64_t size, const Place &place,
            ValueRange inits,
            llvm::function_ref<Value(int64_t, Value, ValueRange)> endSpan);
  /// `numDots` dot products for each row and register, from `inits`.
  SmallVector<Value> emitDots(const Tile &tile, const Place &place,
                              int64_t numDots, ValueRange inits);
  Place advance(const Tile &tile, const Place &place, Value numDots);
  /// `update` of total `index`, which is in `totals` or in memory.
  void updateTotal(const Tile &tile, int64_t index, ValueRange totals,
                   SmallVectorImpl<Value> &next,
                   llvm::function_ref<Value(Value)> update);
  Type getTotalType() {
    return packed.hasMultipliers() ? Type(b.getI32Type())
                                   : Type(b.getF32Type());
  }

  ExpandedRows rows;
  ExpandedPanel expanded;
  Value scale;
};

} // namespace

PackedExpandedKernel::PackedExpandedKernel(func::FuncOp function,
                                           const PackedKernelShape &shape)
    : PackedKernelBuilder(function, shape), rows(b, shape),
      expanded(b, shape, rows.areSpans()), scale(function.getArgument(1)) {
  Value sums = shape.hasSums() ? function.getArgument(2) : BlockArgument();
  rows.prepare(function.getArgument(0), sums, numRows);
}

//===----------------------------------------------------------------------===//
// Dot products
//===----------------------------------------------------------------------===//

PackedExpandedKernel::Place PackedExpandedKernel::advance(const Tile &tile,
                                                          const Place &place,
                                                          Value numDots) {
  return {b.add(place.weights, b.mul(numDots, tile.view.dotBytes)),
          rows.advance(place.activations, numDots)};
}

SmallVector<Value> PackedExpandedKernel::emitDots(const Tile &tile,
                                                  const Place &place,
                                                  int64_t numDots,
                                                  ValueRange inits) {
  int64_t together = ExpandedPanel::getDotsPerLoad(tile.view);
  int64_t unrolled = together;
  if (tile.numRows == 1)
    unrolled = kUnrolledDots;
  else if (rows.areSpans())
    unrolled = kUnrolledDotsOfSpan;
  return b.forPieces(
      numDots / unrolled, unrolled, numDots % unrolled, inits,
      [&](Value index, int64_t count, ValueRange carried) {
        Place first = advance(tile, place, b.mul(index, unrolled));
        if (tile.numRows == 1 && !tile.view.isExpanded)
          prefetch(first.weights, count * tile.view.dotBytes);
        SmallVector<Value> sums(carried);
        for (int64_t dot = 0; dot < count; dot += together) {
          Value offset =
              b.add(first.weights, b.index(dot * tile.view.dotBytes));
          for (auto [part, codes] :
               llvm::enumerate(expanded.loadCodes(tile.view, offset)))
            for (int64_t r = 0; r < tile.numRows; ++r) {
              Value word = rows.load(first.activations, r, dot + part);
              for (int64_t i = 0; i < numRegisters; ++i) {
                Value &sum = sums[r * numRegisters + i];
                sum = kernel.dot(b, tile.view.formats, sum, codes[i], word);
              }
            }
        }
        return sums;
      });
}

SmallVector<Value> PackedExpandedKernel::emitSpans(
    const Tile &tile, Value group, int64_t size, const Place &place,
    ValueRange inits,
    llvm::function_ref<Value(int64_t, Value, ValueRange)> endSpan) {
  int64_t numDots = rows.getNumDots(size), span = ExpandedRows::dotsOfSpan;
  return b.forPieces(
      numDots / span, span, numDots % span, inits,
      [&](Value index, int64_t count, ValueRange carried) {
        SmallVector<Value> sums, next;
        for (Value init : rows.getSpanInits(tile.row, tile.numRows,
                                            rows.getSpan(group, index)))
          sums.append(numRegisters, init);
        sums = emitDots(tile, advance(tile, place, b.mul(index, span)), count,
                        sums);
        for (auto [i, sum] : llvm::enumerate(sums))
          if (Value value = endSpan(i, sum, carried))
            next.push_back(value);
        return next;
      });
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

void PackedExpandedKernel::updateTotal(
    const Tile &tile, int64_t index, ValueRange totals,
    SmallVectorImpl<Value> &next, llvm::function_ref<Value(Value)> update) {
  if (!tile.isInMemory) {
    next.push_back(update(totals[index]));
    return;
  }
  Value place = b.index(index * lanes);
  Value total = vector::LoadOp::create(
      b, VectorType::get(lanes, getTotalType()), this->totals, place);
  vector::StoreOp::create(b, update(total), this->totals, place);
}

SmallVector<Value> PackedExpandedKernel::emitGroup(const Tile &tile,
                                                   Value group, int64_t size,
                                                   ValueRange totals) {
  const PanelView &view = tile.view;
  int64_t numValues = tile.numRows * numRegisters;
  Value offset = view.getGroupOffset(b, group);
  Place place{b.add(offset, b.index(view.numberBytes)),
              rows.getPosition(tile.row, group)};
  SmallVector<Value> numbers = expanded.loadNumbers(view, offset);

  // Spans times multipliers are added to the totals as they are.
  if (rows.areSpans() && packed.hasMultipliers())
    return emitSpans(tile, group, size, place, totals,
                     [&](int64_t i, Value span, ValueRange carried) {
                       SmallVector<Value> next;
                       updateTotal(tile, i, carried, next, [&](Value total) {
                         return kernel.endMultipliedSpan(
                             b, formats, total, span,
                             numbers[i % numRegisters]);
                       });
                       return next.empty() ? Value() : next.front();
                     });

  SmallVector<Value> dots, next;
  if (rows.areSpans()) {
    SmallVector<Value> zeros(numValues, b.zeros(lanes, b.getI32Type()));
    dots = emitSpans(tile, group, size, place, zeros,
                     [&](int64_t i, Value span, ValueRange carried) {
                       return kernel.endSpan(b, formats, carried[i], span);
                     });
  } else {
    SmallVector<Value> inits;
    for (Value init : rows.getGroupInits(tile.row, tile.numRows, group))
      inits.append(numRegisters, init);
    dots = emitDots(tile, place, rows.getNumDots(size), inits);
  }
  auto floats = VectorType::get(lanes, b.getF32Type());
  for (int64_t i = 0; i < numValues; ++i) {
    Value dot = dots[i], number = numbers[i % numRegisters];
    updateTotal(tile, i, totals, next, [&](Value total) -> Value {
      if (packed.hasMultipliers())
        return b.add(total, arith::MulIOp::create(b, dot, number));
      Value value = arith::SIToFPOp::create(b, floats, dot);
      return math::FmaOp::create(b, value, number, total);
    });
  }
  return next;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

SmallVector<Value> PackedExpandedKernel::emitTotals(const Tile &tile) {
  if (!tile.view.hasGroups) {
    SmallVector<Value> inits;
    for (Value init : rows.getProductInits(tile.row, tile.numRows))
      inits.append(numRegisters, init);
    Place place{tile.view.firstByte, rows.getPosition(tile.row, b.index(0))};
    return emitDots(tile, place, rows.getNumDotsOfRow(), inits);
  }
  int64_t size = tile.numRows * numRegisters;
  auto type = VectorType::get(lanes, getTotalType());
  SmallVector<Value> inits(size, b.zeros(lanes, getTotalType()));
  if (tile.isInMemory) {
    for (auto [i, zero] : llvm::enumerate(inits))
      vector::StoreOp::create(b, zero, totals, b.index(i * lanes));
    inits.clear();
  }
  SmallVector<Value> sums =
      forGroups(inits, [&](Value group, int64_t size, ValueRange carried) {
        return emitGroup(tile, group, size, carried);
      });
  if (tile.isInMemory)
    for (int64_t i = 0; i < size; ++i)
      sums.push_back(
          vector::LoadOp::create(b, type, totals, b.index(i * lanes)));
  return sums;
}

/// y = (f32(d) * sw) * sa with multipliers, or acc * sa.
void PackedExpandedKernel::emitTile(const PanelView &view, Value row,
                                    int64_t numRows) {
  Tile tile{view, row, numRows,
            view.hasGroups && kernel.keepsTotalsInMemory(formats, numRows)};
  SmallVector<Value> sums = emitTotals(tile);
  SmallVector<Value> scales;
  if (packed.hasMultipliers())
    scales = expanded.loadColumnScales(weights, firstByte);
  auto floats = VectorType::get(lanes, b.getF32Type());
  for (auto [index, sum] : llvm::enumerate(sums)) {
    if (packed.hasMultipliers())
      sum = arith::MulFOp::create(b, arith::SIToFPOp::create(b, floats, sum),
                                  scales[index % numRegisters]);
    Value factor = memref::LoadOp::create(
        b, scale,
        ValueRange{b.add(row, b.index(index / numRegisters)), b.index(0)});
    sum = arith::MulFOp::create(b, sum, b.splat(b.toF32(factor), lanes));
  }
  storeTile(row, numRows, sums);
}

void PackedExpandedKernel::emit() {
  int64_t fewRows = kernel.getNumRows(formats);
  int64_t tileRows = expanded.getNumRows();
  Value isExpanded = arith::CmpIOp::create(b, arith::CmpIPredicate::ugt,
                                           numRows, b.index(fewRows));
  auto emitPanel = [&] {
    PanelView packedView =
        expanded.getPackedView(weights, getGroupOffset(b.index(0)));
    auto branch = scf::IfOp::create(b, isExpanded, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    expanded.expand(packedView);
    PanelView view = expanded.getExpandedView();
    forRows(tileRows,
            [&](Value row, int64_t count) { emitTile(view, row, count); });
    b.setInsertionPointToStart(branch.elseBlock());
    forFewRows(b.index(0), numRows, fewRows, [&](Value row, int64_t count) {
      emitTile(packedView, row, count);
    });
  };
  forPanels(
      emitPanel,
      [&] {
        expanded.allocate(isExpanded);
        int64_t size = std::max(fewRows, tileRows) * numRegisters * lanes;
        totals =
            memref::AllocaOp::create(b, MemRefType::get({size}, getTotalType()),
                                     b.getI64IntegerAttr(64));
      },
      [&] { expanded.release(); });
  rows.release();
  func::ReturnOp::create(b);
}

void ptq::emitPackedExpandedKernel(func::FuncOp function,
                                   const PackedKernelShape &shape) {
  PackedExpandedKernel(function, shape).emit();
}
