// A module is calibrated on samples; its statistics are read, saved, merged,
// refused by another module, and choose the scales of static activations.
//
// RUN: %cc %s -lptq-c -o %t.exe
// RUN: rm -f %t.stats && %t.exe %t.stats | FileCheck %s

#include "ptq-c/Calibrate.h"
#include "Inputs/check.h"
#include "Inputs/linear.h"

static PtqCalibrator *create(const PtqModule *module, const char *observers) {
  PtqError *error = NULL;
  PtqCalibrateOptions options;
  PtqCalibrator *calibrator;
  memset(&options, 0, sizeof(options));
  options.observers = observers;
  options.threads = 1;
  calibrator = ptqCalibratorCreate(module, NULL, &options, &error);
  EXPECT_NO_ERROR(error);
  return calibrator;
}

/// Statistics of one sample of two rows.
static PtqStatistics *observe(const PtqModule *module, const char *observers,
                              float scale) {
  float x[] = {1 * scale, -2 * scale, 3 * scale, 4 * scale, 0, 1, -1, 2};
  int64_t shape[] = {2, 4}, wrong[] = {4, 2};
  PtqCalibrator *calibrator = create(module, observers);
  PtqError *error = NULL;
  PtqStatistics *statistics;
  PtqTensor input;
  memset(&input, 0, sizeof(input));
  input.data = x;
  input.kind = PTQ_FLOAT32;
  input.rank = 2;
  input.shape = shape;
  EXPECT(ptqCalibratorRun(calibrator, &input, 1, &error));
  input.shape = wrong;
  EXPECT(!ptqCalibratorRun(calibrator, &input, 1, &error));
  printError(&error);
  statistics = ptqCalibratorCopyStatistics(calibrator);
  ptqCalibratorDestroy(calibrator);
  return statistics;
}

static void print(const PtqStatistics *statistics) {
  PtqError *error = NULL;
  PtqObservedTensor tensor = ptqStatisticsGet(statistics, 0);
  PtqTensor values;
  EXPECT(ptqStatisticsGetSize(statistics) == 1 && tensor.numLinears == 1);
  printf("%s of %s: %s, %d samples, %d tokens, %d values\n", tensor.name.data,
         ptqStatisticsGetLinear(statistics, 0, 0).data, tensor.observers.data,
         (int)tensor.samples, (int)tensor.tokens, (int)tensor.values);
  EXPECT(ptqStatisticsGetValues(statistics, 0, "minmax", &values, &error));
  EXPECT(values.kind == PTQ_FLOAT32 && values.rank == 1 &&
         values.shape[0] == 2);
  printf("from %g to %g\n", ((float *)values.data)[0],
         ((float *)values.data)[1]);
  ptqTensorRelease(&values);
  EXPECT(ptqStatisticsGetValues(statistics, 0, "gram", &values, &error));
  EXPECT(values.kind == PTQ_FLOAT64 && values.rank == 2 &&
         values.shape[1] == 4);
  ptqTensorRelease(&values);
  EXPECT(!ptqStatisticsGetValues(statistics, 0, "absmax", &values, &error));
  printError(&error);
}

/// Prints what became of the linear, and the scale of its input.
static void quantizeStatically(const PtqModule *module,
                               const PtqStatistics *statistics,
                               const char *range) {
  PtqModule *copy = ptqModuleClone(module);
  PtqError *error = NULL;
  PtqQuantizeOptions options;
  PtqDecisions *decisions;
  memset(&options, 0, sizeof(options));
  options.recipe = "w8a8-static";
  options.statistics = statistics;
  options.range = range;
  decisions = ptqModuleQuantize(copy, &options, &error);
  if (decisions) {
    char *text = ptqModulePrint(copy, 1);
    const char *scale = strstr(text, "arith.constant dense<");
    printf("%s by %s: %.40s\n", ptqDecisionsGet(decisions, 0).format.data,
           range ? range : "default", scale);
    ptqStringDestroy(text);
    ptqDecisionsDestroy(decisions);
  } else {
    printError(&error);
  }
  ptqModuleDestroy(copy);
}

