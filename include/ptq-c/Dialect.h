//===- Dialect.h - The dialect for users of the C API of MLIR -----*- C -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Handles here are those of `mlir-c`. This library needs no `libMLIRCAPI*.a`
// and defines none of its symbols; a program that links them, by path and
// beside the same libMLIR.so, can pass its own contexts and modules:
//
//     MlirContext context = mlirContextCreate();
//     mlirDialectHandleLoadDialect(mlirGetDialectHandle__ptq__(), context);
//
// Other programs get an `MlirContext` from `mlirPTQContextGetMLIR`.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_C_DIALECT_H
#define PTQ_C_DIALECT_H

#include "ptq-c/Module.h"

#include "mlir-c/IR.h"

#ifdef __cplusplus
extern "C" {
#endif

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(PTQ, ptq);

/// Adds the dialect, all dialects of MLIR, and the interfaces that make ops of
/// `linalg` quantizable, to `registry`.
PTQ_EXPORTED void mlirRegisterPTQDialects(MlirDialectRegistry registry);

/// Registers every pass and pipeline of ptq for `mlirParsePassPipeline`. The
/// second time does nothing.
PTQ_EXPORTED void mlirRegisterPTQPasses(void);

//===----------------------------------------------------------------------===//
// Contexts and modules
//===----------------------------------------------------------------------===//

/// Borrowed.
PTQ_EXPORTED MlirContext mlirPTQContextGetMLIR(const PtqContext *context);

/// Uses `context`, which has to outlive what is made of the result, and loads
/// into it what `mlirRegisterPTQDialects` registers.
PTQ_EXPORTED PtqContext *mlirPTQContextCreate(MlirContext context);

/// Borrowed. It changes when the module does.
PTQ_EXPORTED MlirModule mlirPTQModuleGetMLIR(const PtqModule *module);

/// A copy of `module`, which has to be of the MLIR context of `context`.
PTQ_EXPORTED PtqModule *
mlirPTQModuleCreate(PtqContext *context, MlirModule module, PtqError **error);

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// Any type from its text, such as `f32`; null if it fails.
PTQ_EXPORTED MlirType mlirPTQTypeParse(MlirContext context, const char *text,
                                       PtqError **error);

/// The caller has to destroy it with `ptqStringDestroy`.
PTQ_EXPORTED char *mlirPTQTypePrint(MlirType type);

/// The parameters of a `!ptq.q`; docs/generated/dialect.md says what they mean.
typedef struct MlirPTQQuantFormat {
  unsigned storageWidth;
  bool isSigned;
  int64_t storageMin, storageMax;
  MlirType expressedType, scaleType;
  intptr_t rank;
  const int64_t *block;
  /// Each block has the zero point `zeroPoint`.
  bool hasConstantZeroPoint;
  int64_t zeroPoint;
  /// Null, or the type of an operand of zero points.
  MlirType zeroPointType;
  /// 0: no multiplier, and the rest says nothing.
  unsigned multiplierWidth;
  bool isMultiplierSigned;
  int64_t multiplierMin, multiplierMax;
  const int64_t *multiplierBlock;
} MlirPTQQuantFormat;

/// The type `!ptq.q` of this format, all of whose range is used if `storageMin`
/// and `storageMax` are 0; null if a constraint is violated.
PTQ_EXPORTED MlirType mlirPTQQuantTypeGet(MlirContext context,
                                          const MlirPTQQuantFormat *format,
                                          PtqError **error);

PTQ_EXPORTED bool mlirTypeIsAPTQQuant(MlirType type);

/// Expects a `!ptq.q`. The arrays live as long as the context.
PTQ_EXPORTED MlirPTQQuantFormat mlirPTQQuantTypeGetFormat(MlirType type);

/// `block[i] == 0 ? 1 : ceildiv(shape[i], block[i])`. Expects a `!ptq.q`, and
/// room for its rank.
PTQ_EXPORTED void mlirPTQQuantTypeGetScaleShape(MlirType type,
                                                const int64_t *shape,
                                                int64_t *scaleShape);

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// Any attribute from its text; null if it fails.
PTQ_EXPORTED MlirAttribute mlirPTQAttributeParse(MlirContext context,
                                                 const char *text,
                                                 PtqError **error);

/// The caller has to destroy it with `ptqStringDestroy`.
PTQ_EXPORTED char *mlirPTQAttributePrint(MlirAttribute attribute);

/// `#ptq.external<file, key>`: a tensor in a safetensors file.
PTQ_EXPORTED MlirAttribute mlirPTQExternalAttrGet(MlirContext context,
                                                  MlirStringRef file,
                                                  MlirStringRef key);
PTQ_EXPORTED bool mlirAttributeIsAPTQExternal(MlirAttribute attribute);
PTQ_EXPORTED MlirStringRef mlirPTQExternalAttrGetFile(MlirAttribute attribute);
PTQ_EXPORTED MlirStringRef mlirPTQExternalAttrGetKey(MlirAttribute attribute);

/// `#ptq<requantize_mode float>`, or `fixed`: how an accumulator is rescaled.
PTQ_EXPORTED MlirAttribute mlirPTQRequantizeModeAttrGet(MlirContext context,
                                                        bool isFixed);
PTQ_EXPORTED bool mlirAttributeIsAPTQRequantizeMode(MlirAttribute attribute);
PTQ_EXPORTED bool mlirPTQRequantizeModeAttrIsFixed(MlirAttribute attribute);

#ifdef __cplusplus
}
#endif

#endif // PTQ_C_DIALECT_H
