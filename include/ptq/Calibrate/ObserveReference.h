//===- ObserveReference.h - What observers keep, slowly and obviously -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_OBSERVEREFERENCE_H
#define PTQ_CALIBRATE_OBSERVEREFERENCE_H

#include "ptq/Calibrate/Statistics.h"

namespace mlir::ptq {

/// Executes what docs/spec.md says of `ptq.observe`, for one sample. Compiled
/// observers give the same bits. Written to be read, not to be fast.
class ReferenceObserver {
public:
  explicit ReferenceObserver(ObservedTensor tensor);

  /// Observes `values`, rows of `tensor.numChannels`. `rowsPerSequence` rows
  /// have ascending positions from 0, and the next ones again. `others`, of the
  /// same size, is what `OutputError` compares with; empty without it.
  void update(ArrayRef<float> values, int64_t rowsPerSequence,
              ArrayRef<float> others = {});

  /// Ends the sample. Fails if a sum is not below 2^62.
  llvm::Expected<TensorStatistics> finish(uint64_t sampleKey) const;

private:
  bool isKept(ArrayRef<float> row, int64_t position);
  void addRow(ArrayRef<float> row);
  void addError(ArrayRef<float> row, ArrayRef<float> other);

  TensorStatistics sample;
  std::vector<double> sums, absSums, squareSums, gram;
  double errors[2][16] = {};
};

} // namespace mlir::ptq

#endif // PTQ_CALIBRATE_OBSERVEREFERENCE_H
