// A module is compiled and called: functions say what they take, inputs of any
// layout are taken, and results own their memory.
//
// RUN: %cc %s -lptq-c -o %t.exe
// RUN: %t.exe | FileCheck %s

#include "ptq-c/Run.h"
#include "Inputs/check.h"
#include "Inputs/functions.h"

static void printType(const char *role, PtqValueType type) {
  int64_t d;
  printf("  %s %s: passing %d, %s of %d bytes, shape", role, type.text.data,
         (int)type.passing, ptqElementKindGetName(type.kind),
         (int)ptqElementKindGetSize(type.kind));
  for (d = 0; d < type.rank; ++d)
    if (type.shape[d] == PTQ_DYNAMIC_SIZE)
      printf(" ?");
    else
      printf(" %d", (int)type.shape[d]);
  printf("\n");
}

static void printFunctions(const PtqCompiled *compiled) {
  size_t i, j;
  for (i = 0; i < ptqCompiledGetNumFunctions(compiled); ++i) {
    const PtqFunction *function = ptqCompiledGetFunction(compiled, i);
    printf("%s\n", ptqFunctionGetName(function).data);
    EXPECT(ptqCompiledFindFunction(
               compiled, ptqFunctionGetName(function).data) == function);
    for (j = 0; j < ptqFunctionGetNumArguments(function); ++j)
      printType("argument", ptqFunctionGetArgument(function, j));
    for (j = 0; j < ptqFunctionGetNumResults(function); ++j)
      printType("result", ptqFunctionGetResult(function, j));
  }
}

static PtqTensor make(void *data, PtqElementKind kind, int64_t rank,
                      const int64_t *shape, const int64_t *strides) {
  PtqTensor tensor;
  tensor.data = data;
  tensor.kind = kind;
  tensor.rank = rank;
  tensor.shape = shape;
  tensor.strides = strides;
  tensor.owner = NULL;
  return tensor;
}

static void callAdd(const PtqFunction *add) {
  float x[] = {1, 2, 3, 4, 5, 6}, y[] = {10, 20, 30, 40, 50, 60};
  int64_t shape[] = {2, 3}, transposed[] = {1, 2}, reversed[] = {-3, -1},
          empty[] = {0, 3};
  PtqTensor inputs[2], sum;
  PtqError *error = NULL;
  inputs[0] = make(x, PTQ_FLOAT32, 2, shape, NULL);
  inputs[1] = make(y, PTQ_FLOAT32, 2, shape,
                   transposed); // [[10, 30, 50], [20, 40, 60]]
  EXPECT(ptqFunctionCall(add, inputs, 2, &sum, &error));
  EXPECT(sum.kind == PTQ_FLOAT32 && sum.rank == 2 && sum.shape[0] == 2 &&
         sum.shape[1] == 3);
  EXPECT(((float *)sum.data)[1] == 32 && ((float *)sum.data)[3] == 24);
  ptqTensorRelease(&sum);
  EXPECT(sum.data == NULL);
  ptqTensorRelease(&sum);

  inputs[1] = make(&y[5], PTQ_FLOAT32, 2, shape,
                   reversed); // [[60, 50, 40], [30, 20, 10]]
  EXPECT(ptqFunctionCall(add, inputs, 2, &sum, &error));
  EXPECT(((float *)sum.data)[0] == 61 && ((float *)sum.data)[5] == 16);
  ptqTensorRelease(&sum);

  inputs[0] = inputs[1] = make(NULL, PTQ_FLOAT32, 2, empty, NULL);
  EXPECT(ptqFunctionCall(add, inputs, 2, &sum, &error));
  EXPECT(sum.shape[0] == 0 && sum.shape[1] == 3);
  ptqTensorRelease(&sum);

  { // Not aligned to its elements.
    char bytes[sizeof(x) + 1];
    memcpy(bytes + 1, x, sizeof(x));
    inputs[0] = make(bytes + 1, PTQ_FLOAT32, 2, shape, NULL);
    inputs[1] = make(x, PTQ_FLOAT32, 2, shape, NULL);
    EXPECT(ptqFunctionCall(add, inputs, 2, &sum, &error));
    EXPECT(((float *)sum.data)[5] == 12);
    ptqTensorRelease(&sum);
  }
}

static void callOthers(const PtqCompiled *compiled) {
  PtqError *error = NULL;
  PtqTensor inputs[2], results[2];
  uint16_t halves[] = {0x3C00, 0x4000, 0x4200, 0x0001}; // 1, 2, 3, 2^-24
  uint8_t bytes[] = {1, 2, 3, 255};
  int32_t numbers[] = {1, 2, 3};
  int64_t wide = 20, four = 4, three = 3, two = 2, square[] = {2, 2};
  float narrow = 1.5f;

  inputs[0] = make(halves, PTQ_FLOAT16, 1, &four, NULL);
  EXPECT(ptqFunctionCall(ptqCompiledFindFunction(compiled, "double_half"),
                         inputs, 1, results, &error));
  EXPECT(((uint16_t *)results[0].data)[0] == 0x4000 &&
         ((uint16_t *)results[0].data)[3] == 0x0002);
  ptqTensorRelease(results);

  // A function that returns its input returns a copy.
  inputs[0] = make(bytes, PTQ_UINT8, 2, square, NULL);
  EXPECT(ptqFunctionCall(ptqCompiledFindFunction(compiled, "echo"), inputs, 1,
                         results, &error));
  EXPECT(results[0].data != bytes && memcmp(results[0].data, bytes, 4) == 0);
  ptqTensorRelease(results);

  // A memref is written in place, and so has to be what it seems to be.
  inputs[0] = make(numbers, PTQ_INT32, 1, &three, NULL);
  EXPECT(ptqFunctionCall(ptqCompiledFindFunction(compiled, "increment"), inputs,
                         1, NULL, &error));
  EXPECT(numbers[0] == 2 && numbers[1] == 3 && numbers[2] == 4);
  inputs[0] = make(numbers, PTQ_INT32, 1, &three, &two);
  EXPECT(!ptqFunctionCall(ptqCompiledFindFunction(compiled, "increment"),
                          inputs, 1, NULL, &error));
  printError(&error);

  inputs[0] = make(&wide, PTQ_INT64, 0, NULL, NULL);
  inputs[1] = make(&narrow, PTQ_FLOAT32, 0, NULL, NULL);
  EXPECT(ptqFunctionCall(ptqCompiledFindFunction(compiled, "scalars"), inputs,
                         2, results, &error));
  EXPECT(*(int64_t *)results[0].data == 40 && *(float *)results[1].data == 3);
  EXPECT(results[0].rank == 0);
  ptqTensorRelease(&results[0]);
  ptqTensorRelease(&results[1]);
}

