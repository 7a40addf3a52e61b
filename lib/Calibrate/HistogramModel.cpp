//===- HistogramModel.cpp - Code and arithmetic of `#ptq.histogram` -------===//
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

/// State: the exponent, as its distance to the smallest one, and seven words
/// that align the counts behind it.
static constexpr int64_t countsOffset = 8;

/// The exponent, above the smallest one, that `rows` need.
static Value getNeededExponent(RowBuilder &b, const ObservedRows &rows) {
  auto i64 = [&](int64_t value) { return b.i64(value); };
  Value low = arith::NegFOp::create(b, rows.min);
  Value magnitude = arith::MaxNumFOp::create(b, low, rows.max);
  Value bits = arith::BitcastOp::create(
      b, b.getI32Type(),
      arith::MaxNumFOp::create(b, magnitude, b.constant(b.getF32Type(), 0)));
  Value field = arith::ShRUIOp::create(
      b, arith::ExtUIOp::create(b, b.getI64Type(), bits), i64(23));
  // The field is the exponent plus 126.
  Value distance =
      arith::SubIOp::create(b, field, i64(126 + Histogram::minExponent));
  return arith::MaxSIOp::create(b, distance, i64(0));
}

/// Merges bins when the exponent grows by `growth`, which is not 0.
static void emitWiden(RowBuilder &b, Value state, Value growth) {
  constexpr int64_t numBins = Histogram::numBins;
  Value zero = b.i64(0);
  Value shift = arith::MinSIOp::create(b, growth, b.i64(63));
  Value scratch =
      memref::AllocaOp::create(b, MemRefType::get({numBins}, b.getI64Type()));
  b.loop(b.index(numBins), 1, [&](Value bin) { b.store(zero, scratch, bin); });
  b.loop(b.index(numBins), 1, [&](Value bin) {
    Value number = arith::IndexCastOp::create(b, b.getI64Type(), bin);
    Value fromZero =
        arith::SubIOp::create(b, number, b.i64(Histogram::numHalf));
    Value merged = b.add(arith::ShRSIOp::create(b, fromZero, shift),
                         b.i64(Histogram::numHalf));
    Value target = arith::IndexCastOp::create(b, b.getIndexType(), merged);
    Value count = b.load(state, b.add(bin, b.index(countsOffset)));
    b.store(b.add(b.load(scratch, target), count), scratch, target);
  });
  b.loop(b.index(numBins), 1, [&](Value bin) {
    b.store(b.load(scratch, bin), state, b.add(bin, b.index(countsOffset)));
  });
}

/// `2^(10 - exponent)`, the bins in a unit.
static Value getBinsPerUnit(RowBuilder &b, Value distance) {
  Value field = arith::SubIOp::create(
      b, b.i64(127 + 10 - Histogram::minExponent), distance);
  Value bits = arith::ShLIOp::create(b, field, b.i64(23));
  return arith::BitcastOp::create(
      b, b.getF32Type(), arith::TruncIOp::create(b, b.getI32Type(), bits));
}

/// Counts the first `numLanes` values of a block.
static void emitBlock(RowBuilder &b, const ObservedRows &rows, Value state,
                      Value factor, Value row, Value column, int64_t numLanes) {
  Value x = b.loadLanes(rows.rows, {row, column});
  Value scaled = math::FloorOp::create(
      b, arith::MulFOp::create(b, x, factor)); // exact but for the floor
  Value bins = arith::FPToSIOp::create(b, b.getLanes(b.getI32Type()), scaled);
  // A negative value that underflows is below zero all the same.
  Value isNegative = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x,
                                           b.constant(x.getType(), 0));
  Value below = b.splat(arith::ConstantIntOp::create(b, -1, 32));
  bins = arith::SelectOp::create(b, isNegative,
                                 arith::MinSIOp::create(b, bins, below), bins);
  for (int64_t lane = 0; lane < numLanes; ++lane) {
    Value bin = arith::IndexCastOp::create(
        b, b.getIndexType(),
        vector::ExtractOp::create(b, bins, ArrayRef<int64_t>{lane}));
    Value entry = b.add(bin, b.index(countsOffset + Histogram::numHalf));
    b.store(b.add(b.load(state, entry), b.i64(1)), state, entry);
  }
}

namespace {

struct HistogramModel
    : ObserverAttrInterface::ExternalModel<HistogramModel, HistogramAttr> {
  StringRef getObserverName(Attribute) const { return "histogram"; }

  MemRefType getStateType(Attribute attr, int64_t) const {
    return MemRefType::get({countsOffset + Histogram::numBins},
                           IntegerType::get(attr.getContext(), 64));
  }

  void emitUpdate(Attribute, OpBuilder &builder, Location loc,
                  const ObservedRows &rows, Value state) const {
    RowBuilder b(loc, builder);
    Value old = b.load(state, b.index(0));
    Value distance = arith::MaxSIOp::create(b, old, getNeededExponent(b, rows));
    Value growth = arith::SubIOp::create(b, distance, old);
    Value grows =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, growth, b.i64(0));
    auto branch = scf::IfOp::create(b, TypeRange(), grows, false);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      emitWiden(b, state, growth);
      b.store(distance, state, b.index(0));
    }
    Value factor = b.splat(getBinsPerUnit(b, distance));
    int64_t numWhole = rows.numChannels / b.numLanes * b.numLanes;
    b.loop(rows.numRows, 1, [&](Value row) {
      b.loop(b.index(numWhole), b.numLanes, [&](Value column) {
        emitBlock(b, rows, state, factor, row, column, b.numLanes);
      });
      if (numWhole < rows.numChannels)
        emitBlock(b, rows, state, factor, row, b.index(numWhole),
                  rows.numChannels - numWhole);
    });
  }

  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    const auto *words = reinterpret_cast<const uint64_t *>(state.data());
    statistics.histogram.merge(
        Histogram::minExponent + static_cast<int64_t>(words[0]),
        {words + countsOffset, size_t(Histogram::numBins)});
    return success();
  }
};

} // namespace

void ptq::attachHistogramModel(MLIRContext *context) {
  HistogramAttr::attachInterface<HistogramModel>(*context);
}
