// RUN: ptq-opt %s --ptq-quantize="skip=skipped" --remarks-filter=ptq-quantize --remark-format=emitRemark 2>&1 -o /dev/null | FileCheck %s
// RUN: ptq-opt %s --ptq-quantize="skip=skipped" --remarks-filter=ptq-quantize --remark-format=yaml --remarks-output-file=%t.yaml -o /dev/null
// RUN: FileCheck %s --check-prefix=YAML < %t.yaml
// RUN: ptq-opt %s --ptq-quantize -o /dev/null 2>&1 | count 0

// One remark per linear, though two functions compute the first one.
// CHECK-DAG: remark: [Passed] Quantized | Category:ptq-quantize | Function=prefill | {{.*}}BitsPerWeight=16.000, Format=w8a8, Linear=q_proj, SQNR="{{[0-9.]+}} dB"
// CHECK-DAG: remark: [Missed] Skipped | Category:ptq-quantize | Function=decode | {{.*}}Linear=skipped, Reason="skip names it"
// CHECK-DAG: remark: [Missed] ActivationProduct | Category:ptq-quantize | Function=decode | {{.*}}Linear=decode.batch_matmul.0, Reason="both operands are activations"

// YAML-COUNT-3: Pass:
// YAML-NOT: Pass:

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

func.func @decode(%x: tensor<1x4xf32>, %init: tensor<1x2xf32>, %q: tensor<2x3x4xf32>, %k: tensor<2x4x3xf32>, %out: tensor<2x3x3xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>, tensor<2x3x3xf32>) {
  %w = ml_program.global_load_const @weight : tensor<2x4xf32>
  %y = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "q_proj"}
    ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %z = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "skipped"}
    ins(%x, %w : tensor<1x4xf32>, tensor<2x4xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %scores = linalg.batch_matmul ins(%q, %k : tensor<2x3x4xf32>, tensor<2x4x3xf32>) outs(%out : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  return %y, %z, %scores : tensor<1x2xf32>, tensor<1x2xf32>, tensor<2x3x3xf32>
}
