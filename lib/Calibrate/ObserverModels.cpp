//===- ObserverModels.cpp - Code and arithmetic of each observer ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ObserverModels.h"
#include "RowBuilder.h"

#include "ptq/IR/Observe.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectRegistry.h"

#include <cstring>

using namespace mlir;
using namespace mlir::ptq;

/// The numbers of a state. It is aligned: states start at multiples of 64
/// bytes.
template <typename T>
static ArrayRef<T> getNumbers(ArrayRef<char> state) {
  return {reinterpret_cast<const T *>(state.data()), state.size() / sizeof(T)};
}

static LogicalResult addAll(ArrayRef<double> terms,
                            MutableArrayRef<ExactSum> sums) {
  for (auto [term, sum] : llvm::zip(terms, sums)) // terms are padded
    if (!sum.add(term))
      return failure();
  return success();
}

static MemRefType getState(Attribute observer, ArrayRef<int64_t> shape,
                           unsigned width, bool isFloat) {
  Builder b(observer.getContext());
  Type element = b.getIntegerType(width);
  if (isFloat)
    element = width == 32 ? Type(b.getF32Type()) : Type(b.getF64Type());
  return MemRefType::get(shape, element);
}

namespace {

template <typename Model, typename Attr>
using ExternalModel = ObserverAttrInterface::ExternalModel<Model, Attr>;

//===----------------------------------------------------------------------===//
// Whole tensors
//===----------------------------------------------------------------------===//

/// State: the smallest and the largest value, if there was a row.
static void emitExtremes(RowBuilder &b, const ObservedRows &rows, Value state) {
  auto update = [&](int64_t i, Value value, auto combine) {
    Value old = b.load(state, b.index(i));
    Value both = combine(old, value);
    b.store(arith::SelectOp::create(b, rows.isFirst, value, both), state,
            b.index(i));
  };
  update(0, rows.min, [&](Value x, Value y) -> Value {
    return arith::MinNumFOp::create(b, x, y);
  });
  update(1, rows.max, [&](Value x, Value y) -> Value {
    return arith::MaxNumFOp::create(b, x, y);
  });
}

static Extremes readExtremes(ArrayRef<char> state,
                             const SampleSummary &sample) {
  Extremes extremes;
  if (sample.counts.tokens == 0)
    return extremes;
  ArrayRef<float> values = getNumbers<float>(state);
  // -0 becomes 0, which has one spelling.
  extremes.min = values[0] + 0.0f;
  extremes.max = values[1] + 0.0f;
  return extremes;
}

/// Watches the extremes of a sample.
template <typename Model, typename Attr>
struct ExtremesModel : ExternalModel<Model, Attr> {
  MemRefType getStateType(Attribute attr, int64_t) const {
    return getState(attr, 2, 32, true);
  }
  void emitUpdate(Attribute, OpBuilder &builder, Location loc,
                  const ObservedRows &rows, Value state) const {
    RowBuilder b(loc, builder);
    emitExtremes(b, rows, state);
  }
};

struct MinMaxModel : ExtremesModel<MinMaxModel, MinMaxAttr> {
  StringRef getObserverName(Attribute) const { return "minmax"; }
  LogicalResult absorb(Attribute, ArrayRef<char> state,
                       const SampleSummary &sample,
                       TensorStatistics &statistics) const {
    Extremes extremes = readExtremes(state, sample);
    statistics.extremes.min = std::min(statistics.extremes.min, extremes.min);
    statistics.extremes.max = std::max(statistics.extremes.max, extremes.max);
    return success();
  }
};

struct MovingAverageModel
    : ExtremesModel<MovingAverageModel, MovingAverageAttr> {
  StringRef getObserverName(Attribute) const { return "moving_average"; }
  LogicalResult absorb(Attribute, ArrayRef<char> state,
                       const SampleSummary &sample,
                       TensorStatistics &statistics) const {
    statistics.sampleKeys.push_back(sample.key);
    statistics.sampleExtremes.push_back(readExtremes(state, sample));
    return success();
  }
};

/// The largest magnitude of `rows`.
static Value getMagnitude(RowBuilder &b, const ObservedRows &rows) {
  Value zero = b.constant(b.getF32Type(), 0);
  Value low = arith::NegFOp::create(b, rows.min);
  Value high = arith::MaxNumFOp::create(b, low, rows.max);
  return arith::MaxNumFOp::create(b, high, zero); // without a row: -infinity
}

struct AbsMaxModel : ExternalModel<AbsMaxModel, AbsMaxAttr> {
  StringRef getObserverName(Attribute) const { return "absmax"; }
  MemRefType getStateType(Attribute attr, int64_t) const {
    return getState(attr, 1, 32, true);
  }
  void emitUpdate(Attribute, OpBuilder &builder, Location loc,
                  const ObservedRows &rows, Value state) const {
    RowBuilder b(loc, builder);
    Value old = b.load(state, b.index(0));
    b.store(arith::MaxNumFOp::create(b, old, getMagnitude(b, rows)), state,
            b.index(0));
  }
  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    statistics.absMax =
        std::max(statistics.absMax, getNumbers<float>(state).front());
    return success();
  }
};

