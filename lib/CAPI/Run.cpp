//===- Run.cpp - Compiled modules of the C API ----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Handles.h"
#include "Tensors.h"

#include "ptq-c/Run.h"
#include "ptq/Run/CodeCache.h"
#include "ptq/Run/CompiledModule.h"
#include "ptq/Run/Emit.h"
#include "ptq/Run/Evaluate.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {

/// A `PtqValueType` that owns its text.
struct ValueType {
  explicit ValueType(Type type) {
    llvm::raw_string_ostream(text) << type;
    auto shaped = dyn_cast<ShapedType>(type);
    passing = !shaped                 ? PTQ_PASS_SCALAR
              : isa<MemRefType>(type) ? PTQ_PASS_MEMREF
                                      : PTQ_PASS_TENSOR;
    kind = static_cast<PtqElementKind>(
        *getElementKind(shaped ? shaped.getElementType() : type));
    if (shaped)
      llvm::append_range(shape, shaped.getShape());
  }

  PtqValueType get() const {
    return {passing, kind, static_cast<int64_t>(shape.size()), shape.data(),
            toC(text)};
  }

  PtqPassing passing;
  PtqElementKind kind;
  std::vector<int64_t> shape;
  std::string text;
};

} // namespace

static_assert(PTQ_DYNAMIC_SIZE == ShapedType::kDynamic,
              "a dynamic size of C is one of C++");

struct PtqFunction {
  PtqFunction(const CompiledModule &compiled, const EntryPoint &entry)
      : compiled(&compiled), entry(&entry) {
    for (Type type : entry.arguments)
      arguments.emplace_back(type);
    for (Type type : entry.results)
      results.emplace_back(type);
  }

  const CompiledModule *compiled;
  const EntryPoint *entry;
  std::vector<ValueType> arguments, results;
};

struct PtqCompiled {
  std::shared_ptr<ContextState> context; // holds the types of entry points
  std::unique_ptr<CompiledModule> compiled;
  std::vector<PtqFunction> functions;
};

size_t ptqCompiledGetNumFunctions(const PtqCompiled *compiled) {
  return compiled->functions.size();
}

const PtqFunction *ptqCompiledGetFunction(const PtqCompiled *compiled,
                                          size_t index) {
  return &compiled->functions[index];
}

const PtqFunction *ptqCompiledFindFunction(const PtqCompiled *compiled,
                                           const char *name) {
  for (const PtqFunction &function : compiled->functions)
    if (function.entry->name == fromC(name))
      return &function;
  return nullptr;
}

PtqStringRef ptqFunctionGetName(const PtqFunction *function) {
  return toC(function->entry->name);
}

size_t ptqFunctionGetNumArguments(const PtqFunction *function) {
  return function->arguments.size();
}

size_t ptqFunctionGetNumResults(const PtqFunction *function) {
  return function->results.size();
}

PtqValueType ptqFunctionGetArgument(const PtqFunction *function, size_t index) {
  return function->arguments[index].get();
}

PtqValueType ptqFunctionGetResult(const PtqFunction *function, size_t index) {
  return function->results[index].get();
}

//===----------------------------------------------------------------------===//
// Compile
//===----------------------------------------------------------------------===//

static Target getTarget(const PtqCompileOptions &options) {
  return {fromC(options.triple).str(), fromC(options.cpu).str(),
          fromC(options.features).str()};
}

PtqCompiled *ptqModuleCompile(const PtqModule *module,
                              const PtqCompileOptions *options,
                              PtqError **error) {
  static const PtqCompileOptions defaults = {};
  const PtqCompileOptions &given = options ? *options : defaults;
  CompileOptions compileOptions;
  compileOptions.target = getTarget(given);
  compileOptions.threads = given.threads;
  compileOptions.parameterRoot = fromC(given.root).str();
  compileOptions.codeCache = getCodeCache();

  Work work(*module->context);
  OwningOpRef<ModuleOp> copy = module->module.get().clone();
  auto compiled = CompiledModule::create(*copy, compileOptions);
  if (!compiled) {
    work.fail(error, compiled.takeError());
    return nullptr;
  }
  auto *result = new PtqCompiled{module->context, std::move(*compiled), {}};
  for (const EntryPoint &entry : result->compiled->getEntryPoints())
    result->functions.emplace_back(*result->compiled, entry);
  return result;
}

