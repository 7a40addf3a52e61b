// RUN: ptq-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expects a momentum in (0, 1], but got 0.000000e+00}}
ptq.statistics @moving_average_c1 : tensor<4xf32> observers [#ptq.moving_average<momentum = 0.0>]

// -----

// expected-error @below {{expects a ranked tensor of f32, f16 or bf16, but got 'tensor<*xf32>'}}
ptq.statistics @statistics_c1 : tensor<*xf32> observers [#ptq.minmax]

// -----

// expected-error @below {{expects a ranked tensor of f32, f16 or bf16, but got 'tensor<f32>'}}
ptq.statistics @statistics_c1_scalar : tensor<f32> observers [#ptq.minmax]

// -----

// expected-error @below {{expects a ranked tensor of f32, f16 or bf16, but got 'tensor<4xi8>'}}
ptq.statistics @statistics_c1_element : tensor<4xi8> observers [#ptq.minmax]

// -----

// expected-error @below {{expects the axis to be a dimension of 'tensor<4xf32>', but got 1}}
ptq.statistics @statistics_c2 : tensor<4xf32> axis(1) observers [#ptq.minmax]

// -----

// expected-error @below {{expects a static number of channels, not 0, but got 'tensor<4x?xf32>' along 1}}
ptq.statistics @statistics_c2_dynamic : tensor<4x?xf32> observers [#ptq.minmax]

// -----

// expected-error @below {{expects an observer, but got none}}
ptq.statistics @statistics_c3 : tensor<4xf32> observers []

// -----

// expected-error @below {{expects attributes that observe, but got 1 : i64}}
ptq.statistics @statistics_c3_attribute : tensor<4xf32> observers [1]

// -----

// expected-error @below {{expects one observer of a kind, but got #ptq.moving_average<momentum = 5.000000e-01> beside another}}
ptq.statistics @statistics_c3_twice : tensor<4xf32> observers [#ptq.moving_average<momentum = 0.1>, #ptq.moving_average<momentum = 0.5>]

// -----

// expected-error @below {{expects to skip positions of 'tensor<4xf32>', but got 1}}
ptq.statistics @statistics_c4 : tensor<4xf32> skip(1) observers [#ptq.minmax]

// -----

// expected-error @below {{expects samples, tokens and file together}}
ptq.statistics @statistics_c5 : tensor<4xf32> observers [#ptq.minmax] samples(1)

// -----

func.func @observe_c1(%x: tensor<4xf32>) {
  // expected-error @below {{expects the name of a ptq.statistics, but got @observe_c1}}
  ptq.observe %x, @observe_c1 : tensor<4xf32>
  return
}

// -----

// expected-note @below {{statistics are here}}
ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax]
func.func @observe_c2(%x: tensor<2x5xf32>) {
  // expected-error @below {{expects a tensor of type 'tensor<?x4xf32>', but got 'tensor<2x5xf32>'}}
  ptq.observe %x, @x : tensor<2x5xf32>
  return
}

// -----

// expected-note @below {{statistics are here}}
ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax]
func.func @observe_c2_channels(%x: tensor<2x?xf32>) {
  // expected-error @below {{expects a tensor of type 'tensor<?x4xf32>', but got 'tensor<2x?xf32>'}}
  ptq.observe %x, @x : tensor<2x?xf32>
  return
}

// -----

ptq.statistics @x : tensor<4xf32> observers [#ptq.output_error]
func.func @observe_c3(%x: tensor<4xf32>) {
  // expected-error @below {{expects a second tensor for #ptq.output_error}}
  ptq.observe %x, @x : tensor<4xf32>
  return
}

// -----

ptq.statistics @x : tensor<4xf32> observers [#ptq.minmax]
func.func @observe_c3_without(%x: tensor<4xf32>) {
  // expected-error @below {{expects no second tensor without #ptq.output_error}}
  ptq.observe %x against %x, @x : tensor<4xf32>
  return
}

// -----

!a8 = !ptq.q<s8:f32, block = [0], scale = f32>
func.func @choose_params_c1() -> tensor<1xf32> {
  // expected-error @below {{expects the name of a ptq.statistics, but got @choose_params_c1}}
  %s = ptq.choose_params @choose_params_c1 minmax for !a8 : tensor<1xf32>
  return %s : tensor<1xf32>
}

// -----

ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax]
!a8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>
func.func @choose_params_c2() -> tensor<1x1xf32> {
  // expected-error @below {{expects a format of rank 2 with one block and no multiplier, but got}}
  %s = ptq.choose_params @x minmax for !a8 : tensor<1x1xf32>
  return %s : tensor<1x1xf32>
}

// -----

ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax]
!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f16>
func.func @choose_params_c3() -> tensor<1x1xf32> {
  // expected-error @below {{expects a scale of one 'f16' and rank 2, but got 'tensor<1x1xf32>'}}
  %s = ptq.choose_params @x minmax for !a8 : tensor<1x1xf32>
  return %s : tensor<1x1xf32>
}

// -----

ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax]
!u8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>
func.func @choose_params_c4() -> tensor<1x1xf32> {
  // expected-error @below {{expects a zero point exactly if the format has its type, but the format is}}
  %s = ptq.choose_params @x minmax for !u8 : tensor<1x1xf32>
  return %s : tensor<1x1xf32>
}

// -----

ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax]
!u8 = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>
func.func @choose_params_c4_type() -> tensor<1x1xf32> {
  // expected-error @below {{expects a zero point of one 'i32' and rank 2, but got 'tensor<1x1xi8>'}}
  %s, %z = ptq.choose_params @x minmax for !u8 : tensor<1x1xf32>, tensor<1x1xi8>
  return %s : tensor<1x1xf32>
}

// -----

ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax]
!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
func.func @choose_params_c5() -> tensor<1x1xf32> {
  // expected-error @below {{expects statistics with #ptq.histogram for mse}}
  %s = ptq.choose_params @x mse for !a8 : tensor<1x1xf32>
  return %s : tensor<1x1xf32>
}

// -----

ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax]
!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
func.func @choose_params_c6() -> tensor<1x1xf32> {
  // expected-error @below {{expects a percentile exactly for the method percentile}}
  %s = ptq.choose_params @x minmax(99.9) for !a8 : tensor<1x1xf32>
  return %s : tensor<1x1xf32>
}

// -----

ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax, #ptq.histogram]
!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
func.func @choose_params_c6_range() -> tensor<1x1xf32> {
  // expected-error @below {{expects a percentile in (0, 100], but got}}
  %s = ptq.choose_params @x percentile(101.0) for !a8 : tensor<1x1xf32>
  return %s : tensor<1x1xf32>
}

// -----

ptq.statistics @x : tensor<?x4xf32> observers [#ptq.minmax, #ptq.histogram]
!a8 = !ptq.q<s8:f32, block = [0, 0], scale = f32>
func.func @choose_params_method() -> tensor<1x1xf32> {
  // expected-error @below {{expects minmax, moving_average, percentile, entropy or mse, but got median}}
  %s = ptq.choose_params @x median for !a8 : tensor<1x1xf32>
  return %s : tensor<1x1xf32>
}
