//===- Matmul.h - Measure products with weights -----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_MATMUL_H
#define PTQ_TOOLS_PTQ_BENCH_MATMUL_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::ptq {

struct ProductShape {
  int64_t m = 0, n = 0, k = 0;
};

/// What is measured beside a product.
enum class Peer {
  None,
  Portable, // the kernels for any CPU, on weights that are not packed
  OneDNN,   // of w8a8 and f32
};

/// As in the results; empty for none.
llvm::StringRef stringifyPeer(Peer peer);

struct MeasureOptions {
  std::string isa; // empty: the best one here
  unsigned threads = 1;
  unsigned rounds = 15;
  bool isHot = false; // the same weights in every call
  Peer peer = Peer::Portable;
};

/// What was measured of a product. Activations are f32: their quantization is
/// part of the time.
struct Measurement {
  std::string format, isa;
  ProductShape shape;
  unsigned threads;
  bool isCold;
  /// "GOPS", two operations for each product, or, up to four rows, "GB/s" of
  /// weights and scales.
  std::string unit;
  double median, min, max;
  /// What the machine did at the same time in a loop without anything else:
  /// the instructions of the format, or reading; 0 if it is not known.
  double limit;
  Peer peer = Peer::None;
  double peerMedian = 0; // in `unit`
  double otherUse;       // share of all processors that other processes used
  double getShare() const { return limit > 0 ? median / limit : 0; }
  double getRatio() const { return peerMedian > 0 ? median / peerMedian : 0; }
};

/// Checks the product of `format` and `shape` against the reference and the
/// portable kernels, then measures it. Fails if a bit differs.
llvm::Expected<Measurement> measureMatmul(MLIRContext *context,
                                          const std::string &format,
                                          ProductShape shape,
                                          const MeasureOptions &options);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_MATMUL_H
