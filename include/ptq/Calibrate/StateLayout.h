//===- StateLayout.h - Where compiled observers keep their numbers --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_STATELAYOUT_H
#define PTQ_CALIBRATE_STATELAYOUT_H

#include "ptq/Calibrate/ObservedRows.h"
#include "ptq/IR/Observe.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::ptq {

/// The state of one sample of one symbol.
struct TensorState {
  struct Field {
    ObserverAttrInterface observer;
    MemRefType type;
    int64_t offset; ///< from the start of the tensor's state
  };

  /// Words at the start of a state.
  enum Count : int64_t { Tokens, SkippedRows, NonFiniteRows, MaskedRows };
  static constexpr int64_t numCounts = 8;

  ObservedTensor tensor;
  int64_t offset = 0, numBytes = 0;
  std::vector<Field> fields;

  /// Adds the state of the sample `key` to `statistics`. Fails, naming the
  /// tensor, if a sum does not fit.
  llvm::Error absorb(ArrayRef<char> bytes, uint64_t key,
                     TensorStatistics &statistics) const;
};

/// The state of one sample: bytes at an address that is a multiple of 64, all
/// zero before the sample.
struct StateLayout {
  std::vector<TensorState> tensors;
  int64_t numBytes = 0;

  /// Of the statistics in `module`, in their order. Call it before
  /// `ptq-lower-observers`, which lays the state out in the same way.
  static StateLayout get(ModuleOp module);

  /// Statistics of these tensors that saw nothing yet.
  Statistics makeStatistics(StringRef model) const;

  /// Adds the sample in `bytes` to statistics of `makeStatistics`, and makes
  /// `bytes` zero.
  llvm::Error absorb(MutableArrayRef<char> bytes, uint64_t key,
                     Statistics &statistics) const;

  /// As the attribute `ptq.calibration` of a lowered module.
  DictionaryAttr getAttr(MLIRContext *context) const;
};

/// How `op` says that its tensor is observed.
ObservedTensor getObservedTensor(StatisticsOp op);

/// The observers of `set` as attributes.
ArrayAttr getObserverAttrs(MLIRContext *context, ObserverSet set,
                           double momentum);

} // namespace mlir::ptq

#endif // PTQ_CALIBRATE_STATELAYOUT_H
