//===- Emit.cpp - Compiled modules as files -------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Emit.h"

#include "Link.h"
#include "MachineCode.h"
#include "ptq/Run/OutputFile.h"
#include "ptq/Run/Target.h"

#include "llvm/Support/Path.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::ptq;

static llvm::Error writeFile(StringRef path, StringRef content) {
  return writeOutputFile(path, [&](raw_ostream &os) { os << content; });
}

//===----------------------------------------------------------------------===//
// Emit
//===----------------------------------------------------------------------===//

static llvm::Error emitCode(llvm::Module &module, llvm::TargetMachine &machine,
                            EmitKind kind, StringRef path) {
  if (kind == EmitKind::LLVM) {
    std::string text;
    llvm::raw_string_ostream(text) << module;
    return writeFile(path, text);
  }
  auto code = generateCode(module, machine,
                           kind == EmitKind::Assembly
                               ? llvm::CodeGenFileType::AssemblyFile
                               : llvm::CodeGenFileType::ObjectFile);
  if (!code)
    return code.takeError();
  if (kind == EmitKind::SharedLibrary)
    return linkCode({*code}, LinkKind::SharedLibrary, path,
                    getLinkOptions(module));
  return writeFile(path, StringRef(code->data(), code->size()));
}

llvm::Expected<std::vector<EntryPoint>>
ptq::readEmittedEntryPoints(ModuleOp module) {
  auto entryPoints = readEntryPoints(module);
  if (!entryPoints)
    return entryPoints;
  for (const EntryPoint &entry : *entryPoints)
    for (const EntryPoint::Parameter &parameter : entry.parameters)
      if (isa<PackOnLoadAttr>(parameter.value))
        return llvm::createStringError(
            "expects parameters in files, but got '" + parameter.symbol +
            "', which has to be packed when it is loaded (lower the module "
            "without packs-on-load)");
  return entryPoints;
}

/// Translates and optimizes a lowered module.
static llvm::Expected<LLVMIR> makeOptimizedIR(ModuleOp module,
                                              llvm::TargetMachine &machine) {
  auto entryPoints = readEmittedEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  llvm::Expected<LLVMIR> ir = translateToLLVMIR(module, *entryPoints, machine);
  if (ir)
    optimize(*ir->module, machine);
  return ir;
}

llvm::Error ptq::emitModule(ModuleOp module, EmitKind kind, StringRef path) {
  auto machine = createTargetMachine(module);
  if (!machine)
    return machine.takeError();
  llvm::Expected<LLVMIR> ir = makeOptimizedIR(module, **machine);
  if (!ir)
    return ir.takeError();
  return emitCode(*ir->module, **machine, kind, path);
}

llvm::Expected<std::string> ptq::makeAssembly(ModuleOp module) {
  auto machine = createTargetMachine(module);
  if (!machine)
    return machine.takeError();
  llvm::Expected<LLVMIR> ir = makeOptimizedIR(module, **machine);
  if (!ir)
    return ir.takeError();
  auto code =
      generateCode(*ir->module, **machine, llvm::CodeGenFileType::AssemblyFile);
  if (!code)
    return code.takeError();
  return std::string(code->data(), code->size());
}

llvm::Expected<std::string> ptq::emitHeader(ModuleOp module, StringRef path) {
  auto entryPoints = readEmittedEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  SmallString<128> header(path);
  llvm::sys::path::replace_extension(header, "h");
  if (llvm::Error error = writeFile(
          header, makeHeader(*entryPoints, llvm::sys::path::filename(path))))
    return std::move(error);
  return header.str().str();
}
