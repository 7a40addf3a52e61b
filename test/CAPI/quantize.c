// Quantizing gives decisions as data; recipes say which format they would
// choose; what is wrong with either is an error.
//
// RUN: %cc %s -lptq-c -o %t.exe
// RUN: echo 'rules: [{name: "fc", format: float}]' > %t.yaml
// RUN: echo 'rules: [{name: "fc", format: w3a8}]' > %t.bad.yaml
// RUN: %t.exe %t.yaml %t.bad.yaml | FileCheck %s

#include "ptq-c/Quantize.h"
#include "Inputs/check.h"
#include "Inputs/linear.h"

static PtqModule *parse(PtqContext *context, const char *text) {
  PtqError *error = NULL;
  PtqModule *module =
      ptqModuleParse(context, toRef(text), "linear.mlir", &error);
  EXPECT_NO_ERROR(error);
  return module;
}

static void printAndDestroy(PtqDecisions *decisions) {
  size_t i;
  EXPECT(decisions != NULL);
  printf("%d decisions\n", (int)ptqDecisionsGetSize(decisions));
  for (i = 0; i < ptqDecisionsGetSize(decisions); ++i) {
    PtqDecision decision = ptqDecisionsGet(decisions, i);
    printf("%s: %s, %.3f bits, %.2f dB, %d weights, reason '%s'\n",
           decision.name.data, decision.format.data, decision.bitsPerWeight,
           decision.sqnr, (int)decision.numWeights, decision.reason.data);
  }
  ptqDecisionsDestroy(decisions);
}

static void quantize(PtqContext *context, const PtqQuantizeOptions *options) {
  PtqError *error = NULL;
  PtqModule *module = parse(context, linearText);
  PtqDecisions *decisions = ptqModuleQuantize(module, options, &error);
  if (decisions)
    printAndDestroy(decisions);
  else
    printError(&error);
  ptqModuleDestroy(module);
}

static void printFormats(const PtqQuantizeOptions *options) {
  PtqError *error = NULL;
  PtqRecipe *recipe = ptqRecipeCreate(options, &error);
  const char *names[] = {"layers.0.q_proj", "lm_head", "fc.matmul.0"};
  int i;
  if (!recipe) {
    printError(&error);
    return;
  }
  for (i = 0; i < 3; ++i) {
    char *format = ptqRecipeGetFormat(recipe, names[i], false);
    printf("%s: %s\n", names[i], format);
    ptqStringDestroy(format);
  }
  ptqRecipeDestroy(recipe);
}

int main(int argc, char **argv) {
  PtqContext *context = ptqContextCreate();
  PtqQuantizeOptions options;
  PtqError *error = NULL;
  PtqModule *module;
  EXPECT(argc == 3);

  // CHECK: 1 decisions
  // CHECK-NEXT: fc.matmul.0: w8a8, 16.000 bits, {{[0-9.]+}} dB, 8 weights, reason ''
  quantize(context, NULL);
  memset(&options, 0, sizeof(options));
  options.recipe = "w4a16-g2";
  options.scale = "absmax";
  // CHECK: fc.matmul.0: w4a16-g2, 12.000 bits
  quantize(context, &options);
  options.skip = "matmul";
  // CHECK: fc.matmul.0: float, nan bits, nan dB, 0 weights, reason 'skip names it'
  quantize(context, &options);

  // The module remembers; before, there was nothing to remember.
  // CHECK: 0 decisions
  // CHECK: 1 decisions
  // CHECK: 1 decisions
  module = parse(context, linearText);
  printAndDestroy(ptqModuleGetDecisions(module));
  printAndDestroy(ptqModuleQuantize(module, NULL, &error));
  printAndDestroy(ptqModuleGetDecisions(module));
  ptqModuleDestroy(module);

  // A weight that is not finite is refused, and its module stays as it was.
  // CHECK: error: linear.mlir:3:8: weight 'nan.matmul.0': expects finite values, but got nan at [0, 1]
  // CHECK-NEXT: 2 linear.mlir 3:8 weight
  // CHECK: 0 decisions
  module = parse(
      context,
      "func.func @nan(%x: tensor<1x2xf32>, %y: tensor<1x1xf32>) -> "
      "tensor<1x1xf32> {\n"
      "  %w = arith.constant dense<[[1.0], [0x7FC00000]]> : tensor<2x1xf32>\n"
      "  %0 = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x1xf32>) "
      "outs(%y : tensor<1x1xf32>) -> tensor<1x1xf32>\n"
      "  return %0 : tensor<1x1xf32>\n}\n");
  EXPECT(!ptqModuleQuantize(module, NULL, &error));
  printError(&error);
  printAndDestroy(ptqModuleGetDecisions(module));
  ptqModuleDestroy(module);

  // CHECK: error: {{.*}}expects a recipe such as {{.*}}, but got 'w3a7'
  // CHECK: error: {{.*}}expects scale to be {{.*}}, but got 'largest'
  // CHECK: error: {{.*}}expects skip to be a regular expression {{.*}}, but got '('
  // CHECK: error: {{.*}}expects a readable recipe file, but got 'no-such.yaml'
  // CHECK: error: {{.*}}bad.yaml:1:{{[0-9]+}}: {{.*}}expects a format such as
  memset(&options, 0, sizeof(options));
  options.recipe = "w3a7";
  quantize(context, &options);
  memset(&options, 0, sizeof(options));
  options.scale = "largest";
  quantize(context, &options);
  memset(&options, 0, sizeof(options));
  options.skip = "(";
  quantize(context, &options);
  memset(&options, 0, sizeof(options));
  options.recipeFile = "no-such.yaml";
  quantize(context, &options);
  options.recipeFile = argv[2];
  quantize(context, &options);

  // CHECK: layers.0.q_proj: w8a8
  // CHECK-NEXT: lm_head: w8a8
  // CHECK-NEXT: fc.matmul.0: w8a8
  printFormats(NULL);
  memset(&options, 0, sizeof(options));
  options.recipe = "w4a8-g32";
  options.recipeFile = argv[1];
  // CHECK: layers.0.q_proj: w4a8-g32
  // CHECK-NEXT: lm_head: w8a8
  // CHECK-NEXT: fc.matmul.0: float
  printFormats(&options);
  options.recipe = "w9";
  // CHECK: error: expects a recipe such as {{.*}}, but got 'w9'
  printFormats(&options);

  ptqContextDestroy(context);
  ptqDecisionsDestroy(NULL);
  ptqRecipeDestroy(NULL);
  return 0;
}
