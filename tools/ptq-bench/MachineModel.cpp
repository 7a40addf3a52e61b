//===- MachineModel.cpp - What LLVM's model of a CPU makes of a loop ------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MachineModel.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCInstrAnalysis.h"
#include "llvm/MC/MCObjectFileInfo.h"
#include "llvm/MC/MCParser/MCAsmParser.h"
#include "llvm/MC/MCParser/MCTargetAsmParser.h"
#include "llvm/MC/MCStreamer.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/MCA/Context.h"
#include "llvm/MCA/CustomBehaviour.h"
#include "llvm/MCA/HWEventListener.h"
#include "llvm/MCA/InstrBuilder.h"
#include "llvm/MCA/Pipeline.h"
#include "llvm/MCA/SourceMgr.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

namespace {

/// Keeps the instructions that a parser reads.
class InstructionStreamer : public llvm::MCStreamer {
public:
  explicit InstructionStreamer(llvm::MCContext &context)
      : MCStreamer(context) {}

  void emitInstruction(const llvm::MCInst &instruction,
                       const llvm::MCSubtargetInfo &) override {
    instructions.push_back(instruction);
  }
  bool emitSymbolAttribute(llvm::MCSymbol *, llvm::MCSymbolAttr) override {
    return true;
  }
  void emitCommonSymbol(llvm::MCSymbol *, uint64_t, llvm::Align) override {}

  std::vector<llvm::MCInst> instructions;
};

/// Counts the cycles of pipes.
class PipeListener : public llvm::mca::HWEventListener {
public:
  explicit PipeListener(LoopCost &cost) : cost(cost) {}

  using HWEventListener::onEvent;
  void onEvent(const llvm::mca::HWInstructionEvent &event) override {
    if (event.Type != llvm::mca::HWInstructionEvent::Issued)
      return;
    auto &issued =
        static_cast<const llvm::mca::HWInstructionIssuedEvent &>(event);
    for (const llvm::mca::ResourceUse &use : issued.UsedResources)
      cost.pipes[use.first] += double(use.second);
  }

private:
  LoopCost &cost;
};

} // namespace

static llvm::Expected<std::vector<llvm::MCInst>>
parse(const llvm::TargetMachine &machine, llvm::MCContext &context,
      llvm::SourceMgr &sources) {
  const llvm::Target &target = machine.getTarget();
  std::unique_ptr<llvm::MCObjectFileInfo> file(
      target.createMCObjectFileInfo(context, /*PIC=*/true));
  context.setObjectFileInfo(file.get());
  InstructionStreamer streamer(context);
  std::unique_ptr<llvm::MCAsmParser> parser(llvm::createMCAsmParser(
      sources, context, streamer, *machine.getMCAsmInfo()));
  llvm::MCTargetOptions options;
  std::unique_ptr<llvm::MCTargetAsmParser> targetParser(
      target.createMCAsmParser(*machine.getMCSubtargetInfo(), *parser,
                               *machine.getMCInstrInfo(), options));
  if (!targetParser)
    return llvm::createStringError("expects a target whose assembly LLVM "
                                   "reads, but got '" +
                                   machine.getTargetTriple().str() + "'");
  parser->setTargetParser(*targetParser);
  if (parser->Run(/*NoInitialTextSection=*/false))
    return llvm::createStringError("cannot read the assembly of a kernel");
  return std::move(streamer.instructions);
}

//===----------------------------------------------------------------------===//
// Simulation
//===----------------------------------------------------------------------===//

static llvm::Expected<LoopCost> simulate(const llvm::TargetMachine &machine,
                                         ArrayRef<llvm::MCInst> instructions) {
  constexpr unsigned numRounds = 200;
  const llvm::MCSubtargetInfo &subtarget = *machine.getMCSubtargetInfo();
  const llvm::MCInstrInfo &info = *machine.getMCInstrInfo();
  const llvm::MCRegisterInfo &registers = *machine.getMCRegisterInfo();
  std::unique_ptr<llvm::MCInstrAnalysis> analysis(
      machine.getTarget().createMCInstrAnalysis(&info));
  llvm::mca::InstrumentManager instruments(subtarget, info,
                                           /*EnableInstruments=*/false);
  llvm::mca::InstrBuilder builder(subtarget, info, registers, analysis.get(),
                                  instruments, /*CallLatency=*/100);
  std::vector<std::unique_ptr<llvm::mca::Instruction>> sequence;
  for (const llvm::MCInst &instruction : instructions) {
    auto created = builder.createInstruction(instruction, {});
    if (!created)
      return created.takeError();
    sequence.push_back(std::move(*created));
  }
  llvm::mca::CircularSourceMgr source(sequence, numRounds);
  llvm::mca::CustomBehaviour behaviour(subtarget, source, info);
  llvm::mca::Context context(registers, subtarget);
  // Sizes of queues are those of the model; stores and loads do not overlap.
  llvm::mca::PipelineOptions options(0, 0, 0, 0, 0, 0, /*NoAlias=*/true);
  auto pipeline = context.createDefaultPipeline(options, source, behaviour);
  LoopCost cost;
  PipeListener listener(cost);
  pipeline->addEventListener(&listener);
  llvm::Expected<unsigned> cycles = pipeline->run();
  if (!cycles)
    return cycles.takeError();
  cost.cycles = double(*cycles) / numRounds;
  for (auto &[pipe, busy] : cost.pipes)
    busy /= numRounds;
  return cost;
}

llvm::Expected<LoopCost> ptq::simulateLoop(const llvm::TargetMachine &machine,
                                           const InstructionList &loop) {
  const llvm::MCSubtargetInfo &subtarget = *machine.getMCSubtargetInfo();
  if (!subtarget.getSchedModel().hasInstrSchedModel())
    return llvm::createStringError(
        "expects a CPU that LLVM has a scheduling model of, but got '" +
        machine.getTargetCPU() + "'");
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(llvm::join(loop, "\n") + "\n"),
      llvm::SMLoc());
  llvm::MCContext context(machine.getTargetTriple(), machine.getMCAsmInfo(),
                          machine.getMCRegisterInfo(), &subtarget, &sources);
  auto instructions = parse(machine, context, sources);
  if (!instructions)
    return instructions.takeError();
  return simulate(machine, *instructions);
}

int64_t ptq::getVectorBytes(llvm::TargetMachine &machine) {
  llvm::LLVMContext context;
  llvm::Module module("ptq", context);
  auto *function = llvm::Function::Create(
      llvm::FunctionType::get(llvm::Type::getVoidTy(context), false),
      llvm::GlobalValue::ExternalLinkage, "f", module);
  return 16 * machine.getTargetTransformInfo(*function)
                  .getVScaleForTuning()
                  .value_or(1);
}
