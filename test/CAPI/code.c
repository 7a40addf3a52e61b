// Code is written to files; the exact arithmetic is computed without code; what
// cannot be compiled is an error with its place.
//
// RUN: %cc %s -lptq-c -o %t.exe
// RUN: rm -rf %t && mkdir %t && %t.exe %t | FileCheck %s
// RUN: FileCheck %s --check-prefix=LLVM --input-file=%t/code.ll
// RUN: FileCheck %s --check-prefix=ASM --input-file=%t/code.s
// RUN: FileCheck %s --check-prefix=HEADER --input-file=%t/code.h
// RUN: nm %t/code.o | FileCheck %s --check-prefix=SYMBOLS
// RUN: nm -D %t/libcode.so | FileCheck %s --check-prefix=SYMBOLS

// LLVM: define {{.*}}@_mlir_ciface_scale
// ASM: _mlir_ciface_scale:
// HEADER: _mlir_ciface_scale
// SYMBOLS: T _mlir_ciface_scale

#include "Inputs/check.h"
#include "ptq-c/Run.h"

static PtqModule *parse(PtqContext *context, const char *text) {
  PtqError *error = NULL;
  PtqModule *module = ptqModuleParse(context, toRef(text), "code.mlir", &error);
  EXPECT_NO_ERROR(error);
  return module;
}

static void emit(const PtqModule *module, PtqEmitKind kind, const char *folder,
                 const char *file, const char *triple) {
  PtqError *error = NULL;
  PtqCompileOptions options;
  char path[4096];
  memset(&options, 0, sizeof(options));
  options.triple = triple;
  snprintf(path, sizeof(path), "%s/%s", folder, file);
  if (!ptqModuleEmit(module, kind, path, &options, &error))
    printError(&error);
}

int main(int argc, char **argv) {
  PtqContext *context = ptqContextCreate();
  PtqError *error = NULL;
  PtqModule *module =
      parse(context, "!q = !ptq.q<s8:f32, block = [0], scale = f32>\n"
                     "func.func @scale(%x: tensor<3xf32>) -> tensor<3xf32> {\n"
                     "  %s = arith.constant dense<0.5> : tensor<1xf32>\n"
                     "  %q = ptq.quantize %x, %s : tensor<3xf32>, "
                     "tensor<1xf32> -> tensor<3x!q>\n"
                     "  %y = ptq.dequantize %q, %s : tensor<3x!q>, "
                     "tensor<1xf32> -> tensor<3xf32>\n"
                     "  return %y : tensor<3xf32>\n"
                     "}\n");
  PtqModule *foreign =
      parse(context, "func.func @f(%x: tensor<*xf32>) {\n  return\n}\n");
  PtqCompileOptions options;
  int64_t size = 3;
  float x[] = {0.74f, 0.76f, -100.0f};
  PtqTensor input, results[2];
  memset(&options, 0, sizeof(options));
  memset(&input, 0, sizeof(input));
  input.data = x;
  input.kind = PTQ_FLOAT32;
  input.rank = 1;
  input.shape = &size;
  EXPECT(argc == 2);

  emit(module, PTQ_EMIT_LLVM, argv[1], "code.ll", NULL);
  emit(module, PTQ_EMIT_ASSEMBLY, argv[1], "code.s", NULL);
  emit(module, PTQ_EMIT_OBJECT, argv[1], "code.o", "aarch64-linux-gnu");
  emit(module, PTQ_EMIT_SHARED, argv[1], "libcode.so", NULL);
  emit(module, PTQ_EMIT_OBJECT, argv[1], "code.o", NULL);

  // CHECK: error: {{.*}}no-such/code.o: No such file or directory
  // CHECK-NEXT: error: expects a kind of PtqEmitKind and a path
  // CHECK-NEXT: error: {{.*}}no-such-triple
  emit(module, PTQ_EMIT_OBJECT, argv[1], "no-such/code.o", NULL);
  emit(module, (PtqEmitKind)9, argv[1], "code.o", NULL);
  emit(module, PTQ_EMIT_OBJECT, argv[1], "code.o", "no-such-triple");

  // CHECK: evaluated 0.5 1.0 -64.0
  EXPECT(ptqModuleEvaluate(module, "scale", &input, 1, results, 1, &error));
  printf("evaluated %.1f %.1f %.1f\n", ((float *)results[0].data)[0],
         ((float *)results[0].data)[1], ((float *)results[0].data)[2]);
  ptqTensorRelease(results);
  // CHECK-NEXT: error: expects room for 1 results, but got 2
  EXPECT(!ptqModuleEvaluate(module, "scale", &input, 1, results, 2, &error));
  printError(&error);
  // CHECK-NEXT: error: expects a public function of the module, but got 'no_such'
  EXPECT(!ptqModuleEvaluate(module, "no_such", &input, 1, results, 1, &error));
  printError(&error);

  // CHECK: error: {{.*}}
  // CHECK: error: {{.*}}no-such-cpu{{.*}}
  EXPECT(!ptqModuleCompile(foreign, NULL, &error));
  printError(&error);
  options.cpu = "no-such-cpu";
  EXPECT(!ptqModuleCompile(module, &options, &error));
  printError(&error);

  ptqModuleDestroy(foreign);
  ptqModuleDestroy(module);
  ptqContextDestroy(context);
  return 0;
}
