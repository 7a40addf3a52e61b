//===- GramModel.cpp - Code and arithmetic of `#ptq.gram` -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ObserverModels.h"
#include "RowBuilder.h"

#include "ptq/IR/Observe.h"

using namespace mlir;
using namespace mlir::ptq;

/// A tile of the matrix is held in registers over all rows: 6 x 8 doubles are
/// 12 of the 16 registers of AVX2.
static constexpr int64_t tileRows = 6, tileColumns = 8;

/// Adds the products of channels `[first, first + numRows)` and `[column,
/// column + 8)` of all rows, in their order.
static void emitTile(RowBuilder &b, const ObservedRows &rows, Value state,
                     Value first, int64_t numRows, Value column) {
  auto type = VectorType::get(tileColumns, b.getF64Type());
  auto getRow = [&](int64_t i) { return b.add(first, b.index(i)); };
  SmallVector<Value> sums;
  for (int64_t i = 0; i < numRows; ++i)
    sums.push_back(
        vector::LoadOp::create(b, type, state, ValueRange{getRow(i), column}));
  sums = b.loop(
      b.index(0), rows.numRows, 1, sums, [&](Value row, ValueRange carried) {
        Value x = vector::LoadOp::create(b, type, rows.wideRows,
                                         ValueRange{row, column});
        SmallVector<Value> next;
        for (int64_t i = 0; i < numRows; ++i) {
          Value factor = vector::BroadcastOp::create(
              b, type, b.load(rows.wideRows, {row, getRow(i)}));
          // The product of two widened f32 is exact.
          next.push_back(math::FmaOp::create(b, factor, x, carried[i]));
        }
        return next;
      });
  for (int64_t i = 0; i < numRows; ++i)
    vector::StoreOp::create(b, sums[i], state, ValueRange{getRow(i), column});
}

/// The tiles of some rows that reach the diagonal or lie right of it.
static void emitTiles(RowBuilder &b, const ObservedRows &rows, Value state,
                      Value first, int64_t numRows) {
  Value begin = arith::MulIOp::create(
      b, arith::DivUIOp::create(b, first, b.index(tileColumns)),
      b.index(tileColumns));
  b.loop(begin, b.index(ObservedRows::getPaddedChannels(rows.numChannels)),
         tileColumns, {}, [&](Value column, ValueRange) {
           emitTile(b, rows, state, first, numRows, column);
           return SmallVector<Value>();
         });
}

namespace {

struct GramModel : ObserverAttrInterface::ExternalModel<GramModel, GramAttr> {
  StringRef getObserverName(Attribute) const { return "gram"; }

  /// The matrix, of which what is left of the diagonal means nothing.
  MemRefType getStateType(Attribute attr, int64_t numChannels) const {
    return MemRefType::get(
        {numChannels, ObservedRows::getPaddedChannels(numChannels)},
        Float64Type::get(attr.getContext()));
  }

  void emitUpdate(Attribute, OpBuilder &builder, Location loc,
                  const ObservedRows &rows, Value state) const {
    RowBuilder b(loc, builder);
    int64_t numWhole = rows.numChannels / tileRows * tileRows;
    b.loop(b.index(numWhole), tileRows,
           [&](Value first) { emitTiles(b, rows, state, first, tileRows); });
    if (numWhole < rows.numChannels)
      emitTiles(b, rows, state, b.index(numWhole), rows.numChannels - numWhole);
  }

  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    int64_t size = statistics.tensor.numChannels;
    int64_t stride = ObservedRows::getPaddedChannels(size);
    const auto *matrix = reinterpret_cast<const double *>(state.data());
    ExactSum *sum = statistics.gram.data();
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = i; j < size; ++j)
        if (!(sum++)->add(matrix[i * stride + j]))
          return failure();
    return success();
  }
};

} // namespace

void ptq::attachGramModel(MLIRContext *context) {
  GramAttr::attachInterface<GramModel>(*context);
}
