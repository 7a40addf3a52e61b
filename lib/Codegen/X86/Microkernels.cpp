//===- Microkernels.cpp - The kernels of #ptq.isa -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Codegen/Microkernels.h"
#include "X86Microkernel.h"

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

bool ptq::hasFeaturesOf(const TargetDescription &target,
                        const Microkernel &isa) {
  llvm::Triple triple(target.triple);
  std::string error;
  const llvm::Target *backend =
      triple.isX86() ? llvm::TargetRegistry::lookupTarget(triple, error)
                     : nullptr;
  if (!backend)
    return false;
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      backend->createMCSubtargetInfo(triple, target.cpu, target.features));
  return info && llvm::all_of(isa.getFeatures(), [&](StringRef feature) {
           return info->checkFeatures(("+" + feature).str());
         });
}

SmallVector<MicrokernelInterface>
ptq::getKernelsOf(MLIRContext *context, const TargetDescription &target) {
  SmallVector<MicrokernelInterface> kernels;
  for (Isa isa : {Isa::AVX512VNNI, Isa::AVXVNNI, Isa::AVX2, Isa::SSE41}) {
    auto attribute =
        dyn_cast<MicrokernelInterface>(Attribute(IsaAttr::get(context, isa)));
    if (attribute && hasFeaturesOf(target, attribute.getMicrokernel()))
      kernels.push_back(attribute);
  }
  return kernels;
}
