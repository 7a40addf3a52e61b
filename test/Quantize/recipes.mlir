// RUN: split-file %s %t
// RUN: ptq-opt %t/model.mlir --ptq-quantize | FileCheck %s --check-prefix=DEFAULT
// RUN: ptq-opt %t/model.mlir --ptq-quantize=recipe=w4a16-g128 | FileCheck %s --check-prefix=HEADS
// RUN: ptq-opt %t/model.mlir --ptq-quantize="recipe=w4a8-g2 skip=^layers.*proj$" | FileCheck %s --check-prefix=SKIP
// RUN: ptq-opt %t/model.mlir --ptq-quantize="recipe=w4a8-g2 recipe-file=%t/rules.yaml skip=down" | FileCheck %s --check-prefix=RULES

// DEFAULT: format = "w8a8", name = "embed"
// DEFAULT-SAME: format = "w8a8", name = "layers.0.up_proj"
// DEFAULT-SAME: format = "w8a8", name = "layers.0.down_proj"
// DEFAULT-SAME: format = "w8a8", name = "tied"
// DEFAULT-SAME: format = "w8a8", name = "model.lm_head"

// Embeddings, what is tied to one, and heads keep 8 bits per channel.
// HEADS: format = "w8a16", name = "embed"
// HEADS-SAME: format = "w4a16-g128", name = "layers.0.up_proj"
// HEADS-SAME: format = "w4a16-g128", name = "layers.0.down_proj"
// HEADS-SAME: format = "w8a16", name = "tied"
// HEADS-SAME: format = "w8a16", name = "model.lm_head"

// SKIP: format = "w8a8", name = "embed"
// SKIP-SAME: {format = "float", name = "layers.0.up_proj", reason = "skip names it"}
// SKIP-SAME: {format = "float", name = "layers.0.down_proj", reason = "skip names it"}
// SKIP-SAME: format = "w8a8", name = "tied"
// SKIP: linalg.matmul {ptq.name = "layers.0.up_proj"}

// skip goes before the rules, rules before the rule of heads, the first before
// the second.
// RULES: format = "w4a8-g4", name = "embed"
// RULES-SAME: {format = "float", name = "layers.0.up_proj", reason = "rule '^layers' of the recipe says so"}
// RULES-SAME: {format = "float", name = "layers.0.down_proj", reason = "skip names it"}
// RULES-SAME: format = "w8a8", name = "tied"
// RULES-SAME: format = "w8a16-g2", name = "model.lm_head"

//--- model.mlir
func.func @forward(%tokens: tensor<3xi64>, %empty: tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %table = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]> : tensor<4x4xf32>
  %up_proj = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]> : tensor<4x4xf32>
  %down_proj = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [1.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0]]> : tensor<4x4xf32>
  %lm_head = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [1.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0]]> : tensor<4x4xf32>
  %x = linalg.generic {
    indexing_maps = [affine_map<(m, k) -> (m)>, affine_map<(m, k) -> (m, k)>],
    iterator_types = ["parallel", "parallel"]}
    ins(%tokens : tensor<3xi64>) outs(%empty : tensor<3x4xf32>) attrs = {ptq.name = "embed"} {
  ^bb0(%token: i64, %unused: f32):
    %row = arith.index_cast %token : i64 to index
    %k = linalg.index 1 : index
    %element = tensor.extract %table[%row, %k] : tensor<4x4xf32>
    linalg.yield %element : f32
  } -> tensor<3x4xf32>
  %zero = arith.constant dense<0.0> : tensor<3x4xf32>
  %up = linalg.matmul {ptq.name = "layers.0.up_proj"} ins(%x, %up_proj : tensor<3x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<3x4xf32>) -> tensor<3x4xf32>
  %down = linalg.matmul {ptq.name = "layers.0.down_proj"} ins(%up, %down_proj : tensor<3x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<3x4xf32>) -> tensor<3x4xf32>
  %tied = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    {ptq.name = "tied"} ins(%down, %table : tensor<3x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<3x4xf32>) -> tensor<3x4xf32>
  %head = linalg.matmul {ptq.name = "model.lm_head"} ins(%down, %lm_head : tensor<3x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<3x4xf32>) -> tensor<3x4xf32>
  return %tied, %head : tensor<3x4xf32>, tensor<3x4xf32>
}

//--- rules.yaml
# Comments are allowed.
rules:
  - name: "^embed$"
    format: w4a8-g4
    scale: search
  - {name: "^layers", format: float}
  - name: "layers.0.up_proj"
    format: w8a8
  - name: lm_head
    format: w8a16-g2
