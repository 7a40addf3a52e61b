//===- Static.cpp - What a kernel does on a CPU that is not here ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Static.h"
#include "MachineModel.h"
#include "MatmulModule.h"

#include "ptq/Codegen/Microkernels.h"
#include "ptq/Run/Emit.h"

#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::ptq;

/// What the instructions of `isa` multiply `formats` with.
static DotProducts getDotProducts(Isa isa, ProductFormats formats) {
  if (!formats.isInteger())
    return {{"fmla"}, 4};
  if (isa == Isa::NEON)
    return {{"smlal", "smlal2", "smull", "smull2"}, 8};
  if (isa == Isa::I8MM)
    return {{"smmla"}, 32};
  return {{"sdot"}, 16};
}

static llvm::Expected<StaticMeasurement> measure(const ProductCase &product) {
  OwningOpRef<ModuleOp> module = product.buildPackedModule();
  if (!module)
    return llvm::createStringError("cannot build the product");
  const TargetDescription &target = product.target;
  if (llvm::Error error = lowerToLLVM(
          *module, Target{target.triple, target.cpu, target.features}))
    return std::move(error);
  llvm::Expected<std::string> assembly = makeAssembly(*module);
  if (!assembly)
    return assembly.takeError();
  auto machine = createTargetMachine(*module);
  if (!machine)
    return machine.takeError();

  Isa isa = cast<IsaAttr>(Attribute(product.isa)).getValue();
  DotProducts dots = getDotProducts(isa, product.formats);
  InstructionList loop = findInnerLoop(*assembly, dots), dotLoop;
  for (const std::string &instruction : loop)
    if (dots.contains(instruction))
      dotLoop.push_back(instruction);
  if (dotLoop.empty())
    return llvm::createStringError("expects a loop with '" +
                                   dots.mnemonics.front() + "' in the kernel");
  llvm::Expected<LoopCost> cost = simulateLoop(**machine, loop);
  if (!cost)
    return cost.takeError();
  llvm::Expected<LoopCost> limit = simulateLoop(**machine, dotLoop);
  if (!limit)
    return limit.takeError();

  StaticMeasurement result;
  int64_t vectorBytes = getVectorBytes(**machine), numBytes = 0, numMacs = 0;
  for (const std::string &instruction : dotLoop)
    numMacs += dots.numMacs * (isScalable(instruction) ? vectorBytes / 16 : 1);
  for (const std::string &instruction : loop)
    numBytes += countLoadedBytes(instruction, vectorBytes);
  result.isa = stringifyIsa(isa);
  result.numDots = dotLoop.size();
  result.instructions = double(loop.size()) / numMacs;
  result.bytes = double(numBytes) / numMacs;
  result.numStack = llvm::count_if(
      loop, [](StringRef instruction) { return usesStack(instruction); });
  result.cycles = cost->cycles;
  result.limit = limit->cycles;
  double busy = 0;
  for (const auto &[pipe, cycles] : limit->pipes)
    busy += cost->pipes[pipe];
  result.busy = busy / (limit->pipes.size() * cost->cycles);
  return result;
}

llvm::Expected<std::vector<StaticMeasurement>>
ptq::measureStatically(MLIRContext *context, const std::string &format,
                       const std::string &cpu,
                       const std::vector<std::string> &isas) {
  FailureOr<TargetDescription> target = resolveTarget(
      UnknownLoc::get(context), cpu, /*features=*/"", "aarch64-linux-gnu");
  if (failed(target))
    return llvm::createStringError("expects the name of a CPU of AArch64, but "
                                   "got '" +
                                   cpu + "'");
  // All of K of the tile in one panel; several panels, as kernels have them.
  constexpr ProductShape shape{/*m=*/128, /*n=*/64, /*k=*/1024};
  std::vector<StaticMeasurement> results;
  llvm::Error refusal = llvm::Error::success();
  for (const std::string &isa :
       isas.empty() ? std::vector<std::string>{""} : isas) {
    auto product = ProductCase::create(context, format, shape, isa, *target);
    if (!product) {
      refusal = llvm::joinErrors(std::move(refusal), product.takeError());
      continue;
    }
    auto measured = measure(*product);
    if (!measured)
      return llvm::joinErrors(std::move(refusal), measured.takeError());
    measured->cpu = cpu;
    measured->format = format;
    results.push_back(*measured);
  }
  if (results.empty())
    return std::move(refusal);
  llvm::consumeError(std::move(refusal));
  return results;
}
