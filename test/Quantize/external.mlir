// Weights in a safetensors file: prefill and decode share them, the head is
// tied to the embedding, and the norm stays float but moves along.
// RUN: rm -rf %t && mkdir %t
// RUN: ptq-opt %s --ptq-quantize="recipe=w4a8-g32 parameters=%t/out.safetensors root=%inputs/storyteller-1m" -o %t/out.mlir
// RUN: FileCheck %s < %t/out.mlir
// RUN: %python %S/Inputs/list-safetensors.py %t/out.safetensors | FileCheck %s --check-prefix=FILE
// RUN: ls %t | count 2

// The new file is all that the result needs: quantizing it again does nothing.
// RUN: ptq-opt %t/out.mlir --ptq-quantize="parameters=%t/again.safetensors" -o %t/again.mlir
// RUN: %python %S/Inputs/list-safetensors.py %t/again.safetensors | FileCheck %s --check-prefix=AGAIN

// The same bytes with one thread.
// RUN: ptq-opt %s --mlir-disable-threading --ptq-quantize="recipe=w4a8-g32 parameters=%t/one.safetensors root=%inputs/storyteller-1m" -o /dev/null
// RUN: cmp %t/one.safetensors %t/out.safetensors

// Without a file, the IR holds the weights.
// RUN: ptq-opt %s --ptq-quantize="root=%inputs/storyteller-1m" | FileCheck %s --check-prefix=INLINE

// Each linear once, however many functions compute it.
//      CHECK: ptq.linears = [
// CHECK-SAME:   {bits_per_weight = 8.250000e+00 : f64, clipped = {{[-+.e0-9]+}} : f64, format = "w8a8", name = "embed", num_weights = 131072 : i64, saturated = {{[-+.e0-9]+}} : f64, sqnr_db = {{[0-9.]+}} : f64, unused_codes = {{[0-9]+}} : i64},
// CHECK-SAME:   {bits_per_weight = 4.500000e+00 : f64, clipped = {{[-+.e0-9]+}} : f64, format = "w4a8-g32", name = "layers.0.q_proj", num_weights = 16384 : i64, saturated = {{[-+.e0-9]+}} : f64, sqnr_db = {{[0-9.]+}} : f64, unused_codes = {{[0-9]+}} : i64},
// CHECK-SAME:   {bits_per_weight = 8.250000e+00 : f64, clipped = {{[-+.e0-9]+}} : f64, format = "w8a8", name = "output", num_weights = 131072 : i64, saturated = {{[-+.e0-9]+}} : f64, sqnr_db = {{[0-9.]+}} : f64, unused_codes = {{[0-9]+}} : i64}]

//  CHECK-NOT: model.safetensors
//  CHECK-DAG: ml_program.global private @embed.codes(#ptq.external<"out.safetensors", "embed.codes">) : tensor<1024x128xi8>
//  CHECK-DAG: ml_program.global private @embed.scales(#ptq.external<"out.safetensors", "embed.scales">) : tensor<1024x1xf32>
//  CHECK-DAG: ml_program.global private @layers.0.q_proj.codes(#ptq.external<"out.safetensors", "layers.0.q_proj.codes">) : tensor<128x64xi8>
//  CHECK-DAG: ml_program.global private @layers.0.q_proj.scales(#ptq.external<"out.safetensors", "layers.0.q_proj.scales">) : tensor<128x4xf16>
//  CHECK-DAG: ml_program.global private @norm(#ptq.external<"out.safetensors", "norm">) : tensor<128xbf16>
//  CHECK-NOT: ml_program.global

// CHECK-LABEL: func.func @prefill
//   CHECK-DAG:   %[[CODES:.+]] = ml_program.global_load_const @embed.codes : tensor<1024x128xi8>
//   CHECK-DAG:   %[[TABLE:.+]] = ptq.storage_cast %[[CODES]] : tensor<1024x128xi8> to tensor<1024x128x!
//       CHECK:   ptq.embedding ins(%{{.+}}, %[[TABLE]] : tensor<?xi64>, tensor<1024x128x!{{.*}} {ptq.name = "embed"} -> tensor<?x128xf32>
//       CHECK:   ptq.matmul {{.*}} {ptq.name = "layers.0.q_proj"}
//       CHECK:   ptq.matmul {{.*}} {ptq.name = "output"}
// CHECK-LABEL: func.func @decode
//       CHECK:   ptq.matmul {{.*}} {ptq.name = "layers.0.q_proj"}

