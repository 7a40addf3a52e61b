//===- Target.cpp - The machine that code is compiled for -----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Target.h"

#include "ptq/Codegen/Target.h"
#include "ptq/Codegen/ToLLVM.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace mlir::ptq;

/// Whether `ptq-to-llvm` has run: threads stay ops of the `omp` dialect, inside
/// functions and beside them.
static bool isLowered(ModuleOp module) {
  return llvm::all_of(module.getOps(), [](Operation &op) {
    StringRef dialect = op.getName().getDialectNamespace();
    return dialect == "llvm" || dialect == "omp";
  });
}

/// The CPU to compile for where none is named.
static StringRef getDefaultCPU(StringRef triple) {
  if (triple.empty())
    return "host";
  return llvm::Triple(triple).isX86() ? "x86-64-v3" : "generic";
}

llvm::Error ptq::lowerToLLVM(ModuleOp module, const Target &target,
                             Kernels kernels) {
  if (isLowered(module))
    return llvm::Error::success();
  ToLLVMOptions options;
  options.triple = target.triple;
  options.features = target.features;
  options.packs = kernels != Kernels::Portable;
  options.packsOnLoad = kernels == Kernels::PackedOnLoad;
  options.cpu =
      target.cpu.empty() ? getDefaultCPU(target.triple).str() : target.cpu;
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  buildToLLVM(manager, options);
  if (failed(manager.run(module)))
    return llvm::createStringError("cannot lower the module to LLVM");
  return llvm::Error::success();
}

static void initializeTargets() {
  static const bool once = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers(); // cpuid is inline assembly
    return true;
  }();
  (void)once;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
ptq::createTargetMachine(ModuleOp module) {
  initializeTargets();
  FailureOr<TargetDescription> target = getTarget(module);
  if (failed(target))
    return llvm::createStringError(
        "expects a module with the attribute 'ptq.target', which ptq-to-llvm "
        "leaves");
  llvm::Triple triple(target->triple);
  std::string message;
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, message);
  std::unique_ptr<llvm::TargetMachine> machine;
  if (backend)
    machine.reset(backend->createTargetMachine(
        triple, target->cpu, target->features, llvm::TargetOptions(),
        llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return llvm::createStringError("expects a target that LLVM generates code "
                                   "for, but got '" +
                                   target->triple + "'");
  return machine;
}

llvm::Error ptq::checkRunsHere(const llvm::TargetMachine &machine) {
  llvm::Triple host(llvm::sys::getProcessTriple());
  if (machine.getTargetTriple().getArch() != host.getArch())
    return llvm::createStringError(
        "cannot run code for '" + machine.getTargetTriple().str() +
        "' on this machine, which is '" + host.str() + "'");
  const llvm::MCSubtargetInfo &info = *machine.getMCSubtargetInfo();
  for (const auto &feature : llvm::sys::getHostCPUFeatures()) {
    bool isHere = feature.getValue();
    if (!isHere && info.checkFeatures(("+" + feature.getKey()).str()))
      return llvm::createStringError(
          "cannot run code for CPU '" + machine.getTargetCPU() +
          "' on this machine, which lacks '" + feature.getKey() + "'");
  }
  return llvm::Error::success();
}
