//===- AVXVNNI.cpp - Kernels for AVX-VNNI, dot products on ymm ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VNNI.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

class AVXVNNI : public VNNI {
public:
  AVXVNNI() : VNNI("llvm.x86.avx512.vpdpbusd.256") {}

  ArrayRef<StringRef> getFeatures() const override {
    static constexpr StringRef features[] = {"avxvnni", "avx2", "fma", "f16c"};
    return features;
  }
  int64_t getNumLanes() const override { return 8; }

  /// Of 16 registers, two hold weights (four while 4-bit codes are expanded)
  /// and one activations.
  int64_t getNumRows(ProductFormats formats) const override {
    return formats.getWeightBits() == 4 ? 4 : 6;
  }
  bool keepsTotalsInMemory(ProductFormats, int64_t numRows) const override {
    return numRows > 2;
  }
};

} // namespace

const Microkernel &ptq::getAVXVNNIMicrokernel() {
  static const AVXVNNI microkernel;
  return microkernel;
}
