// A language model is imported, quantized, opened, and continues text.
//
// RUN: %cc %s -lptq-c -o %t.exe
// RUN: %python %src_dir/tools/dev/make-random-llama %t.checkpoint --hidden 32 --intermediate 48 --layers 1 --heads 2 --kv-heads 1 --vocabulary 300 --context 64
// RUN: rm -rf %t.package && %t.exe %t.checkpoint %t.package | FileCheck %s

#include "Inputs/check.h"
#include "ptq-c/Calibrate.h"
#include "ptq-c/LanguageModel.h"

static void countSteps(PtqStringRef step, size_t done, size_t total,
                       void *userData) {
  EXPECT(step.length > 0 && done <= total);
  ++*(int *)userData;
}

static void countBytes(PtqStringRef text, void *userData) {
  *(size_t *)userData += text.length;
}

static void quantize(const char *folder, const char *output) {
  PtqError *error = NULL;
  PtqQuantizeOptions options;
  PtqModelSizes sizes;
  PtqDecisions *decisions;
  size_t i, numFloat = 0;
  int numSteps = 0;
  memset(&options, 0, sizeof(options));
  options.recipe = "w4a8-g32";
  options.scale = "absmax";
  options.skip = "down_proj";
  decisions = ptqLanguageModelQuantize(folder, output, &options, 0, &sizes,
                                       countSteps, &numSteps, &error);
  EXPECT_NO_ERROR(error);
  EXPECT(numSteps > 0 && sizes.packageBytes < sizes.floatBytes);
  for (i = 0; i < ptqDecisionsGetSize(decisions); ++i) {
    PtqDecision decision = ptqDecisionsGet(decisions, i);
    if (strcmp(decision.format.data, "float") != 0)
      continue;
    EXPECT(strcmp(decision.reason.data, "skip names it") == 0);
    ++numFloat;
  }
  printf("%d linears, %d float\n", (int)i, (int)numFloat);
  ptqDecisionsDestroy(decisions);
  EXPECT(!ptqLanguageModelQuantize(output, output, NULL, 0, NULL, NULL, NULL,
                                   &error));
  printError(&error);
  options.root = ".";
  EXPECT(!ptqLanguageModelQuantize(folder, output, &options, 0, NULL, NULL,
                                   NULL, &error));
  printError(&error);
}

static void generate(PtqLanguageModel *model) {
  PtqError *error = NULL;
  PtqGenerateOptions options;
  PtqGeneration *generation;
  size_t numBytes = 0, numTokens = 0;
  memset(&options, 0, sizeof(options));
  options.numTokens = 8;
  generation =
      ptqLanguageModelGenerate(model, toRef("Once upon a time"), &options,
                               countBytes, &numBytes, &error);
  EXPECT_NO_ERROR(error);
  EXPECT(ptqGenerationGetText(generation).length == numBytes);
  EXPECT(ptqGenerationGetTokens(generation, &numTokens) && numTokens == 8);
  EXPECT(ptqGenerationGetPrefillSpeed(generation) > 0 &&
         ptqGenerationGetDecodeSpeed(generation) > 0);
  printf("generated %s\n", ptqGenerationGetText(generation).data);
  ptqGenerationDestroy(generation);

  options.topP = 2;
  EXPECT(!ptqLanguageModelGenerate(model, toRef(""), &options, NULL, NULL,
                                   &error));
  printError(&error);
}

static void tokenize(PtqLanguageModel *model) {
  PtqError *error = NULL;
  PtqTensor tokens, text, logits;
  int64_t tooLarge = 1 << 30;
  EXPECT(
      ptqLanguageModelTokenize(model, toRef("a small dog"), &tokens, &error));
  EXPECT(tokens.kind == PTQ_INT64 && tokens.rank == 1 && tokens.shape[0] > 0);
  EXPECT(ptqLanguageModelDetokenize(model, tokens.data, (size_t)tokens.shape[0],
                                    &text, &error));
  EXPECT(text.shape[0] == 11 && memcmp(text.data, "a small dog", 11) == 0);
  EXPECT(ptqLanguageModelForward(model, tokens.data, (size_t)tokens.shape[0], 0,
                                 &logits, &error));
  EXPECT(logits.kind == PTQ_FLOAT32 && logits.rank == 2 &&
         logits.shape[0] == tokens.shape[0]);
  EXPECT(logits.shape[1] == ptqLanguageModelGetVocabularySize(model));
  ptqTensorRelease(&logits);
  EXPECT(!ptqLanguageModelForward(model, tokens.data, 0, 0, &logits, &error));
  printError(&error);
  EXPECT(!ptqLanguageModelForward(model, &tooLarge, 1, 0, &logits, &error));
  printError(&error);
  ptqTensorRelease(&tokens);
  ptqTensorRelease(&text);
}

