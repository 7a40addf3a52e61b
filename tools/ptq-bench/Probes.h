//===- Probes.h - What the machine can do at most ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_PROBES_H
#define PTQ_TOOLS_PTQ_BENCH_PROBES_H

#include "MatmulModule.h"

namespace mlir::ptq {

/// Size of the largest cache that a core can use, in bytes; 32 MiB if Linux
/// does not say.
int64_t getCacheSize();

/// Bytes per second that `threads` threads read from memory of `size` bytes,
/// from end to end, small ones many times.
class ReadProbe {
public:
  ReadProbe(int64_t size, unsigned threads);
  double run();

private:
  Buffer memory;
  unsigned threads;
};

/// Operations per second of the instructions of a product, in registers, and
/// which part of them is left when the format needs others beside.
class PeakProbe {
public:
  static llvm::Expected<std::unique_ptr<PeakProbe>>
  create(const ProductCase &product, unsigned threads);
  ~PeakProbe();

  /// Operations per second, on all threads.
  llvm::Expected<double> run();
  /// Upper bound for the product, as a part of the peak.
  double getFormatLimit() const { return formatLimit; }

private:
  struct Code;
  PeakProbe();
  std::unique_ptr<Code> code;
  unsigned threads;
  double formatLimit = 1;
};

/// Measures which part of all processors other processes use meanwhile.
class OtherUse {
public:
  OtherUse();
  double get() const;

private:
  double startBusy, startOwn, startTime;
};

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_PROBES_H