struct TokenAbsMaxModel : ExternalModel<TokenAbsMaxModel, TokenAbsMaxAttr> {
  StringRef getObserverName(Attribute) const { return "token_absmax"; }
  MemRefType getStateType(Attribute attr, int64_t) const {
    return getState(attr, numTokenOctaves, 64, false);
  }
  void emitUpdate(Attribute, OpBuilder &builder, Location loc,
                  const ObservedRows &rows, Value state) const {
    RowBuilder b(loc, builder);
    auto i32 = [&](int64_t value) -> Value {
      return arith::ConstantIntOp::create(b, value, 32);
    };
    b.loop(rows.numRows, 1, [&](Value row) {
      // The field of the exponent is that of frexp plus 126.
      Value bits = arith::BitcastOp::create(b, b.getI32Type(),
                                            b.load(rows.magnitudes, row));
      Value octave = arith::SubIOp::create(
          b, arith::ShRUIOp::create(b, bits, i32(23)), i32(126 - 32));
      octave = arith::MaxSIOp::create(b, octave, i32(0));
      octave = arith::MinSIOp::create(b, octave, i32(numTokenOctaves - 1));
      Value entry = arith::IndexCastOp::create(b, b.getIndexType(), octave);
      b.store(b.add(b.load(state, entry), b.i64(1)), state, entry);
    });
  }
  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    for (auto [count, added] :
         llvm::zip_equal(statistics.tokenOctaves, getNumbers<uint64_t>(state)))
      count += added;
    return success();
  }
};

struct OutputErrorModel : ExternalModel<OutputErrorModel, OutputErrorAttr> {
  StringRef getObserverName(Attribute) const { return "output_error"; }
  MemRefType getStateType(Attribute attr, int64_t) const {
    return getState(attr, {2, ObservedRows::numLanes}, 64, true);
  }
  void emitUpdate(Attribute, OpBuilder &builder, Location loc,
                  const ObservedRows &rows, Value state) const {
    RowBuilder b(loc, builder);
    auto getIndices = [&](int64_t i) -> SmallVector<Value> {
      return {b.index(i), b.index(0)};
    };
    SmallVector<Value> sums = {b.loadLanes(state, getIndices(0)),
                               b.loadLanes(state, getIndices(1))};
    Value width = b.index(ObservedRows::getPaddedChannels(rows.numChannels));
    sums = b.loop(
        b.index(0), rows.numRows, 1, sums, [&](Value row, ValueRange outer) {
          return b.loop(b.index(0), width, b.numLanes, outer,
                        [&](Value column, ValueRange carried) {
                          Value x = b.loadLanes(rows.rows, {row, column});
                          Value y = b.loadLanes(rows.others, {row, column});
                          Value e = b.widen(arith::SubFOp::create(b, x, y));
                          x = b.widen(x);
                          return SmallVector<Value>{
                              math::FmaOp::create(b, e, e, carried[0]),
                              math::FmaOp::create(b, x, x, carried[1])};
                        });
        });
    b.storeLanes(sums[0], state, getIndices(0));
    b.storeLanes(sums[1], state, getIndices(1));
  }
  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    constexpr int64_t lanes = ObservedRows::numLanes;
    ArrayRef<double> values = getNumbers<double>(state);
    for (int64_t i = 0; i < 2; ++i) {
      double partials[lanes];
      llvm::copy(values.slice(i * lanes, lanes), partials);
      for (int64_t width = lanes / 2; width > 0; width /= 2)
        for (int64_t lane = 0; lane < width; ++lane)
          partials[lane] += partials[lane + width];
      if (!statistics.errors[i].add(partials[0]))
        return failure();
    }
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

/// `state[channel] = combine(state[channel], row[channel])` over rows in their
/// order.
static void emitChannels(RowBuilder &b, const ObservedRows &rows, Value state,
                         llvm::function_ref<Value(Value, Value)> combine) {
  b.forBlocks(rows.numChannels, [&](Value column) {
    Value total =
        b.loop(b.index(0), rows.numRows, 1, b.loadLanes(state, column),
               [&](Value row, ValueRange carried) {
                 Value x = b.loadLanes(rows.rows, {row, column});
                 return SmallVector<Value>{combine(carried[0], x)};
               })
            .front();
    b.storeLanes(total, state, column);
  });
}

struct ChannelAbsMaxModel
    : ExternalModel<ChannelAbsMaxModel, ChannelAbsMaxAttr> {
  StringRef getObserverName(Attribute) const { return "channel_absmax"; }
  MemRefType getStateType(Attribute attr, int64_t numChannels) const {
    return getState(attr, ObservedRows::getPaddedChannels(numChannels), 32,
                    true);
  }
  void emitUpdate(Attribute, OpBuilder &builder, Location loc,
                  const ObservedRows &rows, Value state) const {
    RowBuilder b(loc, builder);
    emitChannels(b, rows, state, [&](Value old, Value x) -> Value {
      return arith::MaxNumFOp::create(b, old, math::AbsFOp::create(b, x));
    });
  }
  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    for (auto [max, seen] :
         llvm::zip(statistics.channelAbsMax, getNumbers<float>(state)))
      max = std::max(max, seen);
    return success();
  }
};

