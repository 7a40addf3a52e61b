//===- Microkernels.cpp - The kernels of #ptq.isa -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Microkernels.h"
#include "Arm/ArmMicrokernel.h"
#include "X86/X86Microkernel.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

struct IsaModel : MicrokernelInterface::ExternalModel<IsaModel, ptq::IsaAttr> {
  const Microkernel &getMicrokernel(Attribute attribute) const {
    switch (cast<IsaAttr>(attribute).getValue()) {
    case Isa::SSE41:
      return getSSE41Microkernel();
    case Isa::AVX2:
      return getAVX2Microkernel();
    case Isa::AVXVNNI:
      return getAVXVNNIMicrokernel();
    case Isa::AVX512VNNI:
      return getAVX512VNNIMicrokernel();
    case Isa::NEON:
      return getNEONMicrokernel();
    case Isa::DotProd:
      return getDotProdMicrokernel();
    case Isa::I8MM:
      return getI8MMMicrokernel();
    case Isa::SVE:
      return getSVEMicrokernel();
    }
    llvm_unreachable("unknown instruction set");
  }
};

} // namespace

void ptq::registerMicrokernels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, PTQDialect *) {
    IsaAttr::attachInterface<IsaModel>(*context);
  });
}

/// The instruction sets of an architecture, the fastest first.
static ArrayRef<Isa> getIsas(const llvm::Triple &triple) {
  static constexpr Isa x86[] = {Isa::AVX512VNNI, Isa::AVXVNNI, Isa::AVX2,
                                Isa::SSE41};
  static constexpr Isa arm[] = {Isa::I8MM, Isa::DotProd, Isa::SVE, Isa::NEON};
  if (triple.isX86())
    return x86;
  if (triple.isAArch64(64))
    return arm;
  return {};
}

bool ptq::hasFeaturesOf(const TargetDescription &target,
                        MicrokernelInterface kernel) {
  llvm::Triple triple(target.triple);
  auto named = dyn_cast<IsaAttr>(Attribute(kernel));
  if (named && !llvm::is_contained(getIsas(triple), named.getValue()))
    return false;
  std::string error;
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return false;
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      backend->createMCSubtargetInfo(triple, target.cpu, target.features));
  return info &&
         llvm::all_of(kernel.getMicrokernel().getFeatures(),
                      [&](StringRef feature) {
                        return info->checkFeatures(("+" + feature).str());
                      });
}

SmallVector<MicrokernelInterface>
ptq::getKernelsOf(MLIRContext *context, const TargetDescription &target) {
  SmallVector<MicrokernelInterface> kernels;
  for (Isa isa : getIsas(llvm::Triple(target.triple))) {
    auto attribute =
        dyn_cast<MicrokernelInterface>(Attribute(IsaAttr::get(context, isa)));
    if (attribute && hasFeaturesOf(target, attribute))
      kernels.push_back(attribute);
  }
  return kernels;
}
