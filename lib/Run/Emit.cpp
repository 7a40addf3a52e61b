//===- Emit.cpp - Compiled modules as files -------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Emit.h"

#include "MachineCode.h"
#include "ptq/Run/OutputFile.h"
#include "ptq/Run/Target.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

#include <dlfcn.h>
#include <omp.h>

using namespace mlir;
using namespace mlir::ptq;

static llvm::Error makeError(StringRef path, std::error_code code) {
  return llvm::createStringError(path + ": " + code.message());
}

static llvm::Error writeFile(StringRef path, StringRef content) {
  return writeOutputFile(path, [&](raw_ostream &os) { os << content; });
}

//===----------------------------------------------------------------------===//
// Link
//===----------------------------------------------------------------------===//

/// The OpenMP runtime that this process has loaded.
static std::string getOpenMPLibrary() {
  Dl_info info;
  auto *address = reinterpret_cast<void *>(&omp_set_num_threads);
  return dladdr(address, &info) && info.dli_fname ? info.dli_fname : "";
}

static bool usesOpenMP(const llvm::Module &module) {
  return llvm::any_of(module, [](const llvm::Function &function) {
    return function.isDeclaration() &&
           (function.getName().starts_with("__kmpc_") ||
            function.getName().starts_with("omp_"));
  });
}

static llvm::Expected<std::string> findLinker() {
  for (const char *name : {"ld.lld-22", "ld.lld"})
    if (auto found = llvm::sys::findProgramByName(name))
      return *found;
  return llvm::createStringError(
      "expects ld.lld-22 or ld.lld on PATH to link a shared library");
}

/// Runs the linker; it prints what it finds wrong.
static llvm::Error runLinker(ArrayRef<StringRef> arguments) {
  std::string message;
  int status = llvm::sys::ExecuteAndWait(
      arguments.front(), arguments, /*Env=*/std::nullopt, /*Redirects=*/{},
      /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  if (status == 0)
    return llvm::Error::success();
  return llvm::createStringError(arguments.front() + " failed" +
                                 (message.empty()
                                      ? " with status " + std::to_string(status)
                                      : ": " + message));
}

/// Links the object code at `object` into the shared library `path`. It appears
/// there when it is complete.
static llvm::Error linkShared(StringRef object, StringRef path,
                              const llvm::Module &module) {
  llvm::Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  SmallString<128> unfinished;
  int descriptor;
  if (std::error_code code = llvm::sys::fs::createUniqueFile(
          path + ".%%%%%%", descriptor, unfinished, llvm::sys::fs::OF_None,
          llvm::sys::fs::all_read | llvm::sys::fs::all_write))
    return makeError(path, code);
  llvm::FileRemover remover(unfinished);
  llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);

  SmallVector<StringRef> arguments = {
      *linker, "-shared",  "-z",
      "now",   "-soname",  llvm::sys::path::filename(path),
      "-o",    unfinished, object};
  std::string openMP = getOpenMPLibrary();
  llvm::Triple host(llvm::sys::getProcessTriple());
  if (usesOpenMP(module) && !openMP.empty() &&
      module.getTargetTriple().getArch() == host.getArch())
    arguments.append({openMP, "-rpath", llvm::sys::path::parent_path(openMP)});
  if (llvm::Error error = runLinker(arguments))
    return error;
  if (std::error_code code = llvm::sys::fs::rename(unfinished, path))
    return makeError(path, code);
  remover.releaseFile();
  return llvm::Error::success();
}

static llvm::Error emitShared(ArrayRef<char> code, StringRef path,
                              const llvm::Module &module) {
  SmallString<128> object;
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("ptq", "o", object))
    return makeError("temporary object file", code);
  llvm::FileRemover remover(object);
  if (llvm::Error error =
          writeFile(object, StringRef(code.data(), code.size())))
    return error;
  return linkShared(object, path, module);
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
    return emitShared(*code, path, module);
  return writeFile(path, StringRef(code->data(), code->size()));
}

/// The entry points of code that somebody else loads: nobody there packs
/// weights.
static llvm::Expected<std::vector<EntryPoint>>
readEmittedEntryPoints(ModuleOp module) {
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

llvm::Error ptq::emitModule(ModuleOp module, EmitKind kind, StringRef path) {
  auto entryPoints = readEmittedEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  auto machine = createTargetMachine(module);
  if (!machine)
    return machine.takeError();
  llvm::Expected<LLVMIR> ir =
      translateToLLVMIR(module, *entryPoints, **machine);
  if (!ir)
    return ir.takeError();
  optimize(*ir->module, **machine);
  return emitCode(*ir->module, **machine, kind, path);
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
