//===- AVX2.cpp - Kernels for AVX2, without dot products ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PairProducts.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

class AVX2 : public PairProducts {
public:
  AVX2()
      : PairProducts("llvm.x86.avx2.pmadd.ub.sw", "llvm.x86.avx2.pmadd.wd") {}

  ArrayRef<StringRef> getFeatures() const override {
    static constexpr StringRef features[] = {"avx2", "fma", "f16c"};
    return features;
  }
  int64_t getNumLanes() const override { return 8; }

  /// Of 16 registers, two hold weights, four where 4-bit codes are expanded,
  /// and one activations.
  int64_t getNumRows(ProductFormats formats) const override {
    return formats.getWeightBits() == 4 ? 4 : 6;
  }
  /// Two registers of weights, and ten of sums.
  int64_t getNumExpandedRows(ProductFormats) const override { return 5; }
  bool keepsTotalsInMemory(ProductFormats, int64_t numRows) const override {
    return numRows > 2;
  }
};

} // namespace

const Microkernel &ptq::getAVX2Microkernel() {
  static const AVX2 microkernel;
  return microkernel;
}