void ptqCompiledDestroy(PtqCompiled *compiled) { delete compiled; }

//===----------------------------------------------------------------------===//
// Call
//===----------------------------------------------------------------------===//

static llvm::Expected<SmallVector<Buffer>>
toBuffers(ArrayRef<PtqTensor> inputs,
          llvm::function_ref<bool(size_t)> isInPlace) {
  SmallVector<Buffer> buffers;
  for (auto [index, input] : llvm::enumerate(inputs)) {
    llvm::Expected<Buffer> buffer = toBuffer(input, index, isInPlace(index));
    if (!buffer)
      return buffer.takeError();
    buffers.push_back(std::move(*buffer));
  }
  return buffers;
}

static llvm::Error call(const PtqFunction &function, ArrayRef<PtqTensor> inputs,
                        PtqTensor *results) {
  auto buffers = toBuffers(inputs, [&](size_t index) {
    return index < function.arguments.size() &&
           function.arguments[index].passing == PTQ_PASS_MEMREF;
  });
  if (!buffers)
    return buffers.takeError();
  auto outputs = function.compiled->call(*function.entry, *buffers);
  if (!outputs)
    return outputs.takeError();
  for (Buffer &output : *outputs)
    *results++ = toTensor(std::move(output));
  return llvm::Error::success();
}

bool ptqFunctionCall(const PtqFunction *function, const PtqTensor *inputs,
                     size_t numInputs, PtqTensor *results, PtqError **error) {
  llvm::Error wrong = call(*function, {inputs, numInputs}, results);
  if (!wrong)
    return true;
  setError(error, std::move(wrong));
  return false;
}

static llvm::Error evaluate(const PtqModule &module, StringRef name,
                            ArrayRef<PtqTensor> inputs,
                            MutableArrayRef<PtqTensor> results) {
  auto buffers = toBuffers(inputs, [](size_t) { return false; });
  if (!buffers)
    return buffers.takeError();
  OwningOpRef<ModuleOp> copy = module.module.get().clone();
  auto outputs = evaluateReference(*copy, name, *buffers);
  if (!outputs)
    return outputs.takeError();
  if (outputs->size() != results.size())
    return llvm::createStringError(
        "expects room for " + Twine(outputs->size()) + " results, but got " +
        Twine(results.size()));
  for (auto [result, output] : llvm::zip_equal(results, *outputs))
    result = toTensor(std::move(output));
  return llvm::Error::success();
}

bool ptqModuleEvaluate(const PtqModule *module, const char *name,
                       const PtqTensor *inputs, size_t numInputs,
                       PtqTensor *results, size_t numResults,
                       PtqError **error) {
  Work work(*module->context);
  llvm::Error wrong = evaluate(*module, fromC(name), {inputs, numInputs},
                               {results, numResults});
  if (!wrong)
    return true;
  work.fail(error, std::move(wrong));
  return false;
}

//===----------------------------------------------------------------------===//
// Emit
//===----------------------------------------------------------------------===//

static llvm::Error emit(ModuleOp module, EmitKind kind, StringRef path,
                        const Target &target) {
  if (llvm::Error error = lowerToLLVM(module, target))
    return error;
  if (llvm::Error error = emitModule(module, kind, path))
    return error;
  if (kind != EmitKind::Object && kind != EmitKind::SharedLibrary)
    return llvm::Error::success();
  return emitHeader(module, path).takeError();
}

static_assert(PTQ_EMIT_LLVM == static_cast<int>(EmitKind::LLVM) &&
                  PTQ_EMIT_SHARED == static_cast<int>(EmitKind::SharedLibrary),
              "the kinds of C are those of C++");

bool ptqModuleEmit(const PtqModule *module, PtqEmitKind kind, const char *path,
                   const PtqCompileOptions *options, PtqError **error) {
  static const PtqCompileOptions defaults = {};
  Work work(*module->context);
  if (kind < PTQ_EMIT_LLVM || kind > PTQ_EMIT_SHARED || fromC(path).empty()) {
    work.fail(error, "expects a kind of PtqEmitKind and a path");
    return false;
  }
  OwningOpRef<ModuleOp> copy = module->module.get().clone();
  llvm::Error wrong = emit(*copy, static_cast<EmitKind>(kind), fromC(path),
                           getTarget(options ? *options : defaults));
  if (!wrong)
    return true;
  work.fail(error, std::move(wrong));
  return false;
}
