// A compiler of someone else: parses a module, runs one of its own steps, then
// quantizes with ptq's pipeline.
#include "ptq/IR/PTQ.h"
#include "ptq/InitAll.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::ptq::registerAllDialects(registry);
  mlir::ptq::registerAllPasses();
  mlir::MLIRContext context(registry);

  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
  auto pipeline = mlir::PassManager::on<mlir::ModuleOp>(&context);
  if (!module || failed(mlir::parsePassPipeline(argv[2], pipeline)) ||
      failed(pipeline.run(*module)))
    return 1;
  int numMatmuls = 0;
  module->walk([&](mlir::ptq::MatmulOp) { ++numMatmuls; });
  llvm::outs() << "quantized matmuls: " << numMatmuls << "\n";
  return 0;
}
