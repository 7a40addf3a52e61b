//===- BindParameters.cpp - External globals become arguments -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Passes.h"
#include "ptq/IR/Packed.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_BINDPARAMETERS
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// The external globals that each function needs: what it loads itself, then
/// what its callees need.
using Parameters = llvm::SetVector<ml_program::GlobalOp>;
using ParametersOf = llvm::MapVector<func::FuncOp, Parameters>;

class ParameterBinder {
public:
  explicit ParameterBinder(ModuleOp module) : module(module) {}
  LogicalResult run();

private:
  /// Fails on what has no translation: globals that are written or have no
  /// value, references to functions other than calls.
  LogicalResult checkGlobals();
  LogicalResult checkCalls();
  ParametersOf collectParameters();
  /// Loads of globals that hold their value become constants.
  void inlineConstants();
  void addArguments(const ParametersOf &parametersOf);
  void recordEntryPoints(const ParametersOf &parametersOf);

  ml_program::GlobalOp getGlobal(Operation *load, SymbolRefAttr symbol) {
    return symbolTables.lookupNearestSymbolFrom<ml_program::GlobalOp>(load,
                                                                      symbol);
  }
  /// The global that `op` loads; null if it is not a load.
  ml_program::GlobalOp getLoadedGlobal(Operation *op) {
    if (auto load = dyn_cast<ml_program::GlobalLoadConstOp>(op))
      return getGlobal(load, load.getGlobalAttr());
    if (auto load = dyn_cast<ml_program::GlobalLoadOp>(op))
      return getGlobal(load, load.getGlobalAttr());
    return nullptr;
  }

  ModuleOp module;
  SymbolTableCollection symbolTables;
};