static void callWrongly(const PtqFunction *add, PtqTensor good) {
  PtqError *error = NULL;
  PtqTensor inputs[3], sum;
  int64_t narrow[] = {2, 2}, negative[] = {-1, 3}, huge[] = {INT64_MAX, 3};
  inputs[0] = inputs[1] = inputs[2] = good;
  EXPECT(!ptqFunctionCall(add, inputs, 1, &sum, &error));
  printError(&error);
  EXPECT(!ptqFunctionCall(add, inputs, 3, &sum, NULL));
  inputs[1].kind = PTQ_FLOAT64;
  EXPECT(!ptqFunctionCall(add, inputs, 2, &sum, &error));
  printError(&error);
  inputs[1].kind = (PtqElementKind)77;
  EXPECT(!ptqFunctionCall(add, inputs, 2, &sum, &error));
  printError(&error);
  inputs[1] = good;
  inputs[1].shape = narrow;
  EXPECT(!ptqFunctionCall(add, inputs, 2, &sum, &error));
  printError(&error);
  inputs[1].shape = negative;
  EXPECT(!ptqFunctionCall(add, inputs, 2, &sum, &error));
  printError(&error);
  inputs[1].shape = huge;
  EXPECT(!ptqFunctionCall(add, inputs, 2, &sum, &error));
  printError(&error);
  inputs[1] = good;
  inputs[1].data = NULL;
  EXPECT(!ptqFunctionCall(add, inputs, 2, &sum, &error));
  printError(&error);
}

int main(void) {
  PtqContext *context = ptqContextCreate();
  PtqError *error = NULL;
  PtqModule *module =
      ptqModuleParse(context, toRef(functionsText), "functions.mlir", &error);
  PtqCompileOptions options;
  PtqCompiled *compiled;
  float x[] = {1, 2, 3, 4, 5, 6};
  int64_t shape[] = {2, 3};
  PtqTensor inputs[2], sum;
  EXPECT_NO_ERROR(error);

  memset(&options, 0, sizeof(options));
  options.threads = 2;
  compiled = ptqModuleCompile(module, &options, &error);
  EXPECT_NO_ERROR(error);
  // Compiled code needs neither.
  ptqModuleDestroy(module);
  ptqContextDestroy(context);

  // CHECK: add
  // CHECK-NEXT: argument tensor<?x3xf32>: passing 1, f32 of 4 bytes, shape ? 3
  // CHECK-NEXT: argument tensor<?x3xf32>
  // CHECK-NEXT: result tensor<?x3xf32>
  // CHECK-NEXT: double_half
  // CHECK: echo
  // CHECK: increment
  // CHECK-NEXT: argument memref<3xi32>: passing 2, i32 of 4 bytes, shape 3
  // CHECK-NEXT: scalars
  // CHECK-NEXT: argument i64: passing 0, i64 of 8 bytes, shape{{$}}
  // CHECK-NOT: hidden
  printFunctions(compiled);
  EXPECT(!ptqCompiledFindFunction(compiled, "hidden"));

  // CHECK: error: expects an array that is dense and aligned, for it is written in place, as input 0
  callAdd(ptqCompiledFindFunction(compiled, "add"));
  callOthers(compiled);

  // CHECK-NEXT: error: entry point 'add': expects 2 inputs, but got 1
  // CHECK-NEXT: error: entry point 'add': expects tensor<?x3xf32> as input 1, but got 2x3xf64
  // CHECK-NEXT: error: expects a kind of element of PtqElementKind as input 1
  // CHECK-NEXT: error: entry point 'add': expects tensor<?x3xf32> as input 1, but got 2x2xf32
  // CHECK-NEXT: error: expects sizes that fit memory as input 1
  // CHECK-NEXT: error: expects sizes that fit memory as input 1
  // CHECK-NEXT: error: expects a pointer to the elements as input 1
  inputs[0] = inputs[1] = make(x, PTQ_FLOAT32, 2, shape, NULL);
  callWrongly(ptqCompiledFindFunction(compiled, "add"), inputs[0]);

  // A result outlives the code that made it.
  EXPECT(ptqFunctionCall(ptqCompiledFindFunction(compiled, "add"), inputs, 2,
                         &sum, &error));
  ptqCompiledDestroy(compiled);
  EXPECT(((float *)sum.data)[5] == 12);
  ptqTensorRelease(&sum);
  ptqCompiledDestroy(NULL);
  ptqTensorRelease(NULL);
  return 0;
}
