// RUN: ptq-opt %s --ptq-expand-math | FileCheck %s

// CHECK-LABEL: func.func @exp_is_a_polynomial
//   CHECK-NOT:   math.exp
//   CHECK-NOT:   roundeven
//   CHECK-NOT:   fptosi
//       CHECK:   math.fma
//       CHECK:   arith.shli
func.func @exp_is_a_polynomial(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp %x : vector<16xf32>
  return %y : vector<16xf32>
}

// CHECK-LABEL: func.func @rsqrt_is_exact
//       CHECK:   %[[ROOT:.+]] = math.sqrt
//       CHECK:   arith.divf %{{.+}}, %[[ROOT]]
func.func @rsqrt_is_exact(%x: f32) -> f32 {
  %y = math.rsqrt %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @half_is_computed_in_f32
//   CHECK-NOT:   math.sin
//       CHECK:   arith.extf %{{.+}} : f16 to f32
//       CHECK:   math.fma
//       CHECK:   arith.truncf %{{.+}} : f32 to f16
func.func @half_is_computed_in_f32(%x: f16) -> f16 {
  %y = math.sin %x : f16
  return %y : f16
}

// CHECK-LABEL: func.func @bf16_rounds_by_integer_ops
//   CHECK-NOT:   truncf
//       CHECK:   arith.shrui
func.func @bf16_rounds_by_integer_ops(%x: vector<16xf32>) -> vector<16xbf16> {
  %y = arith.truncf %x : vector<16xf32> to vector<16xbf16>
  return %y : vector<16xbf16>
}
