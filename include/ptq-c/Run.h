//===- Run.h - Compile a module, call it, write its code ----------*- C -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_C_RUN_H
#define PTQ_C_RUN_H

#include "ptq-c/Module.h"
#include "ptq-c/Tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Compile
//===----------------------------------------------------------------------===//

typedef struct PtqCompileOptions {
  /// As LLVM names it; default this machine's.
  const char *cpu;
  /// Added to those of the CPU: "+avx512vnni,-avx512f".
  const char *features;
  /// Of `ptqModuleEmit` only: "aarch64-linux-gnu". Default this machine's.
  const char *triple;
  /// Threads of a call; 0 is one for each processor. Results do not depend on
  /// it.
  unsigned threads;
  /// Folder of the files that external parameters name. By default that of the
  /// module.
  const char *root;
} PtqCompileOptions;

/// Machine code of a module.
typedef struct PtqCompiled PtqCompiled;

/// Compiles the public functions of `module`, which stays as it is and is not
/// needed afterwards. `options` may be NULL. The code is kept in the user's
/// cache for the next process that asks for it; the environment variable
/// PTQ_CODE_CACHE names another folder, or "off".
PTQ_EXPORTED PtqCompiled *ptqModuleCompile(const PtqModule *module,
                                           const PtqCompileOptions *options,
                                           PtqError **error);

PTQ_EXPORTED void ptqCompiledDestroy(PtqCompiled *compiled);

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// A function of compiled code, which owns it.
typedef struct PtqFunction PtqFunction;

PTQ_EXPORTED size_t ptqCompiledGetNumFunctions(const PtqCompiled *compiled);

/// In the order of their names. Expects `index` to be in range.
PTQ_EXPORTED const PtqFunction *
ptqCompiledGetFunction(const PtqCompiled *compiled, size_t index);

/// NULL if there is none.
PTQ_EXPORTED const PtqFunction *
ptqCompiledFindFunction(const PtqCompiled *compiled, const char *name);

/// How a value crosses the border of compiled code.
typedef enum PtqPassing {
  PTQ_PASS_SCALAR = 0, ///< rank 0
  PTQ_PASS_TENSOR = 1, ///< an argument is read
  PTQ_PASS_MEMREF = 2  ///< an argument is read and written in place
} PtqPassing;

/// In `PtqValueType::shape`: any size.
#define PTQ_DYNAMIC_SIZE INT64_MIN

/// What a function takes or gives; the memory is the function's.
typedef struct PtqValueType {
  PtqPassing passing;
  PtqElementKind kind;
  int64_t rank;
  const int64_t *shape;
  /// As MLIR spells it: `tensor<?x64xf32>`.
  PtqStringRef text;
} PtqValueType;

PTQ_EXPORTED PtqStringRef ptqFunctionGetName(const PtqFunction *function);
PTQ_EXPORTED size_t ptqFunctionGetNumArguments(const PtqFunction *function);
PTQ_EXPORTED size_t ptqFunctionGetNumResults(const PtqFunction *function);

/// Expect `index` to be in range.
PTQ_EXPORTED PtqValueType ptqFunctionGetArgument(const PtqFunction *function,
                                                 size_t index);
PTQ_EXPORTED PtqValueType ptqFunctionGetResult(const PtqFunction *function,
                                               size_t index);

/// Calls `function`. Inputs have to fit the arguments in number, shape and
/// element type; `PTQ_UINT8` passes for i8, too. They are used in place, but
/// those for tensors are copied if they are not dense or not aligned to their
/// elements; those for memrefs must be dense and aligned.
///
/// `results` has room for `ptqFunctionGetNumResults`; each has to be released
/// with `ptqTensorRelease`. They may outlive the compiled code.
PTQ_EXPORTED bool ptqFunctionCall(const PtqFunction *function,
                                  const PtqTensor *inputs, size_t numInputs,
                                  PtqTensor *results, PtqError **error);

/// Computes the same by the exact arithmetic, slowly and without machine code:
/// of tensors and scalars, by ptq ops and what folds. `numResults` has to be
/// the number of results of the function `name`.
PTQ_EXPORTED bool ptqModuleEvaluate(const PtqModule *module, const char *name,
                                    const PtqTensor *inputs, size_t numInputs,
                                    PtqTensor *results, size_t numResults,
                                    PtqError **error);

//===----------------------------------------------------------------------===//
// Code in files
//===----------------------------------------------------------------------===//

typedef enum PtqEmitKind PTQ_INT_ENUM {
  PTQ_EMIT_LLVM = 0,     ///< LLVM IR in text, optimized
  PTQ_EMIT_ASSEMBLY = 1, ///< assembly text
  PTQ_EMIT_OBJECT = 2,   ///< an object file and a C header
  PTQ_EMIT_SHARED = 3    ///< a shared library and a C header
} PtqEmitKind;

/// Compiles `module`, which stays as it is, and writes its code to `path`; the
/// C header goes beside it, with the extension `.h`. `options` may be NULL; its
/// `threads` and `root` say nothing here.
PTQ_EXPORTED bool ptqModuleEmit(const PtqModule *module, PtqEmitKind kind,
                                const char *path,
                                const PtqCompileOptions *options,
                                PtqError **error);

#ifdef __cplusplus
}
#endif

#endif // PTQ_C_RUN_H