static void measure(PtqLanguageModel *model, PtqLanguageModel *reference) {
  PtqError *error = NULL;
  PtqStringRef text = toRef("Tom has a small dog.\n\nThe dog likes to run.\n");
  PtqPerplexity result;
  int numSteps = 0;
  EXPECT(ptqLanguageModelMeasurePerplexity(
      model, reference, text, 32, countSteps, &numSteps, &result, &error));
  EXPECT(numSteps == 2 && result.perplexity > 1 && result.numTokens > 8);
  EXPECT(result.referencePerplexity > 1 && result.meanDivergence > 0 &&
         result.sameTop1 > 0.2);
  EXPECT(!ptqLanguageModelMeasurePerplexity(model, model, text, 0, NULL, NULL,
                                            &result, &error));
  printError(&error);
  EXPECT(!ptqLanguageModelMeasurePerplexity(model, NULL, text, 1, NULL, NULL,
                                            &result, &error));
  printError(&error);
}

static PtqLanguageModel *open(const char *folder) {
  PtqError *error = NULL;
  PtqLanguageModelOptions options;
  PtqLanguageModel *model;
  memset(&options, 0, sizeof(options));
  options.contextLength = 64;
  model = ptqLanguageModelOpen(folder, &options, &error);
  EXPECT_NO_ERROR(error);
  EXPECT(ptqLanguageModelGetContextLength(model) == 64);
  return model;
}

/// Static activations take scales from statistics of the checkpoint.
static void quantizeStatically(const char *folder, const char *output) {
  PtqError *error = NULL;
  PtqTextSamples samples;
  PtqStatistics *statistics;
  PtqQuantizeOptions options;
  PtqDecisions *decisions;
  memset(&samples, 0, sizeof(samples));
  memset(&options, 0, sizeof(options));
  options.recipe = "w8a8-static";
  EXPECT(!ptqLanguageModelQuantize(folder, output, &options, 0, NULL, NULL,
                                   NULL, &error));
  printError(&error);
  samples.text = toRef("Tom has a small dog.\n\nThe dog likes to run.\n");
  samples.length = 16;
  statistics =
      ptqLanguageModelCalibrate(folder, &samples, NULL, NULL, NULL, &error);
  EXPECT_NO_ERROR(error);
  options.statistics = statistics;
  options.smoothQuant = "0.5";
  decisions = ptqLanguageModelQuantize(folder, output, &options, 0, NULL, NULL,
                                       NULL, &error);
  EXPECT_NO_ERROR(error);
  printf("%s is %s\n", ptqDecisionsGet(decisions, 1).name.data,
         ptqDecisionsGet(decisions, 1).format.data);
  ptqDecisionsDestroy(decisions);
  options.smoothQuant = "2";
  EXPECT(!ptqLanguageModelQuantize(folder, output, &options, 0, NULL, NULL,
                                   NULL, &error));
  printError(&error);
  ptqStatisticsDestroy(statistics);
}

int main(int argc, char **argv) {
  PtqError *error = NULL;
  PtqLanguageModel *model, *reference;
  EXPECT(argc == 3);
  // CHECK: 9 linears, 1 float
  // CHECK-NEXT: error: {{.*}}is a package already
  // CHECK-NEXT: error: expects no 'parameters', no 'root'
  quantize(argv[1], argv[2]);
  // CHECK: generated Once upon a time
  // CHECK: error: expects 0 tokens or more, a finite temperature
  model = open(argv[2]);
  generate(model);
  // CHECK-NEXT: error: expects a token or more
  // CHECK-NEXT: error: token 1073741824 is not one of the model's
  tokenize(model);
  // CHECK-NEXT: error: expects another model as reference
  // CHECK-NEXT: error: expects a window of 2 or more tokens
  reference = open(argv[1]);
  measure(model, reference);
  ptqLanguageModelDestroy(reference);
  // CHECK-NEXT: error: no-such-folder{{.*}}
  EXPECT(!ptqLanguageModelOpen("no-such-folder", NULL, &error));
  printError(&error);
  ptqLanguageModelDestroy(model);
  ptqLanguageModelDestroy(NULL);
  // CHECK-NEXT: error: {{.*}}: expects statistics= for the format w8a8-static of
  // CHECK-NEXT: layers.0.{{.*}} is w8a8-static
  // CHECK-NEXT: error: {{.*}}: expects alpha
  quantizeStatically(argv[1], argv[2]);
  return 0;
}
