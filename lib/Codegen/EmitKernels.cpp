//===- EmitKernels.cpp - Bodies of kernels --------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"
#include "ptq/Codegen/Passes.h"
#include "ptq/Codegen/Target.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "llvm/TargetParser/Triple.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_EMITKERNELS
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

static constexpr StringLiteral kStorageNames[] = {"bytes", "nibbles", "floats"};

DictionaryAttr KernelShape::getAttr(MLIRContext *context) const {
  Builder builder(context);
  auto integer = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  auto boolean = [&](StringRef name, bool value) {
    return builder.getNamedAttr(name, builder.getBoolAttr(value));
  };
  StringRef storageName = kStorageNames[static_cast<unsigned>(storage)];
  return builder.getDictionaryAttr(
      {boolean("rows_are_codes", areRowsCodes), integer("columns", numColumns),
       integer("depth", depth), integer("group", groupSize),
       boolean("grouped", hasGroups),
       builder.getNamedAttr("storage", builder.getStringAttr(storageName)),
       boolean("signed", isSigned), integer("zero_point", zeroPoint)});
}

FailureOr<KernelShape> KernelShape::get(DictionaryAttr attr) {
  auto getInteger = [&](StringRef name, int64_t &value) {
    auto integer = attr.getAs<IntegerAttr>(name);
    if (integer)
      value = integer.getInt();
    return bool(integer);
  };
  auto areCodes = attr.getAs<BoolAttr>("rows_are_codes");
  auto isSigned = attr.getAs<BoolAttr>("signed");
  auto storage = attr.getAs<StringAttr>("storage");
  KernelShape shape;
  if (!areCodes || !isSigned || !storage ||
      !getInteger("columns", shape.numColumns) ||
      !getInteger("depth", shape.depth) ||
      !getInteger("group", shape.groupSize) ||
      !getInteger("zero_point", shape.zeroPoint) ||
      !llvm::is_contained(kStorageNames, storage.getValue()) ||
      shape.numColumns < 1 || shape.groupSize < 1 ||
      shape.depth < shape.groupSize)
    return failure();
  auto hasGroups = attr.getAs<BoolAttr>("grouped");
  shape.hasGroups = hasGroups ? hasGroups.getValue() : shape.getNumGroups() > 1;
  shape.areRowsCodes = areCodes.getValue();
  shape.isSigned = isSigned.getValue();
  shape.storage =
      static_cast<WeightStorage>(llvm::find(kStorageNames, storage.getValue()) -
                                 std::begin(kStorageNames));
  return shape;
}

namespace {

struct EmitKernels : ptq::impl::EmitKernelsBase<EmitKernels> {
  void runOnOperation() override {
    FailureOr<TargetDescription> target = getTarget(getOperation());
    bool isX86 = succeeded(target) && llvm::Triple(target->triple).isX86();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      auto attr = function->getAttrOfType<DictionaryAttr>(kKernelAttrName);
      if (!attr)
        continue;
      FailureOr<KernelShape> shape = KernelShape::get(attr);
      if (failed(shape) || !function.isExternal()) {
        function.emitOpError(
            "expects a declaration with the shape of a kernel in ")
            << kKernelAttrName;
        return signalPassFailure();
      }
      shape->addsPairs = isX86;
      function->removeAttr(kKernelAttrName);
      function.addEntryBlock();
      (shape->areRowsCodes ? emitIntegerKernel : emitFloatKernel)(function,
                                                                  *shape);
    }
  }
};

} // namespace
