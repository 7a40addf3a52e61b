//===- Target.cpp - The CPU that code is generated for --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Target.h"
#include "ptq/Codegen/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_ATTACHTARGET
#define GEN_PASS_DEF_RECORDTARGET
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

/// What the host has beyond, or lacks of, the CPU model of its name: a virtual
/// machine may hide features.
static std::string
getHostFeatureDifference(const llvm::MCSubtargetInfo &model) {
  SmallVector<std::string> differences;
  for (const auto &feature : llvm::sys::getHostCPUFeatures()) {
    std::string enabled = ("+" + feature.getKey()).str();
    if (model.checkFeatures(enabled) != feature.getValue())
      differences.push_back((feature.getValue() ? "+" : "-") +
                            feature.getKey().str());
  }
  llvm::sort(differences);
  return llvm::join(differences, ",");
}

/// Name of what `subtarget` lacks of the least that is supported; empty if it
/// has all.
static StringRef getMissingFeatures(const llvm::Triple &triple,
                                    const llvm::MCSubtargetInfo &subtarget) {
  if (triple.getArch() == llvm::Triple::x86_64)
    return subtarget.checkFeatures("+avx2,+fma,+f16c")
               ? ""
               : "an x86 CPU with avx2, fma and f16c (x86-64-v3)";
  if (triple.isAArch64(64))
    return subtarget.checkFeatures("+neon") ? "" : "an aarch64 CPU with neon";
  return "an x86_64 or aarch64 triple";
}

FailureOr<TargetDescription> ptq::resolveTarget(Location loc, StringRef cpu,
                                                StringRef features,
                                                StringRef tripleName) {
  static bool initialized = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargetMCs();
    return true;
  }();
  (void)initialized;

  std::string hostTriple = llvm::sys::getProcessTriple();
  TargetDescription target;
  target.triple = llvm::Triple::normalize(
      tripleName.empty() ? StringRef(hostTriple) : tripleName);
  llvm::Triple triple(target.triple);
  std::string error;
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend) {
    emitError(loc) << "expects a triple that LLVM knows, but got '"
                   << tripleName << "'";
    return failure();
  }

  bool isHost = cpu == "host";
  if (isHost && triple.getArch() != llvm::Triple(hostTriple).getArch()) {
    emitError(loc) << "expects the name of a CPU of '" << target.triple
                   << "', but got 'host', which is '" << hostTriple << "'";
    return failure();
  }
  target.cpu = (isHost ? llvm::sys::getHostCPUName() : cpu).str();
  std::unique_ptr<llvm::MCSubtargetInfo> model(
      backend->createMCSubtargetInfo(triple, "", ""));
  if (!model || !model->isCPUStringValid(target.cpu)) {
    emitError(loc) << "expects a CPU of '" << triple.getArchName()
                   << "', but got '" << target.cpu << "'";
    return failure();
  }
  if (isHost) {
    model.reset(backend->createMCSubtargetInfo(triple, target.cpu, ""));
    target.features = getHostFeatureDifference(*model);
  }
  if (!features.empty())
    target.features += (target.features.empty() ? "" : ",") + features.str();

  model.reset(
      backend->createMCSubtargetInfo(triple, target.cpu, target.features));
  StringRef missing = getMissingFeatures(triple, *model);
  if (!missing.empty()) {
    emitError(loc) << "expects " << missing << ", but got '" << target.cpu
                   << "' of '" << target.triple << "'";
    return failure();
  }
  return target;
}

FailureOr<TargetDescription> ptq::getTarget(ModuleOp module) {
  auto target = module->getAttrOfType<DictionaryAttr>("ptq.target");
  if (!target)
    return failure();
  auto get = [&](StringRef name) {
    auto value = target.getAs<StringAttr>(name);
    return value ? value.str() : std::string();
  };
  return TargetDescription{get("triple"), get("cpu"), get("features")};
}

namespace {

struct RecordTarget : ptq::impl::RecordTargetBase<RecordTarget> {
  using RecordTargetBase::RecordTargetBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<TargetDescription> target =
        resolveTarget(module.getLoc(), cpu, features, triple);
    if (failed(target))
      return signalPassFailure();
    Builder builder(&getContext());
    module->setAttr(
        "ptq.target",
        builder.getDictionaryAttr(
            {builder.getNamedAttr("triple",
                                  builder.getStringAttr(target->triple)),
             builder.getNamedAttr("cpu", builder.getStringAttr(target->cpu)),
             builder.getNamedAttr("features",
                                  builder.getStringAttr(target->features))}));
    module->setAttr(LLVM::LLVMDialect::getTargetTripleAttrName(),
                    builder.getStringAttr(target->triple));
  }
};

struct AttachTarget : ptq::impl::AttachTargetBase<AttachTarget> {
  void runOnOperation() override {
    FailureOr<TargetDescription> target = getTarget(getOperation());
    if (failed(target)) {
      getOperation().emitError("expects ptq.target on the module");
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      if (function.isExternal())
        continue;
      function.setTargetCpu(target->cpu);
      if (!target->features.empty())
        function.setTargetFeaturesAttr(
            LLVM::TargetFeaturesAttr::get(&getContext(), target->features));
    }
  }
};

} // namespace
