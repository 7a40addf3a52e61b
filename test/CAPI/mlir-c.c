// A program with contexts and modules of its own, made by the C API of MLIR,
// loads the dialect into them and quantizes them; both libraries use one
// libMLIR.so.
//
// RUN: %cc %mlir_include %s -lptq-c %mlir_c_archive -o %t.exe
// RUN: %t.exe | FileCheck %s

#include "Inputs/check.h"
#include "Inputs/linear.h"
#include "mlir-c/IR.h"
#include "mlir-c/Pass.h"
#include "ptq-c/Dialect.h"
#include "ptq-c/Quantize.h"

static void print(MlirStringRef text, void *userData) {
  (void)userData;
  fwrite(text.data, 1, text.length, stdout);
}

static void runPipeline(MlirContext context, MlirModule module,
                        const char *pipeline) {
  MlirPassManager manager = mlirPassManagerCreate(context);
  mlirRegisterPTQPasses();
  mlirRegisterPTQPasses();
  EXPECT(mlirLogicalResultIsSuccess(mlirParsePassPipeline(
      mlirPassManagerGetAsOpPassManager(manager),
      mlirStringRefCreateFromCString(pipeline), print, NULL)));
  EXPECT(mlirLogicalResultIsSuccess(
      mlirPassManagerRunOnOp(manager, mlirModuleGetOperation(module))));
  mlirPassManagerDestroy(manager);
}

int main(void) {
  MlirContext context = mlirContextCreate(), bare = mlirContextCreate();
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  MlirModule module;
  PtqContext *own, *other;
  PtqModule *copy;
  PtqDecisions *decisions;
  PtqError *error = NULL;

  // The handle is as those of MLIR's dialects.
  MlirDialectHandle handle = mlirGetDialectHandle__ptq__();
  MlirDialect dialect = mlirDialectHandleLoadDialect(handle, bare);
  EXPECT(!mlirDialectIsNull(dialect));
  EXPECT(mlirStringRefEqual(mlirDialectGetNamespace(dialect),
                            mlirStringRefCreateFromCString("ptq")));
  EXPECT(!mlirTypeIsNull(
      mlirTypeParseGet(bare, mlirStringRefCreateFromCString(
                                 "!ptq.q<s8:f32, block = [0], scale = f32>"))));

  mlirRegisterPTQDialects(registry);
  mlirContextAppendDialectRegistry(context, registry);
  mlirDialectRegistryDestroy(registry);
  module = mlirModuleCreateParse(context,
                                 mlirStringRefCreateFromCString(linearText));
  EXPECT(!mlirModuleIsNull(module));

  // A copy, quantized by our functions; then the module, by passes.
  // CHECK: fc.matmul.0 w4a8-g2
  own = mlirPTQContextCreate(context);
  EXPECT(mlirPTQContextGetMLIR(own).ptr == context.ptr);
  copy = mlirPTQModuleCreate(own, module, &error);
  EXPECT_NO_ERROR(error);
  {
    PtqQuantizeOptions options;
    memset(&options, 0, sizeof(options));
    options.recipe = "w4a8-g2";
    decisions = ptqModuleQuantize(copy, &options, &error);
    EXPECT_NO_ERROR(error);
  }
  printf("%s %s\n", ptqDecisionsGet(decisions, 0).name.data,
         ptqDecisionsGet(decisions, 0).format.data);
  fflush(stdout);
  // CHECK: ptq.matmul
  mlirOperationPrint(mlirModuleGetOperation(mlirPTQModuleGetMLIR(copy)), print,
                     NULL);
  // CHECK: linalg.matmul
  mlirOperationPrint(mlirModuleGetOperation(module), print, NULL);
  // CHECK: w8a8
  runPipeline(context, module, "builtin.module(ptq-quantize{recipe=w8a8})");
  mlirOperationPrint(mlirModuleGetOperation(module), print, NULL);

  // CHECK: error: expects a module of the same context
  fflush(stdout);
  other = ptqContextCreate();
  EXPECT(!mlirPTQModuleCreate(other, module, &error));
  printError(&error);

  ptqDecisionsDestroy(decisions);
  ptqModuleDestroy(copy);
  ptqContextDestroy(own);
  ptqContextDestroy(other);
  mlirModuleDestroy(module);
  mlirContextDestroy(context);
  mlirContextDestroy(bare);
  return 0;
}
