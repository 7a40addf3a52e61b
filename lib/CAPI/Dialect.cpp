//===- Dialect.cpp - The dialect for users of the C API of MLIR -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The headers of mlir/CAPI have inline functions only: nothing here needs a
// symbol of libMLIRCAPI*.a.
//
//===----------------------------------------------------------------------===//

#include "ptq-c/Dialect.h"

#include "Handles.h"

#include "ptq/IR/PTQ.h"
#include "ptq/InitAll.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "mlir/IR/Verifier.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(PTQ, ptq, mlir::ptq::PTQDialect)

void mlirRegisterPTQDialects(MlirDialectRegistry registry) {
  mlir::registerAllDialects(*unwrap(registry));
  mlir::registerAllExtensions(*unwrap(registry));
  ptq::registerAllDialects(*unwrap(registry));
}

void mlirRegisterPTQPasses() { registerPassesOnce(); }

//===----------------------------------------------------------------------===//
// Contexts and modules
//===----------------------------------------------------------------------===//

MlirContext mlirPTQContextGetMLIR(const PtqContext *context) {
  return wrap(context->state->mlir);
}

PtqContext *mlirPTQContextCreate(MlirContext context) {
  return new PtqContext{std::make_shared<ContextState>(unwrap(context))};
}

MlirModule mlirPTQModuleGetMLIR(const PtqModule *module) {
  return wrap(module->module.get());
}

PtqModule *mlirPTQModuleCreate(PtqContext *context, MlirModule module,
                               PtqError **error) {
  ModuleOp op = unwrap(module);
  if (op.getContext() != context->state->mlir) {
    setError(error, "expects a module of the same context");
    return nullptr;
  }
  Work work(*context->state);
  if (failed(verify(op))) {
    work.fail(error, "expects a valid module");
    return nullptr;
  }
  return new PtqModule{context->state, op.clone()};
}

//===----------------------------------------------------------------------===//
// Text of types and attributes
//===----------------------------------------------------------------------===//

/// Runs `make` and gives its result; null, and the error, if that is null.
template <typename T>
static T getOrFail(MLIRContext *context, PtqError **error,
                   llvm::function_ref<T()> make) {
  std::vector<StoredDiagnostic> errors;
  ScopedDiagnosticHandler collector(context, [&](Diagnostic &diagnostic) {
    errors.emplace_back(diagnostic, PTQ_SEVERITY_ERROR);
    return success();
  });
  T result = make();
  if (!result)
    setError(error, "cannot make what was asked for", std::move(errors));
  return result;
}

template <typename T>
static char *print(T printable) {
  std::string text;
  llvm::raw_string_ostream(text) << printable;
  return copyString(text);
}

MlirType mlirPTQTypeParse(MlirContext context, const char *text,
                          PtqError **error) {
  unwrap(context)->getOrLoadDialect<PTQDialect>();
  return wrap(getOrFail<Type>(unwrap(context), error, [&] {
    return parseType(fromC(text), unwrap(context));
  }));
}

char *mlirPTQTypePrint(MlirType type) { return print(unwrap(type)); }

MlirAttribute mlirPTQAttributeParse(MlirContext context, const char *text,
                                    PtqError **error) {
  unwrap(context)->getOrLoadDialect<PTQDialect>();
  return wrap(getOrFail<Attribute>(unwrap(context), error, [&] {
    return parseAttribute(fromC(text), unwrap(context));
  }));
}

