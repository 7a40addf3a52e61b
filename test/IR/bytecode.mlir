// RUN: ptq-opt %s --emit-bytecode -o %t.mlirbc
// RUN: ptq-opt %t.mlirbc | FileCheck %s
// RUN: ptq-opt %s -o %t.text.mlir
// RUN: ptq-opt %t.mlirbc -o %t.binary.mlir
// RUN: diff %t.text.mlir %t.binary.mlir

// Binary files say what text says: every part of a type, the attributes, and
// the operands and properties of ops.

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f16, block = [1, 0], scale = bf16, zp = -3>
!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = i8>
!k4 = !ptq.q<s4<-7:7>:bf16, block = [1, 0], scale = f8E8M0FNU, multiplier = s5<-15:12> per [1, 16]>

// CHECK-DAG: = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
// CHECK-DAG: = !ptq.q<s8<-127:127>:f16, block = [1, 0], scale = bf16, zp = -3>
// CHECK-DAG: = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = i8>
// CHECK-DAG: = !ptq.q<s4<-7:7>:bf16, block = [1, 0], scale = f8E8M0FNU, multiplier = s5<-15:12> per [1, 16]>

func.func private @types(tensor<1x1x!w8>, tensor<1x1x!a8>, tensor<1x1x!w4>, tensor<1x1x!k4>)

// CHECK: ml_program.global private @weight(#ptq.external<"model.safetensors", "q_proj.weight">)
ml_program.global private @weight(#ptq.external<"model.safetensors", "q_proj.weight">) : tensor<64x64xbf16>

!s8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

// CHECK-LABEL: func.func @ops
//       CHECK:   ptq.dynamic_quantize %{{.+}} sums [1, 16]
//       CHECK:   ptq.requantize %{{.+}} fixed %{{.+}}, shift
//       CHECK:   ptq.fake_quantize %{{.+}}, %{{.+}} as
//       CHECK:   ptq.storage_cast %{{.+}} packed
func.func @ops(%x: tensor<2x64xf32>, %s: tensor<2x1xf32>, %acc: tensor<2x64xi32>, %i: tensor<2x1xi32>, %bytes: tensor<2x32xi8>) {
  %q, %qs, %sums = ptq.dynamic_quantize %x sums [1, 16] : tensor<2x64xf32> -> tensor<2x64x!s8>, tensor<2x1xf32>, tensor<2x4xi32>
  %r = ptq.requantize %acc fixed %i, shift %i : tensor<2x64xi32>, tensor<2x1xi32>, tensor<2x1xi32> -> tensor<2x64x!s8>
  %f = ptq.fake_quantize %x, %s as !s8 : tensor<2x64xf32>, tensor<2x1xf32> -> tensor<2x64xf32>
  %c = ptq.storage_cast %bytes packed : tensor<2x32xi8> to tensor<2x64x!w4>
  return
}
