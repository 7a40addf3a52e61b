//===- CompiledModule.h - Machine code of a module, ready to be called ----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a module to results, in three steps:
//
//     mlir::ptq::registerAllDialects(registry);       // and upstream's
//     auto module = mlir::parseSourceFile<mlir::ModuleOp>("model.mlir",
//     &context);
//
//     mlir::ptq::CompileOptions options;
//     options.threads = 2;
//     auto compiled = mlir::ptq::CompiledModule::create(*module, options);
//     if (!compiled)
//       return compiled.takeError();
//
//     Buffer token = Buffer::copyOf<int64_t>({15043});
//     Buffer keys = Buffer::allocate(ElementKind::Float32, {5, 512, 4, 8});
//     Buffer values = Buffer::allocate(ElementKind::Float32, {5, 512, 4, 8});
//     auto results = (*compiled)->call(
//         "decode", {token, Buffer::scalar<int64_t>(0), keys, values});
//     if (!results)
//       return results.takeError();
//     llvm::ArrayRef<float> logits = results->front().getValues<float>();
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_RUN_COMPILEDMODULE_H
#define PTQ_RUN_COMPILEDMODULE_H

#include "ptq/IR/Parameters.h"
#include "ptq/Run/EntryPoint.h"
#include "ptq/Run/Target.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::ptq {

class JIT;

struct CompileOptions {
  /// Has to be a machine whose code runs here.
  Target target;
  /// Results do not depend on it.
  Kernels kernels = Kernels::PackedOnLoad;
  /// Threads of a call; 0 is one for each processor. Results do not depend on
  /// it.
  unsigned threads = 0;
  /// Folder of external parameters; empty is that of the module's file.
  std::string parameterRoot;
  /// Folder that compiled code is kept in from run to run; empty is none. See
  /// `getCodeCache`.
  std::string codeCache;
};

/// Machine code in memory, with its parameters mapped from their files.
class CompiledModule {
public:
  /// Compiles `module`, which may be lowered in place and is not needed
  /// afterwards.
  static llvm::Expected<std::unique_ptr<CompiledModule>>
  create(ModuleOp module, const CompileOptions &options = {});
  ~CompiledModule();

  /// The functions that can be called, in the order of their names.
  ArrayRef<EntryPoint> getEntryPoints() const { return entryPoints; }

  /// Null if there is no public function of this name.
  const EntryPoint *find(StringRef name) const;

  /// Calls the function `name`. Inputs for memrefs are read and written in
  /// place; the results own their memory. Fails, without calling, if there is
  /// no such function or the inputs do not fit it. Thread-safe.
  llvm::Expected<SmallVector<Buffer>> call(StringRef name,
                                           ArrayRef<Buffer> inputs) const;

  /// The same of an entry point of this module, which needs no search.
  llvm::Expected<SmallVector<Buffer>> call(const EntryPoint &entry,
                                           ArrayRef<Buffer> inputs) const;

private:
  struct Binding;

  CompiledModule(std::vector<EntryPoint> entryPoints, unsigned threads,
                 std::unique_ptr<JIT> jit);
  llvm::Error bind(StringRef parameterRoot);
  llvm::Expected<Buffer> load(const EntryPoint::Parameter &parameter);
  llvm::Expected<Buffer> pack(PackOnLoadAttr weights);

  std::vector<EntryPoint> entryPoints;
  unsigned threads;
  std::unique_ptr<Parameters> parameters;
  /// What several entry points read is packed once.
  llvm::DenseMap<Attribute, Buffer> packedWeights;
  std::unique_ptr<JIT> jit;
  /// What is known of each entry point before it is called.
  std::vector<Binding> bindings;
};

} // namespace mlir::ptq

#endif // PTQ_RUN_COMPILEDMODULE_H