char *mlirPTQAttributePrint(MlirAttribute attribute) {
  return print(unwrap(attribute));
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static Attribute getZeroPoint(const MlirPTQQuantFormat &format,
                              MLIRContext *context) {
  if (Type type = unwrap(format.zeroPointType))
    return TypeAttr::get(type);
  if (format.hasConstantZeroPoint)
    return IntegerAttr::get(IntegerType::get(context, 64), format.zeroPoint);
  return {};
}

MlirType mlirPTQQuantTypeGet(MlirContext context,
                             const MlirPTQQuantFormat *format,
                             PtqError **error) {
  MLIRContext *mlir = unwrap(context);
  mlir->getOrLoadDialect<PTQDialect>();
  auto expressed = dyn_cast_or_null<FloatType>(unwrap(format->expressedType));
  auto scale = dyn_cast_or_null<FloatType>(unwrap(format->scaleType));
  unsigned width = format->storageWidth;
  if (!expressed || !scale || format->rank < 0 || width < 2 || width > 16 ||
      (format->hasConstantZeroPoint && unwrap(format->zeroPointType))) {
    setError(error, "expects 2 to 16 bits of storage, float types for values "
                    "and scales, and one kind of zero point");
    return {nullptr};
  }
  bool isFull = format->storageMin == 0 && format->storageMax == 0;
  bool isSigned = format->isSigned;
  bool hasMultiplier = format->multiplierWidth != 0;
  ArrayRef<int64_t> block(format->block, format->rank);
  return wrap(Type(getOrFail<QuantType>(mlir, error, [&] {
    return QuantType::getChecked(
        [&] { return emitError(UnknownLoc::get(mlir)); }, mlir, width, isSigned,
        isFull ? QuantType::getMinOf(width, isSigned) : format->storageMin,
        isFull ? QuantType::getMaxOf(width, isSigned) : format->storageMax,
        expressed, block, scale, getZeroPoint(*format, mlir),
        format->multiplierWidth, !hasMultiplier || format->isMultiplierSigned,
        hasMultiplier ? format->multiplierMin : 0,
        hasMultiplier ? format->multiplierMax : 0,
        hasMultiplier ? ArrayRef(format->multiplierBlock, format->rank)
                      : ArrayRef<int64_t>());
  })));
}

bool mlirTypeIsAPTQQuant(MlirType type) { return isa<QuantType>(unwrap(type)); }

MlirPTQQuantFormat mlirPTQQuantTypeGetFormat(MlirType type) {
  auto quant = cast<QuantType>(unwrap(type));
  MlirPTQQuantFormat format = {};
  format.storageWidth = quant.getStorageWidth();
  format.isSigned = quant.getIsSigned();
  format.storageMin = quant.getStorageMin();
  format.storageMax = quant.getStorageMax();
  format.expressedType = wrap(Type(quant.getExpressedType()));
  format.scaleType = wrap(Type(quant.getScaleType()));
  format.rank = quant.getRank();
  format.block = quant.getBlock().data();
  format.hasConstantZeroPoint = quant.hasConstantZeroPoint();
  format.zeroPoint = quant.getConstantZeroPoint();
  format.zeroPointType = wrap(Type(quant.getZeroPointType()));
  if (quant.hasMultiplier()) {
    format.multiplierWidth = quant.getMultiplierWidth();
    format.isMultiplierSigned = quant.getIsMultiplierSigned();
    format.multiplierMin = quant.getMultiplierMin();
    format.multiplierMax = quant.getMultiplierMax();
    format.multiplierBlock = quant.getMultiplierBlock().data();
  }
  return format;
}

void mlirPTQQuantTypeGetScaleShape(MlirType type, const int64_t *shape,
                                   int64_t *scaleShape) {
  auto quant = cast<QuantType>(unwrap(type));
  ArrayRef<int64_t> given(shape, quant.getRank());
  llvm::copy(quant.getScaleShape(given), scaleShape);
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

MlirAttribute mlirPTQExternalAttrGet(MlirContext context, MlirStringRef file,
                                     MlirStringRef key) {
  MLIRContext *mlir = unwrap(context);
  mlir->getOrLoadDialect<PTQDialect>();
  return wrap(
      Attribute(ExternalAttr::get(mlir, StringAttr::get(mlir, unwrap(file)),
                                  StringAttr::get(mlir, unwrap(key)))));
}

bool mlirAttributeIsAPTQExternal(MlirAttribute attribute) {
  return isa<ExternalAttr>(unwrap(attribute));
}

MlirStringRef mlirPTQExternalAttrGetFile(MlirAttribute attribute) {
  return wrap(cast<ExternalAttr>(unwrap(attribute)).getFile().getValue());
}

MlirStringRef mlirPTQExternalAttrGetKey(MlirAttribute attribute) {
  return wrap(cast<ExternalAttr>(unwrap(attribute)).getKey().getValue());
}

MlirAttribute mlirPTQRequantizeModeAttrGet(MlirContext context, bool isFixed) {
  unwrap(context)->getOrLoadDialect<PTQDialect>();
  return wrap(Attribute(RequantizeModeAttr::get(
      unwrap(context),
      isFixed ? RequantizeMode::Fixed : RequantizeMode::Float)));
}

bool mlirAttributeIsAPTQRequantizeMode(MlirAttribute attribute) {
  return isa<RequantizeModeAttr>(unwrap(attribute));
}

bool mlirPTQRequantizeModeAttrIsFixed(MlirAttribute attribute) {
  return cast<RequantizeModeAttr>(unwrap(attribute)).getValue() ==
         RequantizeMode::Fixed;
}
