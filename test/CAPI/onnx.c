// An ONNX model is a module like others; what is wrong with one is an error.
//
// REQUIRES: onnx
// RUN: %cc %s -lptq-c -o %t.exe
// RUN: %python %S/../Import/ONNX/Inputs/make_models.py mlp %t.onnx
// RUN: %python %S/../Import/ONNX/Inputs/unsupported.py %t.unsupported.onnx
// RUN: %t.exe %t.onnx %t.unsupported.onnx | FileCheck %s

#include "Inputs/check.h"
#include "ptq-c/Quantize.h"
#include "ptq-c/Run.h"

int main(int argc, char **argv) {
  PtqContext *context = ptqContextCreate();
  PtqError *error = NULL;
  PtqModule *module;
  PtqDecisions *decisions;
  PtqCompiled *compiled;
  PtqTensor input, result;
  float x[64] = {1, -1, 2};
  int64_t shape[2] = {2, 32};
  size_t i;
  EXPECT(argc == 3);
  module = ptqModuleImportOnnx(context, argv[1], &error);
  EXPECT_NO_ERROR(error);
  decisions = ptqModuleQuantize(module, NULL, &error);
  EXPECT_NO_ERROR(error);
  // CHECK: /fc1/Gemm is w8a8
  // CHECK-NEXT: /fc2/Gemm is w8a8
  for (i = 0; i < ptqDecisionsGetSize(decisions); ++i)
    printf("%s is %s\n", ptqDecisionsGet(decisions, i).name.data,
           ptqDecisionsGet(decisions, i).format.data);
  compiled = ptqModuleCompile(module, NULL, &error);
  EXPECT_NO_ERROR(error);
  memset(&input, 0, sizeof(input));
  input.data = x;
  input.kind = PTQ_FLOAT32;
  input.rank = 2;
  input.shape = shape;
  EXPECT(ptqFunctionCall(ptqCompiledFindFunction(compiled, "mlp"), &input, 1,
                         &result, &error));
  // CHECK-NEXT: 2x16
  printf("%dx%d\n", (int)result.shape[0], (int)result.shape[1]);

  // CHECK-NEXT: error: {{.*}}unsupported.onnx: expects ops that can be imported, but got Einsum (1), Loop (2), my.domain.Op (1)
  // CHECK-NEXT: error: no-such.onnx: No such file or directory
  EXPECT(!ptqModuleImportOnnx(context, argv[2], &error));
  printError(&error);
  EXPECT(!ptqModuleImportOnnx(context, "no-such.onnx", &error));
  printError(&error);

  ptqTensorRelease(&result);
  ptqCompiledDestroy(compiled);
  ptqDecisionsDestroy(decisions);
  ptqModuleDestroy(module);
  ptqContextDestroy(context);
  return 0;
}
