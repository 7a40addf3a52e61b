// RUN: ptq-opt %s | ptq-opt | FileCheck %s

// Types print under a name of their storage and group; what they say is in the
// alias.

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
!asymmetric = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>

// CHECK-DAG: ![[W8:u8[_0-9]*]] = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
// CHECK-DAG: ![[A8:s8[_0-9]*]] = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
// CHECK-DAG: ![[W4:u4_g32]] = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
// CHECK-DAG: ![[ASYMMETRIC:u8[_0-9]*]] = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>
// CHECK-DAG: !u3_g128 = !ptq.q<u3:bf16, block = [1, 128], scale = bf16, zp = i8>
// CHECK-DAG: !u5 = !ptq.q<u5<1:16>:f32, block = [1, 0], scale = f32, multiplier = s4<-7:7> per [1, 16]>
// CHECK-DAG: !s16 = !ptq.q<s16:f16, block = [0, 1, 1], scale = f8E8M0FNU>

// CHECK-LABEL: func.func private @examples
//  CHECK-SAME: (tensor<1x1x![[W8]]>, tensor<1x1x![[A8]]>, tensor<1x1x![[W4]]>, tensor<1x1x![[ASYMMETRIC]]>)
func.func private @examples(tensor<1x1x!w8>, tensor<1x1x!a8>, tensor<1x1x!w4>, tensor<1x1x!asymmetric>)

// A range that is all of the storage is not printed.
// CHECK-LABEL: func.func private @every_parameter
//  CHECK-SAME: (tensor<1x1x!u3_g128>, tensor<1x1x!u5>, tensor<1x1x1x!s16>)
func.func private @every_parameter(
  tensor<1x1x!ptq.q<u3<0:7>:bf16, block = [1, 128], scale = bf16, zp = i8>>,
  tensor<1x1x!ptq.q<u5<1:16>:f32, block = [1, 0], scale = f32, multiplier = s4<-7:7> per [1, 16]>>,
  tensor<1x1x1x!ptq.q<s16<-32768:32767>:f16, block = [0, 1, 1], scale = f8E8M0FNU>>)
