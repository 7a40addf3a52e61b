//===- ChooseParameters.h - From statistics to a scale ----------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_CHOOSEPARAMETERS_H
#define PTQ_CALIBRATE_CHOOSEPARAMETERS_H

#include "ptq/Calibrate/Statistics.h"
#include "ptq/IR/Observe.h"

namespace mlir::ptq {

/// A method with its parameter.
struct RangeChoice {
  RangeMethod method = RangeMethod::MinMax;
  /// Of values that `Percentile` keeps, in (0, 100].
  double percentile = 99.99;

  /// `minmax`, `moving_average`, `percentile`, `percentile:99.9`, `entropy`,
  /// `mse`.
  static llvm::Expected<RangeChoice> parse(StringRef text);
  std::string str() const;
};

/// What has to watch a tensor for a method.
ObserverSet getObservers(RangeMethod method);

struct ChosenParameters {
  /// The range before it is rounded to a scale; `-high` to `high` if the format
  /// is symmetric.
  float low = 0, high = 0;
  float scale = 1;
  /// Constant, or to be passed beside the scale, as the format says.
  int32_t zeroPoint = 0;
};

/// Whether parameters of a whole tensor can be chosen for `format`: one block,
/// no multiplier, codes of both signs. Else why not.
std::string refuseStaticFormat(QuantType format);

/// Chooses the scale, and the zero point if `format` has one as an operand.
/// Fails, naming the tensor, if it was not observed as the method needs, or if
/// the scale overflows its type.
llvm::Expected<ChosenParameters>
chooseParameters(const TensorStatistics &statistics, QuantType format,
                 const RangeChoice &choice);

} // namespace mlir::ptq

#endif // PTQ_CALIBRATE_CHOOSEPARAMETERS_H
