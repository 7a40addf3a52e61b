// RUN: split-file %s %t
// RUN: ptq-opt %t/model.mlir --ptq-print-plan="recipe=w4a8-g2 recipe-file=%t/rules.yaml skip=skipped" -o %t/out.mlir 2>&1 | FileCheck %s --match-full-lines --strict-whitespace

// The module is as it was, no name added; the same text comes again.
// RUN: ptq-opt %t/model.mlir -o %t/in.mlir
// RUN: diff %t/in.mlir %t/out.mlir
// RUN: ptq-opt %t/model.mlir --ptq-print-plan="recipe=w4a8-g2 recipe-file=%t/rules.yaml skip=skipped output=%t/plan" -o /dev/null
// RUN: ptq-opt %t/model.mlir --ptq-print-plan="recipe=w4a8-g2 recipe-file=%t/rules.yaml skip=skipped output=-" -o /dev/null | diff - %t/plan

// RUN: not ptq-opt %t/model.mlir --ptq-print-plan=recipe=w9a8 2>&1 | FileCheck %s --check-prefix=RECIPE
// RUN: not ptq-opt %t/model.mlir --ptq-print-plan=output=%t/no/plan 2>&1 | FileCheck %s --check-prefix=FILE
// RECIPE: error: expects a recipe such as {{.*}}, but got 'w9a8'
// FILE: error: expects a writable plan file, but got '{{.*}}/no/plan': No such file or directory

// Weights of 8 f32: 4 bytes of codes and 4 scales of 2 bytes; with rule w8a16, 8
// bytes and 2 scales of 4 bytes. The weight of q_proj counts once in the totals.
//      CHECK:linear                 format   scale   weight   bits    in              why
// CHECK-NEXT:q_proj                 w4a8-g2  search  2x4xf32  12.000  prefill,decode  the recipe is w4a8-g2
// CHECK-NEXT:skipped                float    -       2x4xf32  -       decode          skip names it
// CHECK-NEXT:decode.batch_matmul.0  float    -       -        -       decode          both operands are activations
// CHECK-NEXT:twin                   w4a8-g2  search  2x4xf32  12.000  decode          the recipe is w4a8-g2
// CHECK-NEXT:down_proj              w8a16    absmax  2x4xf32  16.000  decode          rule '^down' of the recipe says so
// CHECK-NEXT:decode.matmul.0        float    -       -        -       decode          expects a constant weight, but got an argument
// CHECK-NEXT:6 linears: 3 quantized, 1 skipped, 1 refused, 1 of two activations; weights to quantize: 64 -> 28 bytes

//--- rules.yaml
rules:
  - name: "^down"
    format: w8a16
    scale: absmax

//--- model.mlir
#rows = affine_map<(m, n, k) -> (m, k)>
#weight = affine_map<(m, n, k) -> (n, k)>
#result = affine_map<(m, n, k) -> (m, n)>

ml_program.global private @weight(dense<[[1.0, -2.0, 0.5, 4.0], [0.0, 3.0, -1.0, 1.0]]> : tensor<2x4xf32>) : tensor<2x4xf32>

func.func @prefill(%x: tensor<5x4xf32>, %init: tensor<5x2xf32>) -> tensor<5x2xf32> {
  %w = ml_program.global_load_const @weight : tensor<2x4xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "q_proj"}
    ins(%x, %w : tensor<5x4xf32>, tensor<2x4xf32>) outs(%init : tensor<5x2xf32>) -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}

func.func @decode(%x: tensor<1x4xf32>, %init: tensor<1x2xf32>, %q: tensor<2x3x4xf32>, %k: tensor<2x4x3xf32>, %out: tensor<2x3x3xf32>, %argument: tensor<2x4xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>, tensor<2x3x3xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = ml_program.global_load_const @weight : tensor<2x4xf32>
  %other = arith.constant dense<[[1.0, -2.0, 0.5, 4.0], [0.0, 3.0, -1.0, 7.0]]> : tensor<2x4xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "q_proj"}
    ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %z = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "skipped"}
    ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %scores = linalg.batch_matmul ins(%q, %k : tensor<2x3x4xf32>, tensor<2x4x3xf32>) outs(%out : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %twin = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "twin"}
    ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %down = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "down_proj"}
    ins(%x, %other : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %last = linalg.matmul indexing_maps = [#rows, #weight, #result]
    ins(%x, %argument : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y, %z, %scores, %twin, %down, %last : tensor<1x2xf32>, tensor<1x2xf32>, tensor<2x3x3xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>
}
