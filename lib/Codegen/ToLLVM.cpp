//===- ToLLVM.cpp - From tensors to the LLVM dialect ----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/ToLLVM.h"

#include "ptq/Codegen/Passes.h"
#include "ptq/Lower/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

/// Tensors of any kind -> linalg on tensors, one generic per chain of
/// elementwise ops.
static void buildFusion(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createConvertElementwiseToLinalgPass());
  pm.addNestedPass<func::FuncOp>(createLinalgGeneralizeNamedOpsPass());
  pm.addPass(createLinalgElementwiseOpFusionPass());
  pm.addPass(createCSEPass());
}

/// Tensors -> memrefs that are freed.
static void buildBuffers(OpPassManager &pm) {
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(ptq::createBufferize());
  pm.addPass(bufferization::createDropEquivalentBufferResultsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  bufferization::buildBufferDeallocationPipeline(pm);
  pm.addPass(createConvertBufferizationToMemRefPass());
}

/// scf, vector, math, memref -> llvm.
static void buildConversion(OpPassManager &pm) {
  pm.addPass(memref::createExpandOpsPass()); // memref.reshape
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void ptq::buildToLLVM(OpPassManager &pm, const ToLLVMOptions &options) {
  RecordTargetOptions target;
  target.cpu = options.cpu;
  target.features = options.features;
  target.triple = options.triple;
  pm.addPass(createRecordTarget(target));
  if (options.packs) {
    SelectKernelsOptions selection;
    selection.external = options.packsOnLoad;
    pm.addPass(createSelectKernels(selection)); // products -> packed products
    pm.addPass(createPrepack());                // packs of constants -> bytes
  }
  pm.addPass(createBindParameters());
  pm.addPass(createOutlineKernels()); // products with weights -> calls
  pm.addPass(createDecomposeOps());   // every other ptq op -> linalg
  pm.addPass(createLowerTypes());     // tensors of !ptq.q -> of i8 or i16
  buildFusion(pm);
  buildBuffers(pm);
  EmitKernelsOptions emission;
  emission.emulates = options.emulates;
  pm.addPass(createEmitKernels(emission));
  pm.addNestedPass<func::FuncOp>(ptq::createLowerLoops());
  pm.addPass(ptq::createAccessAsIntegers());
  // The x86 backend has no bf16 arithmetic without calls.
  pm.addPass(arith::createArithEmulateUnsupportedFloats({{"bf16"}, "f32"}));
  pm.addPass(ptq::createExpandMath());
  buildConversion(pm);
  pm.addPass(createAnnotateLoops());
  pm.addPass(createAttachTarget());
  pm.addPass(createVerifyLLVM());
}
