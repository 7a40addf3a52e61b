//===- CodeCache.cpp - Machine code of earlier runs -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A file is bytecode of a module without functions, with the attributes of the
// lowered one and the object code as one more, followed by the SHA-1 of that.
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/CodeCache.h"

#include "CompiledCode.h"
#include "ptq/Codegen/Target.h"
#include "ptq/IR/PTQ.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/Caching.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SHA1.h"
#include "llvm/Support/raw_sha1_ostream.h"

#include <link.h>

using namespace mlir;
using namespace mlir::ptq;

static constexpr StringLiteral objectName = "ptq.object";
static constexpr uint64_t maxFolderSize = 1 << 30;

std::string ptq::getCodeCache() {
  if (auto given = llvm::sys::Process::GetEnv("PTQ_CODE_CACHE"))
    return *given == "off" ? "" : *given;
  SmallString<128> folder;
  if (llvm::sys::path::cache_directory(folder))
    llvm::sys::path::append(folder, "ptq");
  return folder.str().str();
}

//===----------------------------------------------------------------------===//
// Key
//===----------------------------------------------------------------------===//

/// Adds the size and time of each program and library of this process, among
/// them this compiler.
static void addCompiler(raw_ostream &os) {
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *data) {
        StringRef name(info->dlpi_name);
        llvm::sys::fs::file_status status;
        if (!llvm::sys::fs::status(name.empty() ? "/proc/self/exe" : name,
                                   status))
          *static_cast<raw_ostream *>(data)
              << name << ' ' << status.getSize() << ' '
              << status.getLastModificationTime().time_since_epoch().count()
              << '\n';
        return 0;
      },
      &os);
}

/// Adds all of `module` but where its ops come from.
static LogicalResult addModule(raw_ostream &os, ModuleOp module) {
  OwningOpRef<ModuleOp> copy(cast<ModuleOp>(module->clone()));
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  manager.addPass(createStripDebugInfoPass());
  if (failed(manager.run(*copy)))
    return failure();
  return writeBytecodeToFile(*copy, os);
}

static FailureOr<std::string> makeKey(ModuleOp module,
                                      const CompileOptions &options) {
  FailureOr<TargetDescription> target = resolveTarget(
      module.getLoc(), options.target.cpu.empty() ? "host" : options.target.cpu,
      options.target.features, options.target.triple);
  if (failed(target))
    return failure();
  llvm::raw_sha1_ostream os;
  addCompiler(os);
  os << target->triple << '\n'
     << target->cpu << '\n'
     << target->features << '\n'
     << int(options.kernels) << '\n';
  if (failed(addModule(os, module)))
    return failure();
  return llvm::toHex(os.sha1(), /*LowerCase=*/true);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static ArrayRef<uint8_t> getBytes(StringRef text) {
  return {text.bytes_begin(), text.size()};
}

static std::string serialize(const CompiledCode &code) {
  ModuleOp description = *code.description;
  auto type =
      RankedTensorType::get(int64_t(code.object.size()),
                            IntegerType::get(description.getContext(), 8));
  description->setAttr(objectName,
                       DenseElementsAttr::getFromRawBuffer(type, code.object));
  llvm::scope_exit removeObject([&] { description->removeAttr(objectName); });
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  if (failed(writeBytecodeToFile(description, os)))
    return "";
  std::array<uint8_t, 20> hash = llvm::SHA1::hash(getBytes(bytes));
  bytes.append(hash.begin(), hash.end());
  return bytes;
}

static std::optional<CompiledCode> deserialize(llvm::MemoryBufferRef file,
                                               MLIRContext *context) {
  StringRef bytes = file.getBuffer(), hash = bytes.take_back(20);
  bytes = bytes.drop_back(hash.size());
  if (ArrayRef<uint8_t>(llvm::SHA1::hash(getBytes(bytes))) != getBytes(hash))
    return std::nullopt;
  context->getOrLoadDialect<PTQDialect>();
  CompiledCode code;
  code.description = parseSourceString<ModuleOp>(bytes, ParserConfig(context),
                                                 file.getBufferIdentifier());
  if (!code.description)
    return std::nullopt;
  auto object = dyn_cast_or_null<DenseElementsAttr>(
      (*code.description)->removeAttr(objectName));
  if (!object)
    return std::nullopt;
  llvm::append_range(code.object, object.getRawData());
  return code;
}

/// Writes a file that `open` opens, and removes old ones.
static llvm::Error write(const CompiledCode &code, StringRef folder,
                         const llvm::AddStreamFn &open) {
  std::string bytes = serialize(code);
  auto file = open(/*Task=*/0, /*ModuleName=*/"");
  if (!file)
    return file.takeError();
  *(*file)->OS << bytes;
  if (llvm::Error error = (*file)->commit())
    return error;
  llvm::CachePruningPolicy policy;
  policy.MaxSizeBytes = maxFolderSize;
  llvm::pruneCache(folder, policy);
  return llvm::Error::success();
}

/// The code under `key`, from its file in `folder` if that is there and whole.
static llvm::Expected<CompiledCode>
findOrCreate(ModuleOp module, StringRef folder, StringRef key,
             llvm::function_ref<llvm::Expected<CompiledCode>()> create) {
  auto warn = [&](llvm::Error error) {
    emitWarning(module.getLoc()) << "cannot keep compiled code in '" << folder
                                 << "': " << llvm::toString(std::move(error));
  };
  std::unique_ptr<llvm::MemoryBuffer> found;
  auto cache = llvm::localCache(
      "ptq", "unfinished", folder,
      [&](unsigned, const Twine &, std::unique_ptr<llvm::MemoryBuffer> file) {
        found = std::move(file);
      });
  if (!cache) {
    warn(cache.takeError());
    return create();
  }
  auto lookUp = [&] { return (*cache)(/*Task=*/0, key, /*ModuleName=*/""); };
  auto add = lookUp();
  if (add && found) {
    if (auto code = deserialize(*found, module.getContext()))
      return std::move(*code);
    SmallString<128> path(folder);
    llvm::sys::path::append(path, "llvmcache-" + key);
    emitWarning(module.getLoc())
        << "compiles again, since '" << path << "' is damaged";
    llvm::sys::fs::remove(path);
    add = lookUp();
  }
  if (!add) {
    warn(add.takeError());
    return create();
  }
  auto code = create();
  if (code && *add)
    if (llvm::Error error = write(*code, folder, *add))
      warn(std::move(error));
  return code;
}

llvm::Expected<CompiledCode>
ptq::findOrCompileCode(ModuleOp module, const CompileOptions &options) {
  auto compile = [&] { return compileCode(module, options); };
  if (options.codeCache.empty() || module.getContext()->getRemarkEngine())
    return compile();
  FailureOr<std::string> key = makeKey(module, options);
  if (failed(key))
    return llvm::createStringError("cannot lower the module to LLVM");
  return findOrCreate(module, options.codeCache, *key, compile);
}