//      FILE: embed.codes I8 [1024, 128]
// FILE-NEXT: embed.scales F32 [1024, 1]
// FILE-NEXT: layers.0.q_proj.codes I8 [128, 64]
// FILE-NEXT: layers.0.q_proj.scales F16 [128, 4]
// FILE-NEXT: norm BF16 [128]
//  FILE-NOT: {{.}}

//     AGAIN: embed.codes I8 [1024, 128]
// AGAIN-DAG: norm BF16 [128]

// INLINE: ml_program.global private @norm(#ptq.external<"model.safetensors", "model.norm.weight">)
// INLINE: arith.constant dense_resource<embed.codes> : tensor<1024x128xi8>

ml_program.global private @embed(#ptq.external<"model.safetensors", "model.embed_tokens.weight">) : tensor<1024x128xbf16>
ml_program.global private @q_proj(#ptq.external<"model.safetensors", "model.layers.0.self_attn.q_proj.weight">) : tensor<128x128xbf16>
ml_program.global private @norm(#ptq.external<"model.safetensors", "model.norm.weight">) : tensor<128xbf16>

#rows = affine_map<(m, n, k) -> (m, k)>
#weight = affine_map<(m, n, k) -> (n, k)>
#result = affine_map<(m, n, k) -> (m, n)>

func.func @prefill(%tokens: tensor<?xi64>) -> (tensor<?x1024xf32>, tensor<128xbf16>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %norm = ml_program.global_load_const @norm : tensor<128xbf16>
  %embed = ml_program.global_load_const @embed : tensor<1024x128xbf16>
  %q_proj = ml_program.global_load_const @q_proj : tensor<128x128xbf16>
  %m = tensor.dim %tokens, %c0 : tensor<?xi64>
  %empty = tensor.empty(%m) : tensor<?x128xf32>
  %x = linalg.generic {
    indexing_maps = [affine_map<(m, k) -> (m)>, affine_map<(m, k) -> (m, k)>],
    iterator_types = ["parallel", "parallel"]}
    ins(%tokens : tensor<?xi64>) outs(%empty : tensor<?x128xf32>) attrs = {ptq.name = "embed"} {
  ^bb0(%token: i64, %unused: f32):
    %row = arith.index_cast %token : i64 to index
    %k = linalg.index 1 : index
    %element = tensor.extract %embed[%row, %k] : tensor<1024x128xbf16>
    %wide = arith.extf %element : bf16 to f32
    linalg.yield %wide : f32
  } -> tensor<?x128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x128xf32>) -> tensor<?x128xf32>
  %q = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "layers.0.q_proj"}
    ins(%x, %q_proj : tensor<?x128xf32>, tensor<128x128xbf16>) outs(%init : tensor<?x128xf32>) -> tensor<?x128xf32>
  %wide = tensor.empty(%m) : tensor<?x1024xf32>
  %wide_init = linalg.fill ins(%zero : f32) outs(%wide : tensor<?x1024xf32>) -> tensor<?x1024xf32>
  %logits = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "output"}
    ins(%q, %embed : tensor<?x128xf32>, tensor<1024x128xbf16>) outs(%wide_init : tensor<?x1024xf32>) -> tensor<?x1024xf32>
  return %logits, %norm : tensor<?x1024xf32>, tensor<128xbf16>
}

func.func @decode(%x: tensor<1x128xf32>) -> tensor<1x128xf32> {
  %q_proj = ml_program.global_load_const @q_proj : tensor<128x128xbf16>
  %zero = arith.constant dense<0.0> : tensor<1x128xf32>
  %q = linalg.matmul indexing_maps = [#rows, #weight, #result] {ptq.name = "layers.0.q_proj"}
    ins(%x, %q_proj : tensor<1x128xf32>, tensor<128x128xbf16>) outs(%zero : tensor<1x128xf32>) -> tensor<1x128xf32>
  return %q : tensor<1x128xf32>
}
