//===- JIT.cpp - Machine code in the memory of this process ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "JIT.h"
#include "MachineCode.h"

#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

#include <dlfcn.h>
#include <omp.h>

using namespace mlir;
using namespace mlir::ptq;

/// Lets `engine` find the OpenMP runtime where only this library sees it: a
/// program may have loaded us without making our symbols global. All else, such
/// as `malloc`, has to be what the process takes it from.
static llvm::Error addOpenMP(llvm::orc::LLJIT &engine) {
  Dl_info info;
  auto *address = reinterpret_cast<void *>(&omp_set_num_threads);
  if (!dladdr(address, &info) || !info.dli_fname)
    return llvm::createStringError("expects an OpenMP runtime in the process");
  auto symbols = llvm::orc::DynamicLibrarySearchGenerator::Load(
      info.dli_fname, engine.getDataLayout().getGlobalPrefix(),
      [](const llvm::orc::SymbolStringPtr &symbol) {
        return (*symbol).starts_with("__kmpc_") ||
               (*symbol).starts_with("omp_");
      });
  if (!symbols)
    return symbols.takeError();
  engine.getMainJITDylib().addGenerator(std::move(*symbols));
  return llvm::Error::success();
}

/// No function of a module has this prefix: theirs come from `getSymbol`.
static std::string getPackedSymbol(const EntryPoint &entry) {
  return "ptq.packed." + entry.name;
}

/// Adds the packed form of `entry` to `module`: it loads each argument from its
/// pointer, so that one C++ type calls them all.
static void addPackedFunction(llvm::Module &module, const EntryPoint &entry) {
  llvm::Function *callee = module.getFunction(entry.getSymbol());
  llvm::IRBuilder<> builder(module.getContext());
  llvm::PointerType *pointer = builder.getPtrTy();
  auto *packed = llvm::Function::Create(
      llvm::FunctionType::get(builder.getVoidTy(), {pointer}, false),
      llvm::Function::ExternalLinkage, getPackedSymbol(entry), module);
  builder.SetInsertPoint(
      llvm::BasicBlock::Create(module.getContext(), "", packed));

  unsigned next = 0;
  auto loadPointer = [&]() -> llvm::Value * {
    llvm::Value *slot =
        builder.CreateConstGEP1_32(pointer, packed->getArg(0), next++);
    return builder.CreateLoad(pointer, slot);
  };
  SmallVector<llvm::Value *> arguments;
  for (llvm::Argument &argument : callee->args())
    arguments.push_back(builder.CreateLoad(argument.getType(), loadPointer()));
  llvm::CallInst *call = builder.CreateCall(callee, arguments);
  if (!call->getType()->isVoidTy())
    builder.CreateStore(call, loadPointer());
  builder.CreateRetVoid();
}

llvm::Expected<SmallVector<char, 0>>
ptq::compileForJIT(ModuleOp module, ArrayRef<EntryPoint> entryPoints,
                   llvm::TargetMachine &machine) {
  llvm::Expected<LLVMIR> ir = translateToLLVMIR(module, entryPoints, machine);
  if (!ir)
    return ir.takeError();
  for (const EntryPoint &entry : entryPoints)
    addPackedFunction(*ir->module, entry);
  optimize(*ir->module, machine);
  return generateCode(*ir->module, machine, llvm::CodeGenFileType::ObjectFile);
}

JIT::JIT(std::unique_ptr<llvm::orc::LLJIT> engine)
    : engine(std::move(engine)) {}

JIT::~JIT() = default;

llvm::Expected<std::unique_ptr<JIT>> JIT::create(SmallVector<char, 0> object,
                                                 llvm::TargetMachine &machine) {
  auto engine =
      llvm::orc::LLJITBuilder()
          .setJITTargetMachineBuilder(
              llvm::orc::JITTargetMachineBuilder(machine.getTargetTriple()))
          .setDataLayout(machine.createDataLayout())
          .create();
  if (!engine)
    return engine.takeError();
  if (llvm::Error error = addOpenMP(**engine))
    return std::move(error);
  if (llvm::Error error = (*engine)->addObjectFile(
          std::make_unique<llvm::SmallVectorMemoryBuffer>(
              std::move(object), "ptq", /*RequiresNullTerminator=*/false)))
    return std::move(error);
  return std::unique_ptr<JIT>(new JIT(std::move(*engine)));
}

llvm::Expected<PackedFunction> JIT::find(const EntryPoint &entry) const {
  auto address = engine->lookup(getPackedSymbol(entry));
  if (!address)
    return address.takeError();
  return address->toPtr<PackedFunction>();
}
