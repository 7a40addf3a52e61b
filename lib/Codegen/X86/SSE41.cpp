//===- SSE41.cpp - Kernels for x86 CPUs without AVX -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PairProducts.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// x86-64-v2 has no fused multiply-add, which groups and float activations
/// need.
class SSE41 : public PairProducts {
public:
  SSE41()
      : PairProducts("llvm.x86.ssse3.pmadd.ub.sw.128",
                     "llvm.x86.sse2.pmadd.wd") {}

  ArrayRef<StringRef> getFeatures() const override {
    static constexpr StringRef features[] = {"sse4.1"};
    return features;
  }
  std::string getRefusal(ProductFormats formats) const override {
    std::string refusal = PairProducts::getRefusal(formats);
    if (!refusal.empty())
      return refusal;
    if (!formats.isInteger())
      return "activations are floats, which needs a fused multiply-add";
    if (formats.getRhsFormat().getBlock().back() != 0)
      return "weights have groups, which needs a fused multiply-add";
    return "";
  }
  int64_t getNumLanes() const override { return 4; }
  int64_t getNumExpandedRows(ProductFormats) const override { return 4; }
  bool keepsTotalsInMemory(ProductFormats, int64_t numRows) const override {
    return numRows > 2;
  }
  int64_t getNumRows(ProductFormats formats) const override {
    return formats.getWeightBits() == 4 ? 2 : 4;
  }
};

} // namespace

const Microkernel &ptq::getSSE41Microkernel() {
  static const SSE41 microkernel;
  return microkernel;
}
