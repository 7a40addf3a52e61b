//===- StateLayout.cpp - Where compiled observers keep their numbers ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/StateLayout.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;
using namespace mlir::ptq;

static constexpr int64_t alignment = 64;

ObservedTensor ptq::getObservedTensor(StatisticsOp op) {
  ObservedTensor tensor;
  tensor.name = op.getSymName().str();
  if (std::optional<ArrayAttr> linears = op.getLinears())
    for (auto name : linears->getAsRange<StringAttr>())
      tensor.linears.push_back(name.str());
  for (Attribute attr : op.getObservers()) {
    StringRef name = cast<ObserverAttrInterface>(attr).getObserverName();
    if (std::optional<ObserverKind> kind = symbolizeObserverKind(name))
      tensor.observers.insert(*kind);
    if (auto average = dyn_cast<MovingAverageAttr>(attr))
      tensor.momentum = average.getMomentum().getValueAsDouble();
  }
  tensor.numChannels = op.getNumChannels();
  tensor.numSkipped = op.getSkip().value_or(0);
  return tensor;
}

static Attribute getObserverAttr(MLIRContext *context, ObserverKind kind,
                                 double momentum) {
  switch (kind) {
  case ObserverKind::MinMax:
    return MinMaxAttr::get(context);
  case ObserverKind::MovingAverage:
    return MovingAverageAttr::get(context,
                                  Builder(context).getF64FloatAttr(momentum));
  case ObserverKind::AbsMax:
    return AbsMaxAttr::get(context);
  case ObserverKind::ChannelAbsMax:
    return ChannelAbsMaxAttr::get(context);
  case ObserverKind::TokenAbsMax:
    return TokenAbsMaxAttr::get(context);
  case ObserverKind::Mean:
    return MeanAttr::get(context);
  case ObserverKind::MeanAbs:
    return MeanAbsAttr::get(context);
  case ObserverKind::MeanSquare:
    return MeanSquareAttr::get(context);
  case ObserverKind::Histogram:
    return HistogramAttr::get(context);
  case ObserverKind::Gram:
    return GramAttr::get(context);
  case ObserverKind::OutputError:
    return OutputErrorAttr::get(context);
  }
  llvm_unreachable("all observers are handled");
}

ArrayAttr ptq::getObserverAttrs(MLIRContext *context, ObserverSet set,
                                double momentum) {
  SmallVector<Attribute> observers;
  for (ObserverKind kind : set.getKinds())
    observers.push_back(getObserverAttr(context, kind, momentum));
  return ArrayAttr::get(context, observers);
}

StateLayout StateLayout::get(ModuleOp module) {
  StateLayout layout;
  for (auto op : module.getOps<StatisticsOp>()) {
    TensorState &state = layout.tensors.emplace_back();
    state.tensor = getObservedTensor(op);
    state.offset = layout.numBytes;
    state.numBytes = TensorState::numCounts * sizeof(int64_t);
    for (auto observer :
         op.getObservers().getAsRange<ObserverAttrInterface>()) {
      MemRefType type = observer.getStateType(state.tensor.numChannels);
      int64_t size = type.getNumElements() * type.getElementTypeBitWidth() / 8;
      state.fields.push_back({observer, type, state.numBytes});
      state.numBytes += llvm::alignTo(size, alignment);
    }
    layout.numBytes += state.numBytes;
  }
  return layout;
}

Statistics StateLayout::makeStatistics(StringRef model) const {
  Statistics statistics(model);
  for (const TensorState &state : tensors)
    llvm::cantFail(statistics.add(TensorStatistics(state.tensor)));
  return statistics;
}

llvm::Error TensorState::absorb(ArrayRef<char> bytes, uint64_t key,
                                TensorStatistics &statistics) const {
  int64_t words[numCounts];
  std::memcpy(words, bytes.data(), sizeof(words));
  SampleSummary sample;
  sample.key = key;
  sample.counts.samples = 1;
  sample.counts.tokens = words[Tokens];
  sample.counts.values = words[Tokens] * tensor.numChannels;
  sample.counts.skippedRows = words[SkippedRows];
  sample.counts.nonFiniteRows = words[NonFiniteRows];
  sample.counts.maskedRows = words[MaskedRows];
  for (const Field &field : fields) {
    int64_t size =
        field.type.getNumElements() * field.type.getElementTypeBitWidth() / 8;
    if (failed(field.observer.absorb(bytes.slice(field.offset, size), sample,
                                     statistics)))
      return llvm::createStringError("'" + tensor.name +
                                     "': a sum is not below 2^62");
  }
  statistics.counts += sample.counts;
  return llvm::Error::success();
}

llvm::Error StateLayout::absorb(MutableArrayRef<char> bytes, uint64_t key,
                                Statistics &statistics) const {
  for (const TensorState &state : tensors)
    if (llvm::Error error =
            state.absorb(bytes.slice(state.offset, state.numBytes), key,
                         *statistics.find(state.tensor.name)))
      return error;
  std::memset(bytes.data(), 0, bytes.size());
  return llvm::Error::success();
}

DictionaryAttr StateLayout::getAttr(MLIRContext *context) const {
  Builder b(context);
  auto named = [&](StringRef name, Attribute value) {
    return b.getNamedAttr(name, value);
  };
  SmallVector<Attribute> statistics;
  for (const TensorState &state : tensors) {
    SmallVector<Attribute> states;
    for (const TensorState::Field &field : state.fields)
      states.push_back(b.getDictionaryAttr(
          {named("observer", field.observer),
           named("offset", b.getI64IntegerAttr(state.offset + field.offset)),
           named("type", TypeAttr::get(field.type))}));
    statistics.push_back(
        b.getDictionaryAttr({named("name", b.getStringAttr(state.tensor.name)),
                             named("offset", b.getI64IntegerAttr(state.offset)),
                             named("states", b.getArrayAttr(states))}));
  }
  return b.getDictionaryAttr({named("bytes", b.getI64IntegerAttr(numBytes)),
                              named("statistics", b.getArrayAttr(statistics))});
}
