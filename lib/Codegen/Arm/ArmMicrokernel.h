//===- ArmMicrokernel.h - What kernels for Arm share ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_ARM_ARMMICROKERNEL_H
#define PTQ_LIB_CODEGEN_ARM_ARMMICROKERNEL_H

#include "../Intrinsics.h"
#include "ptq/IR/Microkernel.h"

namespace mlir::ptq {

/// Registers of 128 bits, panels of two of them. Dot products multiply signed
/// bytes: codes of 8 bits are stored as such, and with a zero point of 128, the
/// usual one, nothing is left to compensate. Codes of 4 bits are signed bytes
/// once they are expanded.
class ArmMicrokernel : public Microkernel {
public:
  int64_t getNumLanes() const override { return 4; }
  LayoutAttr getLayout(MLIRContext *context,
                       ProductFormats formats) const override;
  SmallVector<Value> expand(ImplicitLocOpBuilder &b, ProductFormats formats,
                            Value bytes) const override;
  /// Panels of 4-bit codes become signed bytes, products of two levels or, with
  /// dot products of 32 bits, codes.
  PanelExpansion getExpansion(ProductFormats formats) const override;
  bool expandsToSigned() const override { return true; }
  /// Conversions take a pipe of their own for two cycles or one, subtractions
  /// any.
  bool convertsBySubtraction() const override { return true; }

protected:
  /// Whether scaling the sums of a group is a large part of the work: then both
  /// they and the totals should be in registers.
  static bool hasSmallGroups(ProductFormats formats);
  /// Codes of a column that one dot product takes.
  virtual int64_t getDotDepth() const = 0;
};

const Microkernel &getNEONMicrokernel();
const Microkernel &getDotProdMicrokernel();
const Microkernel &getI8MMMicrokernel();
const Microkernel &getSVEMicrokernel();

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_ARM_ARMMICROKERNEL_H
