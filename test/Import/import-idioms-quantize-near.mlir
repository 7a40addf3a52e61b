// What is close to a quantize and rounds otherwise stays as it is; the remark
// says what differs.
// RUN: ptq-opt %s --ptq-import-idioms --remarks-filter=ptq-import --remark-format=emitRemark --verify-diagnostics | FileCheck %s
// CHECK-NOT: ptq.

func.func @divides(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<0.3> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.divf %x, %scale : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  %2 = arith.maximumf %1, %min : tensor<2x3xf32>
  %3 = arith.minimumf %2, %max : tensor<2x3xf32>
  // expected-remark @below {{Reason="a quotient becomes a product with the reciprocal"}}
  %4 = arith.fptosi %3 : tensor<2x3xf32> to tensor<2x3xi8>
  return %4 : tensor<2x3xi8>
}

func.func @rounds_ties_away(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<0.5> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.divf %x, %scale : tensor<2x3xf32>
  %1 = math.round %0 : tensor<2x3xf32>
  %2 = arith.maximumf %1, %min : tensor<2x3xf32>
  %3 = arith.minimumf %2, %max : tensor<2x3xf32>
  // expected-remark @below {{Reason="rounds ties away from zero"}}
  %4 = arith.fptosi %3 : tensor<2x3xf32> to tensor<2x3xi8>
  return %4 : tensor<2x3xi8>
}

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
  // expected-remark @below {{Reason="the zero point is added before the rounding"}}
  %5 = arith.fptosi %4 : tensor<2x3xf32> to tensor<2x3xi8>
  return %5 : tensor<2x3xi8>
}

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

func.func @rounds_in_half(%x: tensor<2x3xf16>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<2.0> : tensor<2x3xf16>
  %0 = arith.mulf %x, %scale : tensor<2x3xf16>
  %1 = math.roundeven %0 : tensor<2x3xf16>
  // expected-remark @below {{Reason="expects to scale in f32, but got f16"}}
  %2 = arith.fptosi %1 : tensor<2x3xf16> to tensor<2x3xi8>
  return %2 : tensor<2x3xi8>
}

func.func @nan_becomes_the_largest(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<2.0> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.mulf %x, %scale : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  %2 = arith.minnumf %1, %max : tensor<2x3xf32>
  %3 = arith.maxnumf %2, %min : tensor<2x3xf32>
  // expected-remark @below {{Reason="a NaN becomes another code than the smallest"}}
  %4 = arith.fptosi %3 : tensor<2x3xf32> to tensor<2x3xi8>
  return %4 : tensor<2x3xi8>
}

// torch-mlir compares the rounded value with both bounds.
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
  // expected-remark @below {{Reason="a NaN becomes another code than the smallest"}}
  %6 = arith.fptosi %5 : tensor<2x3xf32> to tensor<2x3xi8>
  return %6 : tensor<2x3xi8>
}

func.func @zero_point_wraps(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<2.0> : tensor<2x3xf32>
  %zp = arith.constant dense<128> : tensor<2x3xi32>
  %min = arith.constant dense<0> : tensor<2x3xi32>
  %max = arith.constant dense<255> : tensor<2x3xi32>
  %0 = arith.mulf %x, %scale : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  %2 = arith.fptosi %1 : tensor<2x3xf32> to tensor<2x3xi32>
  %3 = arith.addi %2, %zp : tensor<2x3xi32>
  %4 = arith.maxsi %3, %min : tensor<2x3xi32>
  %5 = arith.minsi %4, %max : tensor<2x3xi32>
  // expected-remark @below {{Reason="adds the zero point in integers that may wrap"}}
  %6 = arith.trunci %5 : tensor<2x3xi32> to tensor<2x3xi8>
  return %6 : tensor<2x3xi8>
}

func.func @zero_point_outside_of_the_codes(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %scale = arith.constant dense<2.0> : tensor<2x3xf32>
  %zp = arith.constant dense<-10.0> : tensor<2x3xf32>
  %min = arith.constant dense<0.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.mulf %x, %scale : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  %2 = arith.addf %1, %zp : tensor<2x3xf32>
  %3 = arith.maximumf %2, %min : tensor<2x3xf32>
  %4 = arith.minimumf %3, %max : tensor<2x3xf32>
  // expected-remark @below {{Reason="expects codes around the zero point -10, but got [0, 127]"}}
  %5 = arith.fptosi %4 : tensor<2x3xf32> to tensor<2x3xi8>
  return %5 : tensor<2x3xi8>
}

func.func @factor_of_run_time(%x: tensor<2x3xf32>, %factor: f32) -> tensor<2x3xi8> {
  %factors = tensor.splat %factor : tensor<2x3xf32>
  %0 = arith.mulf %x, %factors : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  // expected-remark @below {{Reason="multiplies with a number of run time, and not with 1 / scale"}}
  %2 = arith.fptosi %1 : tensor<2x3xf32> to tensor<2x3xi8>
  return %2 : tensor<2x3xi8>
}

// No f32 has the reciprocal 7.
func.func @factor_is_no_reciprocal(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %factors = arith.constant dense<7.0> : tensor<2x3xf32>
  %min = arith.constant dense<-128.0> : tensor<2x3xf32>
  %max = arith.constant dense<127.0> : tensor<2x3xf32>
  %0 = arith.mulf %x, %factors : tensor<2x3xf32>
  %1 = math.roundeven %0 : tensor<2x3xf32>
  %2 = arith.maximumf %1, %min : tensor<2x3xf32>
  %3 = arith.minimumf %2, %max : tensor<2x3xf32>
  // expected-remark @below {{Reason="the factor is no reciprocal of an f32 scale"}}
  %4 = arith.fptosi %3 : tensor<2x3xf32> to tensor<2x3xi8>
  return %4 : tensor<2x3xi8>
}
