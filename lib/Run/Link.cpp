//===- Link.cpp - Object code into files ----------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Link.h"

#include "ptq/Run/OutputFile.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"

#include <dlfcn.h>
#include <list>
#include <omp.h>

using namespace mlir;
using namespace mlir::ptq;

static llvm::Error makeError(StringRef path, std::error_code code) {
  return llvm::createStringError(path + ": " + code.message());
}

/// The OpenMP runtime that this process has loaded.
static std::string getOpenMPLibrary() {
  Dl_info info;
  auto *address = reinterpret_cast<void *>(&omp_set_num_threads);
  return dladdr(address, &info) && info.dli_fname ? info.dli_fname : "";
}

LinkOptions ptq::getLinkOptions(const llvm::Module &module) {
  llvm::Triple host(llvm::sys::getProcessTriple());
  LinkOptions options;
  options.linksOpenMP =
      module.getTargetTriple().getArch() == host.getArch() &&
      llvm::any_of(module, [](const llvm::Function &function) {
        return function.isDeclaration() &&
               (function.getName().starts_with("__kmpc_") ||
                function.getName().starts_with("omp_"));
      });
  return options;
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

/// Links the object files `objects`.
static llvm::Error linkObjects(ArrayRef<StringRef> objects, LinkKind kind,
                               StringRef path, const LinkOptions &options) {
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

  SmallVector<StringRef> arguments = {*linker, "-o", unfinished};
  if (kind == LinkKind::Object)
    arguments.push_back("-r");
  else
    arguments.append(
        {"-shared", "-z", "now", "-soname", llvm::sys::path::filename(path)});
  llvm::append_range(arguments, objects);
  std::string openMP = getOpenMPLibrary();
  if (kind == LinkKind::SharedLibrary && options.linksOpenMP && !openMP.empty())
    arguments.append({openMP, "-rpath", llvm::sys::path::parent_path(openMP)});
  if (llvm::Error error = runLinker(arguments))
    return error;
  if (std::error_code code = llvm::sys::fs::rename(unfinished, path))
    return makeError(path, code);
  remover.releaseFile();
  return llvm::Error::success();
}

llvm::Error ptq::linkCode(ArrayRef<ArrayRef<char>> pieces, LinkKind kind,
                          StringRef path, const LinkOptions &options) {
  std::list<SmallString<128>> names;
  std::list<llvm::FileRemover> removers;
  SmallVector<StringRef> objects;
  for (ArrayRef<char> piece : pieces) {
    SmallString<128> &object = names.emplace_back();
    if (std::error_code code =
            llvm::sys::fs::createTemporaryFile("ptq", "o", object))
      return makeError("temporary object file", code);
    removers.emplace_back(object);
    if (llvm::Error error = writeOutputFile(object, [&](raw_ostream &os) {
          os << StringRef(piece.data(), piece.size());
        }))
      return error;
    objects.push_back(object);
  }
  return linkObjects(objects, kind, path, options);
}
