//===- I8MM.cpp - Kernels for Arm with products of matrices ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArmMicrokernel.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// `smmla`: two rows of eight signed bytes times two columns of eight, added to
/// four sums.
class I8MM : public ArmMicrokernel {
public:
  ArrayRef<StringRef> getFeatures() const override {
    static constexpr StringRef features[] = {"i8mm"};
    return features;
  }

  /// Of 32 registers sums take 24, so that there are more products than other
  /// instructions, or 16 where those of groups have to be scaled.
  int64_t getNumRows(ProductFormats formats) const override {
    QuantType weights = formats.getRhsFormat();
    return formats.isInteger() && formats.getWeightBits() == 8 &&
                   weights.getBlock().back() == 0
               ? 12
               : 8;
  }
  int64_t getNumExpandedRows(ProductFormats formats) const override {
    return hasSmallGroups(formats) ? 6 : 8;
  }
  bool keepsTotalsInMemory(ProductFormats, int64_t numRows) const override {
    return numRows > 4;
  }
  int64_t getDotsPerLoad(ProductFormats) const override { return 4; }
  int64_t getRowsOfSums(ProductFormats formats) const override {
    return formats.isInteger() ? 2 : 1;
  }

  Value dot(ImplicitLocOpBuilder &b, ProductFormats, Value accumulator,
            Value weights, Value activations) const override {
    return callIntrinsic(
        b, "llvm.aarch64.neon.smmla", accumulator.getType(),
        {accumulator, bitcastTo(b, activations, b.getI8Type()), weights});
  }

protected:
  int64_t getDotDepth() const override { return 8; }
};

} // namespace

const Microkernel &ptq::getI8MMMicrokernel() {
  static const I8MM microkernel;
  return microkernel;
}
