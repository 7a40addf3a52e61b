//===- ChooseFormats.h - A mixture for a budget -----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_REPORT_CHOOSEFORMATS_H
#define PTQ_LIB_REPORT_CHOOSEFORMATS_H

#include "ptq/Report/LanguageModelReport.h"

namespace mlir::ptq {

/// The options of all weights: their formats, with bytes or nanoseconds as
/// costs, and behind them float, if `mayBeFloat`.
MixtureFront getFront(const Sensitivities &sensitivities, bool costsTime,
                      bool mayBeFloat);

/// The mixture of the least predicted divergence within `budget`, measured.
llvm::Expected<MixtureEffect> chooseFormats(CandidateModel &model,
                                            const Sensitivities &sensitivities,
                                            const Budget &budget);

/// The mixture of the fewest bytes whose divergence, measured, is at most
/// `maxDivergence`. Weights may stay float.
llvm::Expected<MixtureEffect> chooseFormats(CandidateModel &model,
                                            const Sensitivities &sensitivities,
                                            double maxDivergence);

} // namespace mlir::ptq

#endif // PTQ_LIB_REPORT_CHOOSEFORMATS_H
