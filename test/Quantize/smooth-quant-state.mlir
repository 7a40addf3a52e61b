// Factors of channels move through a buffer that keeps rows from call to call, if
// whoever reads a layer of it is scaled alike.

// RUN: rm -rf %t && mkdir -p %t
// RUN: %python -c "import numpy as np; np.save('%t/x.npy', np.array([[64, 3]], np.float32)); np.save('%t/buffer.npy', np.zeros((2, 4, 2), np.float32))"
// RUN: ptq-run %s --entry=f --calibrate --input=%t/x.npy --input=%t/buffer.npy --input=%t/buffer.npy --input=%t/buffer.npy -o %t/stats
// RUN: ptq-opt %s --ptq-smooth-quant="statistics=%t/stats alpha=1" --remarks-filter=ptq-quantize --remark-format=emitRemark -o %t/smoothed.mlir 2>&1 | FileCheck %s
// CHECK-DAG: Smoothed | {{.*}}Linear=first
// CHECK-DAG: Smoothed | {{.*}}Linear=second
// CHECK-DAG: NotSmoothed | {{.*}}Linear=read{{.*}}something else reads where it is kept
// CHECK-DAG: NotSmoothed | {{.*}}Linear=same{{.*}}it is kept beside others
// CHECK-DAG: NotSmoothed | {{.*}}Linear=again{{.*}}it is kept beside others
// CHECK-DAG: NotSmoothed | {{.*}}Linear=half{{.*}}nothing that can be scaled produces its input

// RUN: ptq-run %s --entry=f --input=%t/x.npy --input=%t/buffer.npy --input=%t/buffer.npy --input=%t/buffer.npy --output=%t/a.npy
// RUN: ptq-run %t/smoothed.mlir --entry=f --input=%t/x.npy --input=%t/buffer.npy --input=%t/buffer.npy --input=%t/buffer.npy --output=%t/b.npy
// RUN: cmp %t/a.npy %t/b.npy

#rows = affine_map<(m, n, k) -> (m, k)>
#weights = affine_map<(m, n, k) -> (n, k)>
#results = affine_map<(m, n, k) -> (m, n)>

