//===- X86Microkernel.h - What kernels for x86 share ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_X86_X86MICROKERNEL_H
#define PTQ_LIB_CODEGEN_X86_X86MICROKERNEL_H

#include "../Intrinsics.h"
#include "ptq/IR/Microkernel.h"

namespace mlir::ptq {

/// Panels of two registers; four neighbours along K in a lane, unless an
/// instruction set says otherwise.
class X86Microkernel : public Microkernel {
public:
  LayoutAttr getLayout(MLIRContext *context,
                       ProductFormats formats) const override;
  SmallVector<Value> expand(ImplicitLocOpBuilder &b, ProductFormats formats,
                            Value bytes) const override;

protected:
  /// Codes in 32 bits of activations: what one dot product takes of a column.
  virtual int64_t getDotDepth(ProductFormats formats) const { return 4; }
};

const Microkernel &getSSE41Microkernel();
const Microkernel &getAVX2Microkernel();
const Microkernel &getAVXVNNIMicrokernel();
const Microkernel &getAVX512VNNIMicrokernel();

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_X86_X86MICROKERNEL_H
