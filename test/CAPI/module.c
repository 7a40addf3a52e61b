// Modules are parsed, printed, written, read and transformed; what is wrong
// with them is said with its place.
//
// RUN: %cc %s -lptq-c -o %t.exe
// RUN: rm -f %t.mlir %t.mlirbc && %t.exe %t | FileCheck %s

#include "ptq-c/Module.h"
#include "Inputs/check.h"
#include "Inputs/linear.h"

static void print(const PtqModule *module, int64_t maxElements) {
  char *text = ptqModulePrint(module, maxElements);
  printf("%s", text);
  ptqStringDestroy(text);
}

static void writeAndLoad(PtqContext *context, const PtqModule *module,
                         const char *path) {
  PtqError *error = NULL;
  PtqModule *loaded;
  EXPECT(ptqModuleWrite(module, path, &error));
  loaded = ptqModuleLoad(context, path, &error);
  EXPECT_NO_ERROR(error);
  print(loaded, -1);
  ptqModuleDestroy(loaded);
}

static void printRemark(const PtqDiagnostic *diagnostic, void *userData) {
  printf("%s %d %s:%u %s\n", (const char *)userData, (int)diagnostic->severity,
         diagnostic->file.data, diagnostic->line, diagnostic->message.data);
}

int main(int argc, char **argv) {
  PtqContext *context = ptqContextCreate();
  PtqError *error = NULL;
  PtqModule *module, *copy;
  char path[4096];
  EXPECT(argc == 2);
  printf("version %s\n", ptqGetVersion());
  // CHECK: version 0.{{[0-9]+\.[0-9]+}}

  // CHECK-LABEL: whole
  // CHECK: dense<{{.*}}1.000000e+00
  printf("whole\n");
  module = ptqModuleParse(context, toRef(linearText), "linear.mlir", &error);
  EXPECT_NO_ERROR(error);
  print(module, -1);

  // CHECK-LABEL: elided
  // CHECK: dense_resource<__elided__>
  printf("elided\n");
  print(module, 4);

  // CHECK-LABEL: written
  // CHECK-COUNT-2: func.func @fc
  printf("written\n");
  snprintf(path, sizeof(path), "%s.mlir", argv[1]);
  writeAndLoad(context, module, path);
  snprintf(path, sizeof(path), "%s.mlirbc", argv[1]);
  writeAndLoad(context, module, path);

  // A pipeline changes its module and no copy of it.
  // CHECK-LABEL: transformed
  // CHECK: ptq.matmul
  // CHECK-NOT: linalg.matmul
  // CHECK: linalg.matmul
  printf("transformed\n");
  copy = ptqModuleClone(module);
  EXPECT(ptqModuleRunPipeline(
      copy, "builtin.module(ptq-quantize{recipe=w4a8-g2},cse)", &error));
  print(copy, 0);
  print(module, 0);

  // One that fails leaves it as it was.
  // CHECK-LABEL: failed
  // CHECK-NEXT: error: linear.mlir: expects attribute ptq.linears
  // CHECK: func.func @fc
  printf("failed\n");
  EXPECT(!ptqModuleRunPipeline(module, "canonicalize,ptq-verify-quantized",
                               &error));
  printError(&error);
  print(module, 0);

  // CHECK-LABEL: unknown
  // CHECK-NEXT: error: {{.*}}'no-such-pass' does not refer to a registered pass or pass pipeline
  // CHECK: error: {{.*}}ptq-quantize{{.*}}no-such-option
  // CHECK: error: expects ')' at the end of the pipeline 'builtin.module(cse'
  printf("unknown\n");
  EXPECT(!ptqModuleRunPipeline(module, "no-such-pass", &error));
  printError(&error);
  EXPECT(
      !ptqModuleRunPipeline(module, "ptq-quantize{no-such-option=1}", &error));
  printError(&error);
  EXPECT(!ptqModuleRunPipeline(module, "builtin.module(cse", &error));
  printError(&error);
  EXPECT(!ptqModuleRunPipeline(module, "builtin.module(cse", NULL));

  // CHECK-LABEL: wrong text
  // CHECK-NEXT: error: wrong.mlir:2:3: {{.*}}
  // CHECK-NEXT: 2 wrong.mlir 2:3
  printf("wrong text\n");
  EXPECT(!ptqModuleParse(context, toRef("func.func @f() {\n  nonsense\n}\n"),
                         "wrong.mlir", &error));
  printError(&error);

  // CHECK-LABEL: no file
  // CHECK-NEXT: error: no-such-file.mlir: No such file or directory
  // CHECK-NEXT: error: no/such/folder.mlir: No such file or directory
  // CHECK-NEXT: error: {{.*}}no-such-folder{{.*}}
  // CHECK-NEXT: error: expects a context length of 0 or more, but got -1
  printf("no file\n");
  EXPECT(!ptqModuleLoad(context, "no-such-file.mlir", &error));
  printError(&error);
  EXPECT(!ptqModuleWrite(module, "no/such/folder.mlir", &error));
  printError(&error);
  EXPECT(!ptqModuleImportLlama(context, "no-such-folder", 0, &error));
  printError(&error);
  EXPECT(!ptqModuleImportLlama(context, "no-such-folder", -1, &error));
  printError(&error);

  // CHECK-LABEL: warnings
  // CHECK-NEXT: handler 1 warn.mlir:{{[0-9]+}} linear 'f.matmul.0' stays float: {{.*}}
  printf("warnings\n");
  ptqContextSetDiagnosticHandler(context, printRemark, (void *)"handler");
  ptqModuleDestroy(copy);
  copy = ptqModuleParse(
      context,
      toRef("func.func @f(%x: tensor<2x2xf64>, %y: tensor<2x2xf64>) -> "
            "tensor<2x2xf64> {\n"
            "  %w = arith.constant dense<1.0> : tensor<2x2xf64>\n"
            "  %0 = linalg.matmul ins(%x, %w : tensor<2x2xf64>, "
            "tensor<2x2xf64>) outs(%y : tensor<2x2xf64>) -> tensor<2x2xf64>\n"
            "  return %0 : tensor<2x2xf64>\n}\n"),
      "warn.mlir", &error);
  EXPECT_NO_ERROR(error);
  EXPECT(ptqModuleRunPipeline(copy, "ptq-quantize", &error));

  // A module keeps what it needs of its context.
  ptqContextDestroy(context);
  context = NULL;
  EXPECT(ptqModuleRunPipeline(module, "cse", &error));
  ptqModuleDestroy(module);
  ptqModuleDestroy(copy);
  ptqModuleDestroy(NULL);
  ptqContextDestroy(NULL);
  ptqErrorDestroy(NULL);
  ptqStringDestroy(NULL);
  return 0;
}
