//===- MachineCode.cpp - From the LLVM dialect to object code -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MachineCode.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/OpenMP/OpenMPToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace mlir;
using namespace mlir::ptq;

/// Whether a value of `type` is passed as `passed`; a null type is a pointer.
static bool isPassedAs(Type type, llvm::Type *passed) {
  if (!type || isa<ShapedType>(type))
    return passed->isPointerTy();
  if (type.isIndex())
    return passed->isIntegerTy(64);
  if (type.isInteger())
    return passed->isIntegerTy(type.getIntOrFloatBitWidth());
  return passed->isFloatingPointTy() &&
         passed->getPrimitiveSizeInBits() == type.getIntOrFloatBitWidth();
}

/// Whether `function` takes and returns what `entry` says.
static bool hasSignature(const llvm::Function &function,
                         const EntryPoint &entry) {
  SmallVector<Type> expected;
  if (entry.returnsThroughPointer())
    expected.push_back(nullptr);
  llvm::append_range(expected, entry.arguments);
  for (const EntryPoint::Parameter &parameter : entry.parameters)
    expected.push_back(parameter.type);
  ArrayRef<llvm::Type *> passed = function.getFunctionType()->params();
  llvm::Type *returned = function.getReturnType();
  bool returnsScalar = !entry.returnsThroughPointer() && !entry.results.empty();
  return llvm::equal(expected, passed, isPassedAs) &&
         (returnsScalar ? isPassedAs(entry.results.front(), returned)
                        : returned->isVoidTy());
}

/// Fails unless the module defines `entry` with its signature: a call through
/// another one would have no meaning.
static llvm::Error checkDefinition(const llvm::Module &module,
                                   const EntryPoint &entry) {
  const llvm::Function *function = module.getFunction(entry.getSymbol());
  if (function && !function->isDeclaration() && hasSignature(*function, entry))
    return llvm::Error::success();
  return llvm::createStringError("expects a module that defines '" +
                                 entry.getSymbol() +
                                 "' as ptq.entry_points say");
}

llvm::Expected<LLVMIR> ptq::translateToLLVMIR(ModuleOp module,
                                              ArrayRef<EntryPoint> entryPoints,
                                              llvm::TargetMachine &machine) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerOpenMPDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);

  LLVMIR result;
  result.context = std::make_unique<llvm::LLVMContext>();
  result.module = translateModuleToLLVMIR(module, *result.context, "ptq");
  if (!result.module)
    return llvm::createStringError("cannot translate the module to LLVM IR");
  result.module->setTargetTriple(machine.getTargetTriple());
  result.module->setDataLayout(machine.createDataLayout());

  llvm::StringSet<> symbols;
  for (const EntryPoint &entry : entryPoints) {
    symbols.insert(entry.getSymbol());
    if (llvm::Error error = checkDefinition(*result.module, entry))
      return std::move(error);
  }
  llvm::internalizeModule(*result.module, [&](const llvm::GlobalValue &value) {
    return symbols.contains(value.getName());
  });
  return std::move(result);
}

void ptq::optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  // A kernel called from every layer would be inlined into every layer, with a
  // struct of some thirty fields to start its threads each time: half of the
  // time to compile a model of five layers, and nothing won by it.
  tuning.InlinerThreshold = 25;
  tuning.SLPVectorization = false; // loops arrive as vectors
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager calls;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(calls);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, calls, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(module, modules);
}

llvm::Expected<SmallVector<char, 0>>
ptq::generateCode(llvm::Module &module, llvm::TargetMachine &machine,
                  llvm::CodeGenFileType type) {
  SmallVector<char, 0> code;
  llvm::raw_svector_ostream os(code);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, os, nullptr, type))
    return llvm::createStringError("cannot write code for target '" +
                                   machine.getTargetTriple().str() + "'");
  passes.run(module);
  return std::move(code);
}
