//===- VerifyLLVM.cpp - Only LLVM and OpenMP ops are left -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_VERIFYLLVM
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// Intrinsics that the backend turns into calls of the mathematical library.
static bool becomesLibraryCall(Operation *op) {
  return isa<LLVM::ACosOp, LLVM::ASinOp, LLVM::ATanOp, LLVM::ATan2Op,
             LLVM::CosOp, LLVM::CoshOp, LLVM::Exp10Op, LLVM::Exp2Op,
             LLVM::ExpOp, LLVM::FractionExpOp, LLVM::LoadExpOp, LLVM::Log10Op,
             LLVM::Log2Op, LLVM::LogOp, LLVM::PowIOp, LLVM::PowOp, LLVM::SinOp,
             LLVM::SincosOp, LLVM::SinhOp, LLVM::TanOp, LLVM::TanhOp,
             LLVM::FRemOp>(op);
}

namespace {

struct VerifyLLVM : ptq::impl::VerifyLLVMBase<VerifyLLVM> {
  void runOnOperation() override {
    bool valid = true;
    getOperation()->walk([&](Operation *op) {
      if (op == getOperation())
        return;
      StringRef dialect = op->getName().getDialectNamespace();
      if (dialect != "llvm" && dialect != "omp") {
        op->emitOpError("is not of the llvm or omp dialect after lowering");
        valid = false;
      } else if (becomesLibraryCall(op)) {
        op->emitOpError("would become a call of the mathematical library");
        valid = false;
      }
    });
    if (!valid)
      signalPassFailure();
  }
};

} // namespace
