// With relaxed, formulas that differ near a tie, or for a NaN, are imported too;
// the remark says how they differ.
// RUN: ptq-opt %s --ptq-import-idioms=relaxed --remarks-filter=ptq-import --remark-format=emitRemark --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @divides
//       CHECK:   ptq.quantize
//   CHECK-NOT:   arith.fptosi
func.func @divides(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.divf %x, %scale : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  %2 = arith.maximumf %1, %min : tensor<2x3xf32>
  %3 = arith.minimumf %2, %max : tensor<2x3xf32>
  // expected-remark @below {{Difference="a quotient becomes a product with the reciprocal", Idiom=quantize}}
  %4 = arith.fptosi %3 : tensor<2x3xf32> to tensor<2x3xi8>
  return %4 : tensor<2x3xi8>
}

// CHECK-LABEL: func.func @rounds_ties_away
//       CHECK:   ptq.quantize
//   CHECK-NOT:   arith.fptosi
func.func @rounds_ties_away(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<0.5> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.divf %x, %scale : tensor<2x3xf32>
  %1 = math.round %0 : tensor<2x3xf32>
  %2 = arith.maximumf %1, %min : tensor<2x3xf32>
  %3 = arith.minimumf %2, %max : tensor<2x3xf32>
  // expected-remark @below {{Difference="rounds ties away from zero", Idiom=quantize}}
  %4 = arith.fptosi %3 : tensor<2x3xf32> to tensor<2x3xi8>
  return %4 : tensor<2x3xi8>
}

// CHECK-LABEL: func.func @rounds_after_the_zero_point
//       CHECK:   ptq.quantize
//   CHECK-NOT:   arith.fptosi
func.func @rounds_after_the_zero_point(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<0.5> : tensor<2x3xf32>
  %zp = arith.constant dense<3.0> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.divf %x, %scale : tensor<2x3xf32>
  %1 = arith.addf %0, %zp : tensor<2x3xf32>
  %2 = math.roundeven %1 : tensor<2x3xf32>
  %3 = arith.maximumf %2, %min : tensor<2x3xf32>
  %4 = arith.minimumf %3, %max : tensor<2x3xf32>
  // expected-remark @below {{Difference="the zero point is added before the rounding", Idiom=quantize}}
  %5 = arith.fptosi %4 : tensor<2x3xf32> to tensor<2x3xi8>
  return %5 : tensor<2x3xi8>
}

// CHECK-LABEL: func.func @nan_passes_the_smaller_bound
//       CHECK:   ptq.quantize
//   CHECK-NOT:   arith.fptosi
func.func @nan_passes_the_smaller_bound(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<2.0> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.mulf %x, %scale : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  %2 = arith.cmpf ult, %1, %min : tensor<2x3xf32>
  %3 = arith.cmpf ugt, %1, %max : tensor<2x3xf32>
  %4 = arith.select %2, %min, %1 : tensor<2x3xi1>, tensor<2x3xf32>
  %5 = arith.select %3, %max, %4 : tensor<2x3xi1>, tensor<2x3xf32>
  // expected-remark @below {{Difference="a NaN becomes another code than the smallest", Idiom=quantize}}
  %6 = arith.fptosi %5 : tensor<2x3xf32> to tensor<2x3xi8>
  return %6 : tensor<2x3xi8>
}

// CHECK-LABEL: func.func @factor_is_no_reciprocal
//       CHECK:   ptq.quantize
//   CHECK-NOT:   arith.fptosi
func.func @factor_is_no_reciprocal(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %factors = arith.constant dense<7.0> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.mulf %x, %factors : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  %2 = arith.maximumf %1, %min : tensor<2x3xf32>
  %3 = arith.minimumf %2, %max : tensor<2x3xf32>
  // expected-remark @below {{Difference="the factor is no reciprocal of an f32 scale", Idiom=quantize}}
  %4 = arith.fptosi %3 : tensor<2x3xf32> to tensor<2x3xi8>
  return %4 : tensor<2x3xi8>
}

// CHECK-LABEL: func.func @truncates
//   CHECK-NOT:   ptq.
//       CHECK:   return
func.func @truncates(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<0.5> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.divf %x, %scale : tensor<2x3xf32>
  %1 = arith.maximumf %0, %min : tensor<2x3xf32>
  %2 = arith.minimumf %1, %max : tensor<2x3xf32>
  // expected-remark @below {{Reason="truncates where ptq rounds"}}
  %3 = arith.fptosi %2 : tensor<2x3xf32> to tensor<2x3xi8>
  return %3 : tensor<2x3xi8>
}

// CHECK-LABEL: func.func @rounds_half_up
//   CHECK-NOT:   ptq.
//       CHECK:   return
func.func @rounds_half_up(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<2.0> : tensor<2x3xf32>
  %half = arith.constant dense<0.5> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.mulf %x, %scale : tensor<2x3xf32>
  %1 = arith.addf %0, %half : tensor<2x3xf32>
  %2 = math.floor %1 : tensor<2x3xf32>
  %3 = arith.maximumf %2, %min : tensor<2x3xf32>
  %4 = arith.minimumf %3, %max : tensor<2x3xf32>
  // expected-remark @below {{Reason="adds a number that is no integer"}}
  %5 = arith.fptosi %4 : tensor<2x3xf32> to tensor<2x3xi8>
  return %5 : tensor<2x3xi8>
}
