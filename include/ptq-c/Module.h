//===- Module.h - Contexts and modules ----------------------------*- C -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_C_MODULE_H
#define PTQ_C_MODULE_H

#include "ptq-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Contexts
//===----------------------------------------------------------------------===//

/// Owns types, constants and diagnostics; knows every dialect of MLIR and ptq.
/// Constants stay in memory until the last module of their context is gone.
typedef struct PtqContext PtqContext;

PTQ_EXPORTED PtqContext *ptqContextCreate(void);

PTQ_EXPORTED void ptqContextDestroy(PtqContext *context);

/// Receives warnings, remarks, and the notes on them, while a function runs and
/// on the thread that emits them. Must not call functions of this API. Errors
/// are in the `PtqError` of the function that fails.
typedef void (*PtqDiagnosticHandler)(const PtqDiagnostic *diagnostic,
                                     void *userData);

/// NULL, the default, prints to standard error.
PTQ_EXPORTED void ptqContextSetDiagnosticHandler(PtqContext *context,
                                                 PtqDiagnosticHandler handler,
                                                 void *userData);

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

/// A `builtin.module`, verified.
typedef struct PtqModule PtqModule;

/// Reads MLIR text or bytecode. Diagnostics name the file `name`; the folder it
/// is in is where the module's external parameters are looked for.
PTQ_EXPORTED PtqModule *ptqModuleParse(PtqContext *context, PtqStringRef source,
                                       const char *name, PtqError **error);

/// The same of the content of the file `path`.
PTQ_EXPORTED PtqModule *ptqModuleLoad(PtqContext *context, const char *path,
                                      PtqError **error);

/// Imports the Hugging Face checkpoint of a Llama, Mistral or Qwen2 in `folder`
/// as functions `prefill` and `decode`. Its weights stay in its files. Prepares
/// for sequences of `contextLength` tokens; 0 is what the checkpoint was made
/// for.
PTQ_EXPORTED PtqModule *ptqModuleImportLlama(PtqContext *context,
                                             const char *folder,
                                             int64_t contextLength,
                                             PtqError **error);

/// Imports the ONNX model in the file `path` as one function, named like its
/// graph; docs/onnx.md lists the ops. Fails, too, if the library was built
/// without ONNX.
PTQ_EXPORTED PtqModule *ptqModuleImportOnnx(PtqContext *context,
                                            const char *path, PtqError **error);

/// A copy in the same context. Constants are shared, not copied.
PTQ_EXPORTED PtqModule *ptqModuleClone(const PtqModule *module);

PTQ_EXPORTED void ptqModuleDestroy(PtqModule *module);

/// The text of the module. Constants with more than `maxElements` elements are
/// left out, and the text cannot be parsed then; a negative number prints all.
PTQ_EXPORTED char *ptqModulePrint(const PtqModule *module, int64_t maxElements);

/// Writes text, or bytecode if `path` ends in `.mlirbc`. The file appears when
/// it is complete.
PTQ_EXPORTED bool ptqModuleWrite(const PtqModule *module, const char *path,
                                 PtqError **error);

/// Runs a pipeline of any registered passes, ours and MLIR's, written as for
/// the option `--pass-pipeline` of `mlir-opt`. The anchor `builtin.module(...)`
/// may be left out:
///
///     ptqModuleRunPipeline(module, "ptq-quantize{recipe=w4a8-g32},cse",
///     &error)
PTQ_EXPORTED bool ptqModuleRunPipeline(PtqModule *module, const char *pipeline,
                                       PtqError **error);

#ifdef __cplusplus
}
#endif

#endif // PTQ_C_MODULE_H
