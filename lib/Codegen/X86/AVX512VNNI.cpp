//===- AVX512VNNI.cpp - Kernels for AVX512-VNNI, dot products on zmm ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VNNI.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

class AVX512VNNI : public VNNI {
public:
  AVX512VNNI() : VNNI("llvm.x86.avx512.vpdpbusd.512") {}

  ArrayRef<StringRef> getFeatures() const override {
    static constexpr StringRef features[] = {"avx512vnni", "avx512bw",
                                             "avx512vl", "fma", "f16c"};
    return features;
  }
  int64_t getNumLanes() const override { return 16; }

  /// Of 32 registers, sums of groups take as many as sums over groups.
  int64_t getNumRows(ProductFormats formats) const override {
    if (!formats.isInteger())
      return formats.getWeightBits() == 4 ? 10 : 12;
    QuantType weights = formats.getRhsFormat();
    return formats.getWeightBits() == 4 || weights.getBlock().back() != 0 ? 5
                                                                          : 8;
  }
};

} // namespace

const Microkernel &ptq::getAVX512VNNIMicrokernel() {
  static const AVX512VNNI microkernel;
  return microkernel;
}
