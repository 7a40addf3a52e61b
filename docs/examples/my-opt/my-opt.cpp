//===- my-opt.cpp - An optimizer with ptq and a pass of its own -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   my-opt --ptq-quantize=recipe=w4a8-g32 --my-count-macs model.mlir
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"
#include "ptq/InitAll.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

using namespace mlir;

namespace {

/// Remarks on every quantized product how many multiplications one row of
/// activations takes.
struct CountMacs : PassWrapper<CountMacs, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CountMacs)

  StringRef getArgument() const override { return "my-count-macs"; }
  StringRef getDescription() const override {
    return "Count the multiplications of quantized products";
  }

  void runOnOperation() override {
    getOperation().walk([](ptq::MatmulOp op) {
      auto weight = cast<RankedTensorType>(op.getRhs().getType());
      auto format = cast<ptq::QuantType>(weight.getElementType());
      op.emitRemark() << weight.getNumElements() << " multiplications by "
                      << format.getStorageWidth() << "-bit weights";
    });
  }
};

} // namespace

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  ptq::registerAllPasses();
  PassRegistration<CountMacs>();

  DialectRegistry registry;
  mlir::registerAllDialects(registry);
  ptq::registerAllDialects(registry);
  return asMainReturnCode(
      MlirOptMain(argc, argv, "An optimizer with ptq\n", registry));
}
