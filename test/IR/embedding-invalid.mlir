// RUN: ptq-opt %s --split-input-file --verify-diagnostics

func.func @embedding_c1(%tokens: tensor<?xi64>, %table: tensor<512x64xf32>, %out: tensor<?x63xf32>) {
  // expected-error @below {{expects outs of shape ?x64, but got ?x63}}
  %x = ptq.embedding ins(%tokens, %table : tensor<?xi64>, tensor<512x64xf32>) outs(%out : tensor<?x63xf32>) -> tensor<?x63xf32>
  return
}

// -----

func.func @embedding_c1_table(%tokens: tensor<?xi64>, %table: tensor<512xf32>, %out: tensor<?x1xf32>) {
  // expected-error @below {{expects table of shape [V, K], but got 512}}
  %x = ptq.embedding ins(%tokens, %table : tensor<?xi64>, tensor<512xf32>) outs(%out : tensor<?x1xf32>) -> tensor<?x1xf32>
  return
}

// -----

!w8 = !ptq.q<s8:f32, block = [1, 0], scale = f32>

func.func @embedding_c2(%tokens: tensor<?xi64>, %table: tensor<512x64x!w8>, %s: tensor<64x1xf32>, %out: tensor<?x64xf32>) {
  // expected-error @below {{expects scale of shape 512x1 for block [1, 0], but got 64x1}}
  %x = ptq.embedding ins(%tokens, %table : tensor<?xi64>, tensor<512x64x!w8>) rhs(%s : tensor<64x1xf32>)
         outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  return
}

// -----

!w8 = !ptq.q<s8:f32, block = [16, 0], scale = f32>

func.func @embedding_c3(%tokens: tensor<?xi64>, %table: tensor<512x64x!w8>, %s: tensor<32x1xf32>, %out: tensor<?x64xf32>) {
  // expected-error @below {{expects block of table with 0 or 1 along V, but got [16, 0]}}
  %x = ptq.embedding ins(%tokens, %table : tensor<?xi64>, tensor<512x64x!w8>) rhs(%s : tensor<32x1xf32>)
         outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
  return
}
