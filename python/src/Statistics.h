//===- Statistics.h - Calibration as Python objects -------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PYTHON_STATISTICS_H
#define PTQ_PYTHON_STATISTICS_H

#include "Extension.h"

/// `PtqCalibrateOptions` that own their text. None is the default.
struct CalibrateArguments {
  std::optional<std::string> observers, recipe, recipeFile, skip, cpu, root;
  int64_t skipPositions = 0;
  double momentum = 0;
  unsigned threads = 0;

  PtqCalibrateOptions get() const;
};

/// `ptq._ptq.Calibrator`.
class CalibratorHandle {
public:
  explicit CalibratorHandle(PtqCalibrator *calibrator)
      : calibrator(calibrator) {}

  PtqCalibrator *get() const { return calibrator.get(); }

private:
  Handle<PtqCalibrator, ptqCalibratorDestroy> calibrator;
};

#endif // PTQ_PYTHON_STATISTICS_H
