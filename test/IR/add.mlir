// RUN: ptq-opt %s | ptq-opt | FileCheck %s

!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -3>
!s8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>

// CHECK-LABEL: func.func @example
//       CHECK:   %codes = ptq.add %{{.+}}, %{{.+}} float %{{.+}}, %{{.+}} : tensor<1x2x!s8>, tensor<1x2x!s8>, tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x2x!s8>
func.func @example(%a: tensor<1x2x!s8>, %b: tensor<1x2x!s8>, %ma: tensor<1x1xf32>, %mb: tensor<1x1xf32>) {
  %q = ptq.add %a, %b float %ma, %mb
    : tensor<1x2x!s8>, tensor<1x2x!s8>, tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x2x!s8>
  return
}

// CHECK-LABEL: func.func @fixed
//       CHECK:   ptq.add %{{.+}}, %{{.+}} fixed %{{.+}}, %{{.+}}, shift %{{.+}} : tensor<?x2x!s8_1>, tensor<?x2x!s8>, tensor<1x1xi32>, tensor<1x1xi32>, tensor<1x1xi32> -> tensor<?x2x!s8_1>
func.func @fixed(%a: tensor<?x2x!a8>, %b: tensor<?x2x!s8>, %ma: tensor<1x1xi32>, %mb: tensor<1x1xi32>, %shift: tensor<1x1xi32>) {
  %q = ptq.add %a, %b fixed %ma, %mb, shift %shift
    : tensor<?x2x!a8>, tensor<?x2x!s8>, tensor<1x1xi32>, tensor<1x1xi32>, tensor<1x1xi32> -> tensor<?x2x!a8>
  return
}