int main(int argc, char **argv) {
  PtqContext *context = ptqContextCreate();
  PtqError *error = NULL;
  PtqModule *module =
      ptqModuleParse(context, toRef(linearText), "linear.mlir", &error);
  PtqModule *other = ptqModuleClone(module);
  PtqStatistics *statistics, *more, *fewer;
  PtqQuantizeOptions options;
  PtqDecisions *decisions;
  EXPECT_NO_ERROR(error);
  EXPECT(argc == 2);

  // CHECK: error: {{.*}}but got 4x2xf32
  // CHECK-NEXT: fc.matmul.0.in of fc.matmul.0: minmax,gram, 1 samples, 2 tokens, 8 values
  // CHECK-NEXT: from -2 to 4
  // CHECK-NEXT: error: expects one of the observers minmax,gram of 'fc.matmul.0.in', but got 'absmax'
  statistics = observe(module, "minmax,gram", 1);
  print(statistics);

  // CHECK: 2 samples, 4 tokens, 16 values
  // CHECK-NEXT: from -20 to 40
  more = observe(module, "minmax,gram", 10);
  EXPECT(ptqStatisticsMerge(statistics, more, &error));
  ptqStatisticsDestroy(more);
  print(statistics);

  // What is saved is what is loaded.
  // CHECK: 2 samples, 4 tokens, 16 values
  EXPECT(ptqStatisticsSave(statistics, argv[1], &error));
  more = ptqStatisticsLoad(argv[1], &error);
  EXPECT_NO_ERROR(error);
  EXPECT(strcmp(ptqStatisticsGetModel(more).data,
                ptqStatisticsGetModel(statistics).data) == 0);
  print(more);

  // Statistics of other observers do not merge, and change nothing.
  // CHECK: error: {{.*}}fc.matmul.0.in{{.*}}
  // CHECK: 2 samples, 4 tokens, 16 values
  fewer = observe(module, "minmax", 1);
  EXPECT(!ptqStatisticsMerge(statistics, fewer, &error));
  printError(&error);
  print(statistics);

  // The largest magnitude is 40, and 40 / 127 is 0.31496.
  // CHECK: w8a8-static by minmax: arith.constant dense<0.31496
  quantizeStatically(module, statistics, "minmax");
  // CHECK: error: {{.*}}widest
  quantizeStatically(module, statistics, "widest");
  // CHECK: error: linear.mlir: 'fc.matmul.0.in': expects the observer histogram, but got minmax,gram
  quantizeStatically(module, statistics, NULL);
  // CHECK: error: {{.*}}expects statistics= for the format w8a8-static of 'fc.matmul.0'
  quantizeStatically(module, NULL, NULL);

  // A quantized module is another one.
  EXPECT(ptqStatisticsCheckModule(statistics, module, NULL, &error));
  memset(&options, 0, sizeof(options));
  options.statistics = statistics;
  decisions = ptqModuleQuantize(other, &options, &error);
  EXPECT_NO_ERROR(error);
  // CHECK: error: {{.*}}model{{.*}}
  EXPECT(!ptqStatisticsCheckModule(statistics, other, NULL, &error));
  printError(&error);

  // CHECK: error: {{.*}}no_such{{.*}}
  // CHECK: error: {{.*}}no-such.stats{{.*}}
  EXPECT(!ptqCalibratorCreate(module, "no_such", NULL, &error));
  printError(&error);
  EXPECT(!ptqStatisticsLoad("no-such.stats", &error));
  printError(&error);

  ptqDecisionsDestroy(decisions);
  ptqStatisticsDestroy(statistics);
  ptqStatisticsDestroy(more);
  ptqStatisticsDestroy(fewer);
  ptqStatisticsDestroy(NULL);
  ptqCalibratorDestroy(NULL);
  ptqModuleDestroy(module);
  ptqModuleDestroy(other);
  ptqContextDestroy(context);
  return 0;
}
