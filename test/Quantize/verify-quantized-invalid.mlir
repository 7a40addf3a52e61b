// RUN: ptq-opt %s --ptq-verify-quantized --split-input-file --verify-diagnostics

// Q1
// expected-error @below {{expects attribute ptq.linears}}
module {
}

// -----

module attributes {ptq.linears = [{name = "other", format = "float"}, {name = "fc", format = "w8a8"}]} {
  func.func @q2(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
    %w = arith.constant dense<1.5> : tensor<4x2xf32>
    %zero = arith.constant dense<0.0> : tensor<3x2xf32>
    // expected-error @below {{expects a quantized linear, or its name in ptq.linears, but got 'fc' in float}}
    %y = linalg.matmul {ptq.name = "fc"} ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%zero : tensor<3x2xf32>) -> tensor<3x2xf32>
    return %y : tensor<3x2xf32>
  }
}

// -----

!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
module attributes {ptq.linears = []} {
  func.func @q3(%x: tensor<3x4xf32>, %codes: tensor<2x4xi8>, %scales: tensor<2x1xf32>, %out: tensor<3x2xf32>) -> tensor<3x2xf32> {
    %w = ptq.storage_cast %codes : tensor<2x4xi8> to tensor<2x4x!w8>
    // expected-error @below {{expects constant codes behind ptq.storage_cast as the weight}}
    %y = ptq.matmul ins(%x, %w : tensor<3x4xf32>, tensor<2x4x!w8>) rhs(%scales : tensor<2x1xf32>)
           outs(%out : tensor<3x2xf32>) -> tensor<3x2xf32>
    return %y : tensor<3x2xf32>
  }
}
