// A build without ONNX says so.
//
// UNSUPPORTED: has-onnx
// RUN: %cc %s -lptq-c -o %t.exe
// RUN: %t.exe | FileCheck %s
// CHECK: error: ptq was built without ONNX: libonnx-dev and libprotobuf-dev were missing, or PTQ_ENABLE_ONNX was off

#include "Inputs/check.h"
#include "ptq-c/Module.h"

int main(void) {
  PtqContext *context = ptqContextCreate();
  PtqError *error = NULL;
  EXPECT(!ptqModuleImportOnnx(context, "any.onnx", &error));
  printError(&error);
  ptqContextDestroy(context);
  return 0;
}