/// State: f64 sums of padded channels.
template <typename Model, typename Attr>
struct SumModel : ExternalModel<Model, Attr> {
  MemRefType getStateType(Attribute attr, int64_t numChannels) const {
    return getState(attr, ObservedRows::getPaddedChannels(numChannels), 64,
                    true);
  }
  void emitUpdate(Attribute, OpBuilder &builder, Location loc,
                  const ObservedRows &rows, Value state) const {
    RowBuilder b(loc, builder);
    emitChannels(b, rows, state,
                 [&](Value old, Value x) { return Model::addTerm(b, old, x); });
  }
};

struct MeanModel : SumModel<MeanModel, MeanAttr> {
  StringRef getObserverName(Attribute) const { return "mean"; }
  static Value addTerm(RowBuilder &b, Value old, Value x) {
    return arith::AddFOp::create(b, old, b.widen(x));
  }
  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    return addAll(getNumbers<double>(state), statistics.sums);
  }
};

struct MeanAbsModel : SumModel<MeanAbsModel, MeanAbsAttr> {
  StringRef getObserverName(Attribute) const { return "mean_abs"; }
  static Value addTerm(RowBuilder &b, Value old, Value x) {
    return arith::AddFOp::create(b, old, b.widen(math::AbsFOp::create(b, x)));
  }
  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    return addAll(getNumbers<double>(state), statistics.absSums);
  }
};

struct MeanSquareModel : SumModel<MeanSquareModel, MeanSquareAttr> {
  StringRef getObserverName(Attribute) const { return "mean_square"; }
  static Value addTerm(RowBuilder &b, Value old, Value x) {
    Value wide = b.widen(x); // its square is exact
    return math::FmaOp::create(b, wide, wide, old);
  }
  LogicalResult absorb(Attribute, ArrayRef<char> state, const SampleSummary &,
                       TensorStatistics &statistics) const {
    return addAll(getNumbers<double>(state), statistics.squareSums);
  }
};

} // namespace

void ptq::registerObserverModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, PTQDialect *) {
    MinMaxAttr::attachInterface<MinMaxModel>(*context);
    MovingAverageAttr::attachInterface<MovingAverageModel>(*context);
    AbsMaxAttr::attachInterface<AbsMaxModel>(*context);
    ChannelAbsMaxAttr::attachInterface<ChannelAbsMaxModel>(*context);
    TokenAbsMaxAttr::attachInterface<TokenAbsMaxModel>(*context);
    MeanAttr::attachInterface<MeanModel>(*context);
    MeanAbsAttr::attachInterface<MeanAbsModel>(*context);
    MeanSquareAttr::attachInterface<MeanSquareModel>(*context);
    OutputErrorAttr::attachInterface<OutputErrorModel>(*context);
    attachHistogramModel(context);
    attachGramModel(context);
  });
}
