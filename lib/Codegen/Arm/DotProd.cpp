//===- DotProd.cpp - Kernels for Arm with dot products --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArmMicrokernel.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// `sdot` by lane: four products of signed bytes, with four codes of
/// activations out of a register of sixteen.
class DotProd : public ArmMicrokernel {
public:
  ArrayRef<StringRef> getFeatures() const override {
    static constexpr StringRef features[] = {"dotprod"};
    return features;
  }

  /// Sums take 16 of 32 registers, and codes of as many rows 8.
  int64_t getNumRows(ProductFormats) const override { return 8; }
  int64_t getNumExpandedRows(ProductFormats formats) const override {
    return hasSmallGroups(formats) ? 5 : 8;
  }
  bool keepsTotalsInMemory(ProductFormats, int64_t numRows) const override {
    return numRows > 4;
  }
  int64_t getDotsPerLoad(ProductFormats) const override { return 4; }

  Value dot(ImplicitLocOpBuilder &b, ProductFormats, Value accumulator,
            Value weights, Value activations) const override {
    return callIntrinsic(
        b, "llvm.aarch64.neon.sdot", accumulator.getType(),
        {accumulator, weights, bitcastTo(b, activations, b.getI8Type())});
  }

protected:
  int64_t getDotDepth() const override { return 4; }
};

} // namespace

const Microkernel &ptq::getDotProdMicrokernel() {
  static const DotProd microkernel;
  return microkernel;
}
