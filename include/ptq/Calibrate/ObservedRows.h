//===- ObservedRows.h - What observers are emitted over, and absorbed from ===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_OBSERVEDROWS_H
#define PTQ_CALIBRATE_OBSERVEDROWS_H

#include "ptq/Calibrate/Statistics.h"

#include "mlir/IR/Value.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::ptq {

/// The rows of one `ptq.observe` that are not left out, in memory, as the
/// update of an observer sees them. Rows are padded with zeros to a multiple of
/// 16 channels.
struct ObservedRows {
  int64_t numChannels;
  Value numRows; ///< index
  Value rows;    ///< memref<?xPxf32>, of which `numRows` are valid
  /// The same as f64; null unless `#ptq.gram` is there.
  Value wideRows;
  /// Of the second tensor; null without.
  Value others;
  Value magnitudes; ///< memref<?xf32>, the largest magnitude of each row
  /// f32, over these rows: infinity and -infinity if there is none.
  Value min, max;
  /// i1: this sample had no row before.
  Value isFirst;

  static constexpr int64_t numLanes = 16;
  static int64_t getPaddedChannels(int64_t numChannels) {
    return (numChannels + numLanes - 1) / numLanes * numLanes;
  }
};

/// What all observers of a tensor know of a sample.
struct SampleSummary {
  uint64_t key; ///< orders samples
  ObservedCounts counts;
};

/// Attaches `ObserverAttrInterface` to the observers of the dialect.
void registerObserverModels(DialectRegistry &registry);

} // namespace mlir::ptq

#endif // PTQ_CALIBRATE_OBSERVEDROWS_H