ml_program.global private @w0(dense<[[1.0, 0.5], [0.25, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @w1(dense<[[2.0, 0.5], [0.25, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @w2(dense<[[3.0, 0.5], [0.25, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @w3(dense<[[4.0, 0.5], [0.25, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @w4(dense<[[5.0, 0.5], [0.25, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @w5(dense<[[6.0, 0.5], [0.25, 1.0]]> : tensor<2x2xf32>) : tensor<2x2xf32>
ml_program.global private @first(dense<[[1.0, 0.75]]> : tensor<1x2xf32>) : tensor<1x2xf32>
ml_program.global private @second(dense<[[2.0, 0.75]]> : tensor<1x2xf32>) : tensor<1x2xf32>
ml_program.global private @read(dense<[[3.0, 0.75]]> : tensor<1x2xf32>) : tensor<1x2xf32>
ml_program.global private @same(dense<[[4.0, 0.75]]> : tensor<1x2xf32>) : tensor<1x2xf32>
ml_program.global private @again(dense<[[5.0, 0.75]]> : tensor<1x2xf32>) : tensor<1x2xf32>
ml_program.global private @half(dense<[[6.0]]> : tensor<1x1xf32>) : tensor<1x1xf32>

func.func private @keep(%rows: tensor<1x2xf32>, %layer: index, %buffer: memref<2x4x2xf32>) -> tensor<2x2xf32> {
  %view = memref.subview %buffer[%layer, 0, 0] [1, 4, 2] [1, 1, 1] : memref<2x4x2xf32> to memref<4x2xf32, strided<[2, 1], offset: ?>>
  %old = bufferization.to_tensor %view restrict writable : memref<4x2xf32, strided<[2, 1], offset: ?>> to tensor<4x2xf32>
  %new = tensor.insert_slice %rows into %old[1, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<4x2xf32>
  bufferization.materialize_in_destination %new in restrict writable %view : (tensor<4x2xf32>, memref<4x2xf32, strided<[2, 1], offset: ?>>) -> ()
  %kept = tensor.extract_slice %new[0, 0] [2, 2] [1, 1] : tensor<4x2xf32> to tensor<2x2xf32>
  return %kept : tensor<2x2xf32>
}

func.func @f(%x: tensor<1x2xf32>, %kept: memref<2x4x2xf32>, %elsewhere: memref<2x4x2xf32>, %mixed: memref<2x4x2xf32>) -> tensor<2x1xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %empty = tensor.empty() : tensor<1x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x2xf32>) -> tensor<1x2xf32>
  %empty1 = tensor.empty() : tensor<2x1xf32>
  %init1 = linalg.fill ins(%zero : f32) outs(%empty1 : tensor<2x1xf32>) -> tensor<2x1xf32>
  %w0 = ml_program.global_load_const @w0 : tensor<2x2xf32>
  %first_w = ml_program.global_load_const @first : tensor<1x2xf32>
  %v0 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "v0"}
    ins(%x, %w0 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %h0 = call @keep(%v0, %c0, %kept) : (tensor<1x2xf32>, index, memref<2x4x2xf32>) -> tensor<2x2xf32>
  %y0 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "first"}
    ins(%h0, %first_w : tensor<2x2xf32>, tensor<1x2xf32>) outs(%init1 : tensor<2x1xf32>) -> tensor<2x1xf32>

  %w1 = ml_program.global_load_const @w1 : tensor<2x2xf32>
  %second_w = ml_program.global_load_const @second : tensor<1x2xf32>
  %v1 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "v1"}
    ins(%x, %w1 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %h1 = call @keep(%v1, %c1, %kept) : (tensor<1x2xf32>, index, memref<2x4x2xf32>) -> tensor<2x2xf32>
  %y1 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "second"}
    ins(%h1, %second_w : tensor<2x2xf32>, tensor<1x2xf32>) outs(%init1 : tensor<2x1xf32>) -> tensor<2x1xf32>

  %w2 = ml_program.global_load_const @w2 : tensor<2x2xf32>
  %read_w = ml_program.global_load_const @read : tensor<1x2xf32>
  %v2 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "v2"}
    ins(%x, %w2 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %h2 = call @keep(%v2, %c0, %elsewhere) : (tensor<1x2xf32>, index, memref<2x4x2xf32>) -> tensor<2x2xf32>
  %y2 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "read"}
    ins(%h2, %read_w : tensor<2x2xf32>, tensor<1x2xf32>) outs(%init1 : tensor<2x1xf32>) -> tensor<2x1xf32>

  %w3 = ml_program.global_load_const @w3 : tensor<2x2xf32>
  %same_w = ml_program.global_load_const @same : tensor<1x2xf32>
  %v3 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "v3"}
    ins(%x, %w3 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %h3 = call @keep(%v3, %c0, %mixed) : (tensor<1x2xf32>, index, memref<2x4x2xf32>) -> tensor<2x2xf32>
  %y3 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "same"}
    ins(%h3, %same_w : tensor<2x2xf32>, tensor<1x2xf32>) outs(%init1 : tensor<2x1xf32>) -> tensor<2x1xf32>

  %w4 = ml_program.global_load_const @w4 : tensor<2x2xf32>
  %again_w = ml_program.global_load_const @again : tensor<1x2xf32>
  %v4 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "v4"}
    ins(%x, %w4 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %h4 = call @keep(%v4, %c0, %mixed) : (tensor<1x2xf32>, index, memref<2x4x2xf32>) -> tensor<2x2xf32>
  %y4 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "again"}
    ins(%h4, %again_w : tensor<2x2xf32>, tensor<1x2xf32>) outs(%init1 : tensor<2x1xf32>) -> tensor<2x1xf32>

  // A slice has some of the channels.
  %w5 = ml_program.global_load_const @w5 : tensor<2x2xf32>
  %half_w = ml_program.global_load_const @half : tensor<1x1xf32>
  %v5 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "v5"}
    ins(%x, %w5 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
  %h5 = tensor.extract_slice %v5[0, 1] [1, 1] [1, 1] : tensor<1x2xf32> to tensor<1x1xf32>
  %empty5 = tensor.empty() : tensor<1x1xf32>
  %init5 = linalg.fill ins(%zero : f32) outs(%empty5 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %y5 = linalg.matmul indexing_maps = [#rows, #weights, #results] {ptq.name = "half"}
    ins(%h5, %half_w : tensor<1x1xf32>, tensor<1x1xf32>) outs(%init5 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %last = tensor.insert_slice %y5 into %init1[0, 0] [1, 1] [1, 1] : tensor<1x1xf32> into tensor<2x1xf32>

  %s0 = linalg.add ins(%y0, %y1 : tensor<2x1xf32>, tensor<2x1xf32>) outs(%empty1 : tensor<2x1xf32>) -> tensor<2x1xf32>
  %s1 = linalg.add ins(%s0, %y2 : tensor<2x1xf32>, tensor<2x1xf32>) outs(%empty1 : tensor<2x1xf32>) -> tensor<2x1xf32>
  %s2 = linalg.add ins(%s1, %y3 : tensor<2x1xf32>, tensor<2x1xf32>) outs(%empty1 : tensor<2x1xf32>) -> tensor<2x1xf32>
  %s3 = linalg.add ins(%s2, %y4 : tensor<2x1xf32>, tensor<2x1xf32>) outs(%empty1 : tensor<2x1xf32>) -> tensor<2x1xf32>
  %sum = linalg.add ins(%s3, %last : tensor<2x1xf32>, tensor<2x1xf32>) outs(%empty1 : tensor<2x1xf32>) -> tensor<2x1xf32>
  return %sum : tensor<2x1xf32>
}

// Reads what @f keeps in %elsewhere.
func.func @look(%x: index, %kept: index, %elsewhere: memref<2x4x2xf32>) -> f32 {
  %value = memref.load %elsewhere[%x, %x, %x] : memref<2x4x2xf32>
  return %value : f32
}
