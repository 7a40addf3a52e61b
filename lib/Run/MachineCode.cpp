//===- MachineCode.cpp - From the LLVM dialect to object code -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MachineCode.h"

#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/OpenMP/OpenMPToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace mlir;
using namespace mlir::ptq;

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
    const llvm::Function *function =
        result.module->getFunction(entry.getSymbol());
    if (!function || function->isDeclaration())
      return llvm::createStringError("expects a module that defines '" +
                                     entry.getSymbol() + "'");
  }
  llvm::internalizeModule(*result.module, [&](const llvm::GlobalValue &value) {
    return symbols.contains(value.getName());
  });
  return std::move(result);
}

llvm::Error ptq::optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  return makeOptimizingTransformer(/*optLevel=*/3, /*sizeLevel=*/0,
                                   &machine)(&module);
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