struct BindParameters : ptq::impl::BindParametersBase<BindParameters> {
  void runOnOperation() override {
    if (failed(ParameterBinder(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace

static bool isExternal(ml_program::GlobalOp global) {
  return isa_and_nonnull<ExternalAttr, PackOnLoadAttr>(global.getValueAttr());
}

LogicalResult ParameterBinder::checkGlobals() {
  WalkResult result = module.walk([&](Operation *op) -> WalkResult {
    if (auto global = dyn_cast<ml_program::GlobalOp>(op)) {
      if (global.getIsMutable())
        return op->emitOpError(
            "expects an immutable global; state of a compiled "
            "function is a memref argument");
      Attribute value = global.getValueAttr();
      auto elements = dyn_cast_or_null<ElementsAttr>(value);
      if (!isExternal(global) &&
          (!elements || elements.getShapedType() != global.getType()))
        return op->emitOpError(
            "expects a value, of the global's type or external");
      if (isExternal(global) && !isa<RankedTensorType>(global.getType()))
        return op->emitOpError(
                   "expects a ranked tensor of an external parameter, but got ")
               << global.getType();
      return success();
    }
    if (isa<ml_program::GlobalLoadOp, ml_program::GlobalLoadConstOp>(op)) {
      if (!getLoadedGlobal(op))
        return op->emitOpError("expects a global that exists");
      return success();
    }
    if (op->getName().getDialectNamespace() == "ml_program")
      return op->emitOpError(
          "has no translation to machine code; functions are "
          "func.func and state is a memref argument");
    return success();
  });
  return failure(result.wasInterrupted());
}

LogicalResult ParameterBinder::checkCalls() {
  WalkResult result = module.walk([&](func::ConstantOp op) -> WalkResult {
    return op.emitOpError("expects functions to be called directly");
  });
  return failure(result.wasInterrupted());
}

ParametersOf ParameterBinder::collectParameters() {
  ParametersOf parametersOf;
  for (auto function : module.getOps<func::FuncOp>()) {
    Parameters &own = parametersOf[function];
    function.walk([&](Operation *op) {
      ml_program::GlobalOp global = getLoadedGlobal(op);
      if (global && isExternal(global))
        own.insert(global);
    });
  }
  // A callee may stand below its caller: iterate until nothing is added. Own
  // loads come first whatever the order of functions.
  for (bool changed = true; changed;) {
    changed = false;
    for (auto &[function, parameters] : parametersOf) {
      Parameters found = parameters;
      function.walk([&](func::CallOp call) {
        if (auto callee = symbolTables.lookupNearestSymbolFrom<func::FuncOp>(
                call, call.getCalleeAttr()))
          found.insert_range(parametersOf.lookup(callee));
      });
      changed |= found.size() != parameters.size();
      parameters = std::move(found);
    }
  }
  return parametersOf;
}

void ParameterBinder::inlineConstants() {
  module.walk([&](Operation *op) {
    ml_program::GlobalOp global = getLoadedGlobal(op);
    if (!global || isExternal(global))
      return;
    OpBuilder builder(op);
    auto constant = arith::ConstantOp::create(
        builder, op->getLoc(), cast<TypedAttr>(global.getValueAttr()));
    op->getResult(0).replaceAllUsesWith(constant);
    op->erase();
  });
}

/// Replaces what `function` loads by new arguments, and passes them on.
static void
addArgumentsTo(func::FuncOp function, const Parameters &parameters,
               const ParametersOf &parametersOf,
               llvm::function_ref<ml_program::GlobalOp(Operation *)> getLoaded,
               SymbolTableCollection &symbolTables) {
  llvm::SmallDenseMap<Operation *, Value> argumentOf;
  for (ml_program::GlobalOp global : parameters) {
    unsigned index = function.getNumArguments();
    LogicalResult inserted =
        function.insertArgument(index, global.getType(),
                                /*argAttrs=*/{}, global.getLoc());
    assert(succeeded(inserted) && "a func.func takes any argument");
    (void)inserted;
    argumentOf[global] = function.getArgument(index);
  }
  function.walk([&](Operation *op) {
    if (ml_program::GlobalOp global = getLoaded(op)) {
      op->getResult(0).replaceAllUsesWith(argumentOf.lookup(global));
      op->erase();
    } else if (auto call = dyn_cast<func::CallOp>(op)) {
      auto callee = symbolTables.lookupNearestSymbolFrom<func::FuncOp>(
          call, call.getCalleeAttr());
      SmallVector<Value> arguments;
      for (ml_program::GlobalOp global : parametersOf.lookup(callee))
        arguments.push_back(argumentOf.lookup(global));
      call.getOperandsMutable().append(arguments);
    }
  });
}

void ParameterBinder::addArguments(const ParametersOf &parametersOf) {
  for (auto [function, parameters] : parametersOf)
    if (!function.isExternal())
      addArgumentsTo(
          function, parameters, parametersOf,
          [&](Operation *op) { return getLoadedGlobal(op); }, symbolTables);
}

void ParameterBinder::recordEntryPoints(const ParametersOf &parametersOf) {
  Builder builder(module.getContext());
  SmallVector<NamedAttribute> entryPoints;
  for (auto [function, parameters] : parametersOf) {
    if (!function.isPublic() || function.isExternal())
      continue;
    function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                      builder.getUnitAttr());
    SmallVector<Attribute> records;
    for (ml_program::GlobalOp global : parameters)
      records.push_back(builder.getDictionaryAttr(
          {builder.getNamedAttr("symbol", global.getSymNameAttr()),
           builder.getNamedAttr("type", global.getTypeAttr()),
           builder.getNamedAttr("value", global.getValueAttr())}));
    FunctionType type = function.getFunctionType();
    entryPoints.push_back(builder.getNamedAttr(
        function.getSymName(),
        builder.getDictionaryAttr(
            {builder.getNamedAttr("arguments",
                                  builder.getTypeArrayAttr(type.getInputs())),
             builder.getNamedAttr("results",
                                  builder.getTypeArrayAttr(type.getResults())),
             builder.getNamedAttr("parameters",
                                  builder.getArrayAttr(records))})));
  }
  module->setAttr("ptq.entry_points", builder.getDictionaryAttr(entryPoints));
}

LogicalResult ParameterBinder::run() {
  if (failed(checkGlobals()) || failed(checkCalls()))
    return failure();
  inlineConstants();
  ParametersOf parametersOf = collectParameters();
  recordEntryPoints(parametersOf);
  addArguments(parametersOf);
  for (auto global :
       llvm::make_early_inc_range(module.getOps<ml_program::GlobalOp>()))
    global.erase();
  return success();
}
