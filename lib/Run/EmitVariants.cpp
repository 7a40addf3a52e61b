//===- EmitVariants.cpp - Code for several CPUs in one file ---------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CPUVariants.h"
#include "Link.h"
#include "MachineCode.h"
#include "ptq/Run/Emit.h"
#include "ptq/Run/Target.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

class VariantEmitter {
public:
  /// Compiles `module`, lowered for one more CPU. Its entry points are hidden
  /// under names of their own.
  llvm::Error add(ModuleOp module);
  /// Adds the entry points, which choose.
  llvm::Error addEntryPoints(ModuleOp lowered);
  llvm::Error link(LinkKind kind, StringRef path) const;

private:
  std::string makeEntryPoints(const llvm::Triple &triple,
                              ArrayRef<EntryPoint> entryPoints) const;

  std::vector<SmallVector<char, 0>> pieces;
  std::vector<CPURequirement> requirements;
  llvm::StringMap<std::string> signatures; // of entry points
  LinkOptions linkOptions;
};

} // namespace

/// "RESULT |(TYPE %a0, ..)": what stands before and behind a name.
static std::string printSignature(const llvm::Function &function) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << *function.getReturnType() << " |(";
  llvm::interleaveComma(function.args(), os, [&](const llvm::Argument &value) {
    os << *value.getType() << " %a" << value.getArgNo();
  });
  os << ")";
  return text;
}

llvm::Error VariantEmitter::add(ModuleOp module) {
  auto entryPoints = readEmittedEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  auto machine = createTargetMachine(module);
  if (!machine)
    return machine.takeError();
  auto requirement = getCPURequirement(**machine);
  if (!requirement)
    return requirement.takeError();
  llvm::Expected<LLVMIR> ir =
      translateToLLVMIR(module, *entryPoints, **machine);
  if (!ir)
    return ir.takeError();
  optimize(*ir->module, **machine);
  for (const EntryPoint &entry : *entryPoints) {
    llvm::Function *function = ir->module->getFunction(entry.getSymbol());
    signatures[entry.getSymbol()] = printSignature(*function);
    function->setName(entry.getSymbol() + "." + Twine(pieces.size()));
    function->setVisibility(llvm::GlobalValue::HiddenVisibility);
  }
  auto code =
      generateCode(*ir->module, **machine, llvm::CodeGenFileType::ObjectFile);
  if (!code)
    return code.takeError();
  linkOptions.linksOpenMP |= getLinkOptions(*ir->module).linksOpenMP;
  requirements.push_back(*requirement);
  pieces.push_back(std::move(*code));
  return llvm::Error::success();
}

/// Each entry point calls what its table has at the number that was selected.
std::string
VariantEmitter::makeEntryPoints(const llvm::Triple &triple,
                                ArrayRef<EntryPoint> entryPoints) const {
  std::string text = makeSelectFunction(triple, "ptq.select", requirements);
  llvm::raw_string_ostream os(text);
  os << "@ptq.selected = internal global i32 -1\n"
        "define internal i32 @ptq.get_selected() {\n"
        "  %known = load atomic i32, ptr @ptq.selected monotonic, align 4\n"
        "  %is = icmp sge i32 %known, 0\n"
        "  br i1 %is, label %done, label %choose\n"
        "choose:\n"
        "  %found = call i32 @ptq.select()\n"
        "  store atomic i32 %found, ptr @ptq.selected monotonic, align 4\n"
        "  ret i32 %found\n"
        "done:\n"
        "  ret i32 %known\n}\n";
  for (const EntryPoint &entry : entryPoints) {
    std::string symbol = entry.getSymbol();
    std::string signature = signatures.lookup(symbol);
    auto [result, arguments] = StringRef(signature).split('|');
    auto quote = [&](const Twine &suffix) {
      return "@\"" + symbol + suffix.str() + "\"";
    };
    SmallVector<std::string> names;
    for (size_t i = 0; i < pieces.size(); ++i) {
      names.push_back("ptr " + quote("." + Twine(i)));
      os << "declare hidden " << result << quote("." + Twine(i)) << arguments
         << "\n";
    }
    os << quote(".table") << " = internal constant [" << pieces.size()
       << " x ptr] [";
    llvm::interleaveComma(names, os);
    os << "]\ndefine " << result << quote("") << arguments
       << " {\n  %n = call i32 @ptq.get_selected()\n"
       << "  %p = getelementptr ptr, ptr " << quote(".table")
       << ", i32 %n\n  %f = load ptr, ptr %p\n  "
       << (result == "void " ? "" : "%r = ") << "musttail call " << result
       << "%f" << arguments << "\n  ret "
       << (result == "void " ? result.str() : result.str() + "%r") << "\n}\n";
  }
  return text;
}

llvm::Error VariantEmitter::addEntryPoints(ModuleOp lowered) {
  auto entryPoints = readEmittedEntryPoints(lowered);
  if (!entryPoints)
    return entryPoints.takeError();
  auto machine = createTargetMachine(lowered);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  llvm::SMDiagnostic diagnostic;
  const llvm::Triple &triple = (*machine)->getTargetTriple();
  auto module = llvm::parseAssemblyString(makeEntryPoints(triple, *entryPoints),
                                          diagnostic, context);
  if (!module)
    return llvm::createStringError("cannot choose code at run time: " +
                                   diagnostic.getMessage());
  module->setTargetTriple(triple);
  module->setDataLayout((*machine)->createDataLayout());
  auto code =
      generateCode(*module, **machine, llvm::CodeGenFileType::ObjectFile);
  if (!code)
    return code.takeError();
  pieces.push_back(std::move(*code));
  return llvm::Error::success();
}

llvm::Error VariantEmitter::link(LinkKind kind, StringRef path) const {
  SmallVector<ArrayRef<char>> views(pieces.begin(), pieces.end());
  return linkCode(views, kind, path, linkOptions);
}

llvm::Expected<OwningOpRef<ModuleOp>>
ptq::emitVariants(ModuleOp module, const Target &target,
                  ArrayRef<std::string> cpus, EmitKind kind, StringRef path) {
  if (kind != EmitKind::Object && kind != EmitKind::SharedLibrary)
    return llvm::createStringError(
        "expects an object file or a shared library for several CPUs");
  VariantEmitter emitter;
  OwningOpRef<ModuleOp> lowered;
  for (const std::string &cpu : cpus) {
    Target variant = target;
    variant.cpu = cpu;
    lowered = module.clone();
    if (llvm::Error error = lowerToLLVM(*lowered, variant))
      return std::move(error);
    if (llvm::Error error = emitter.add(*lowered))
      return std::move(error);
  }
  if (llvm::Error error = emitter.addEntryPoints(*lowered))
    return std::move(error);
  if (llvm::Error error = emitter.link(
          kind == EmitKind::Object ? LinkKind::Object : LinkKind::SharedLibrary,
          path))
    return std::move(error);
  return std::move(lowered);
}
