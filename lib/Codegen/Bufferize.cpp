//===- Bufferize.cpp - Tensors become buffers, across functions -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_BUFFERIZE
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// A memref whose innermost dimension is contiguous; the others have any stride
/// and the whole any offset.
static BaseMemRefType getRowStridedType(TensorType type,
                                        Attribute memorySpace) {
  auto ranked = dyn_cast<RankedTensorType>(type);
  if (!ranked)
    return UnrankedMemRefType::get(type.getElementType(), memorySpace);
  SmallVector<int64_t> strides(ranked.getRank(), ShapedType::kDynamic);
  if (!strides.empty())
    strides.back() = 1;
  auto layout =
      StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(ranked.getShape(), ranked.getElementType(), layout,
                         memorySpace);
}

namespace {

struct Bufferize : ptq::impl::BufferizeBase<Bufferize> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPublic())
        for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
          if (isa<TensorType>(function.getArgumentTypes()[i]))
            function.setArgAttr(
                i, bufferization::BufferizationDialect::kWritableAttrName,
                BoolAttr::get(&getContext(), false));

    bufferization::OneShotBufferizationOptions options;
    options.bufferizeFunctionBoundaries = true;
    options.allowReturnAllocsFromLoops = true;
    options.inferFunctionResultLayout = false;
    options.functionArgTypeConverterFn =
        [](bufferization::TensorLikeType type, Attribute memorySpace,
           func::FuncOp function, const bufferization::BufferizationOptions &)
        -> bufferization::BufferLikeType {
      auto tensor = cast<TensorType>(type);
      if (function.isPublic())
        return cast<bufferization::BufferLikeType>(
            bufferization::getMemRefTypeWithStaticIdentityLayout(tensor,
                                                                 memorySpace));
      return cast<bufferization::BufferLikeType>(
          getRowStridedType(tensor, memorySpace));
    };
    options.unknownTypeConverterFn =
        [](TensorType type, Attribute memorySpace,
           const bufferization::BufferizationOptions &) {
          return getRowStridedType(type, memorySpace);
        };
    bufferization::BufferizationState state;
    if (failed(
            bufferization::runOneShotModuleBufferize(module, options, state)))
      return signalPassFailure();
    bufferization::removeBufferizationAttributesInModule(module);
  }
};

} // namespace
