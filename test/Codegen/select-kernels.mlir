// RUN: ptq-opt %s --ptq-select-kernels=cpu=haswell --split-input-file | FileCheck %s
// RUN: ptq-opt %s --ptq-select-kernels=cpu=alderlake --split-input-file | FileCheck %s --check-prefix=ALDERLAKE
// RUN: ptq-opt %s --ptq-select-kernels=cpu=icelake-server --split-input-file | FileCheck %s --check-prefix=ICELAKE
// RUN: ptq-opt %s --ptq-select-kernels="cpu=haswell external=false" --split-input-file --remarks-filter="ptq-codegen" --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// REMARK: remark: [Passed] select{{.*}}Isa=#ptq.isa<avx2>
// CHECK-LABEL: func.func @constants_are_packed
//       CHECK:   %[[P:.+]] = ptq.pack %{{.+}}, %{{.+}} : tensor<32x64x!u8>, tensor<32x1xf32> -> tensor<2176xi8, #ptq.packed<!u8, shape = [32, 64], layout = <columns = 16, depth = 2, bits = 8>>>
//       CHECK:   ptq.packed_matmul ins(%{{.+}}, %[[P]]
//  CHECK-SAME:     isa #ptq.isa<avx2>
//   CHECK-NOT:   ptq.matmul
// ALDERLAKE-LABEL: func.func @constants_are_packed
//       ALDERLAKE:   layout = <columns = 16, depth = 4, bits = 8>
//       ALDERLAKE:   isa #ptq.isa<avxvnni>
// ICELAKE-LABEL: func.func @constants_are_packed
//       ICELAKE:   layout = <columns = 32, depth = 4, bits = 8>
//       ICELAKE:   isa #ptq.isa<avx512vnni>
func.func @constants_are_packed(%q: tensor<?x64x!a8>, %s: tensor<?x1xf32>, %sum: tensor<?x1xi32>,
                                %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %bytes = arith.constant dense<3> : tensor<32x64xi8>
  %ws = arith.constant dense<0.5> : tensor<32x1xf32>
  %w = ptq.storage_cast %bytes : tensor<32x64xi8> to tensor<32x64x!w8>
  %y = ptq.matmul ins(%q, %w : tensor<?x64x!a8>, tensor<32x64x!w8>)
         lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
         rhs(%ws : tensor<32x1xf32>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// REMARK: remark: [Missed] select{{.*}}weights are not constant
// CHECK-LABEL: func.func @arguments_stay
//       CHECK:   linalg.matmul
func.func @arguments_stay(%x: tensor<?x64xf32>, %w: tensor<32x64xbf16>, %empty: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %zero = arith.constant 0.0 : f32
  %out = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x32xf32>) -> tensor<?x32xf32>
  %y = linalg.matmul
         indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                          affine_map<(m, n, k) -> (m, n)>]
         ins(%x, %w : tensor<?x64xf32>, tensor<32x64xbf16>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

ml_program.global private @w(#ptq.external<"m.safetensors", "w">) : tensor<32x64xbf16>

// REMARK: remark: [Missed] select{{.*}}weights are in a file that is not packed
// CHECK-LABEL: func.func @float_weights_in_a_file
//       CHECK:   ptq.pack %{{.+}} : tensor<32x64xbf16> -> tensor<4096xi8, #ptq.packed<bf16, shape = [32, 64], layout = <columns = 16, depth = 1, bits = 16>>>
//       CHECK:   ptq.packed_matmul
func.func @float_weights_in_a_file(%x: tensor<?x64xf32>, %empty: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %w = ml_program.global_load_const @w : tensor<32x64xbf16>
  %zero = arith.constant 0.0 : f32
  %out = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x32xf32>) -> tensor<?x32xf32>
  %y = linalg.matmul
         indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                          affine_map<(m, n, k) -> (m, n)>]
         ins(%x, %w : tensor<?x64xf32>, tensor<32x64xbf16>)
         outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

!w8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 128>

// REMARK: remark: [Missed] select{{.*}}scales of the weights are not per output channel
// CHECK-LABEL: func.func @other_formats_stay
//       CHECK:   ptq.matmul
func.func @other_formats_stay(%x: tensor<?x64xf32>, %out: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %bytes = arith.constant dense<3> : tensor<32x64xi8>
  %ws = arith.constant dense<0.5> : tensor<1x1xf32>
  %w = ptq.storage_cast %bytes : tensor<32x64xi8> to tensor<32x64x!w8>
  %y = ptq.matmul ins(%x, %w : tensor<?x64xf32>, tensor<32x64x!w8>)
         rhs(%ws : tensor<1x1xf32>) outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
