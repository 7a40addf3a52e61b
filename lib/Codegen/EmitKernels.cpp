//===- EmitKernels.cpp - Bodies of kernels --------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmulateIntrinsics.h"
#include "KernelBuilder.h"
#include "PackedKernel.h"
#include "ptq/Codegen/Microkernels.h"
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
  SmallVector<NamedAttribute> fields(
      {boolean("rows_are_codes", areRowsCodes), integer("columns", numColumns),
       integer("depth", depth), integer("group", groupSize),
       boolean("grouped", hasGroups),
       builder.getNamedAttr("storage", builder.getStringAttr(storageName)),
       boolean("signed", isSigned), integer("zero_point", zeroPoint)});
  if (hasMultipliers)
    fields.push_back(boolean("multipliers_signed", areMultipliersSigned));
  return builder.getDictionaryAttr(fields);
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
  if (auto areSigned = attr.getAs<BoolAttr>("multipliers_signed")) {
    shape.hasMultipliers = true;
    shape.areMultipliersSigned = areSigned.getValue();
  }
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
  using EmitKernelsBase::EmitKernelsBase;

  void runOnOperation() override {
    target = getTarget(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(emitPortable(function)) || failed(emitPacked(function)))
        return signalPassFailure();
  }

  /// Fails unless `function` is a declaration, and `shape` was read.
  template <typename ShapeTy>
  LogicalResult start(func::FuncOp function, StringRef attrName,
                      const FailureOr<ShapeTy> &shape) {
    if (failed(shape) || !function.isExternal())
      return function.emitOpError(
                 "expects a declaration with the shape of a kernel in ")
             << attrName;
    function->removeAttr(attrName);
    function.addEntryBlock();
    return success();
  }

  LogicalResult emitPortable(func::FuncOp function) {
    auto attr = function->getAttrOfType<DictionaryAttr>(kKernelAttrName);
    if (!attr)
      return success();
    FailureOr<KernelShape> shape = KernelShape::get(attr);
    if (failed(start(function, kKernelAttrName, shape)))
      return failure();
    shape->addsPairs =
        succeeded(target) && llvm::Triple(target->triple).isX86();
    (shape->areRowsCodes ? emitIntegerKernel : emitFloatKernel)(function,
                                                                *shape);
    return success();
  }

  LogicalResult emitPacked(func::FuncOp function) {
    auto attr = function->getAttrOfType<DictionaryAttr>(kPackedKernelAttrName);
    if (!attr)
      return success();
    FailureOr<PackedKernelShape> shape = PackedKernelShape::get(attr);
    if (failed(start(function, kPackedKernelAttrName, shape)))
      return failure();
    if (!emulates && succeeded(target) && !hasFeaturesOf(*target, shape->isa))
      return function.emitOpError("expects a CPU that has ")
             << shape->isa << ", but got '" << target->cpu << "'";
    ProductFormats formats = shape->getFormats();
    if (!formats.isInteger())
      emitPackedFloatKernel(function, *shape);
    else if (shape->getKernel().expandsToSigned() ||
             shape->getKernel().getExpansion(formats) == PanelExpansion::None)
      emitPackedIntegerKernel(function, *shape);
    else
      emitPackedExpandedKernel(function, *shape);
    return emulates ? emulateIntrinsics(function) : success();
  }

  FailureOr<TargetDescription> target = failure();
};

} // namespace
