// One linear of each kind that has a portable kernel, with ragged N and K.
!w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>

func.func @w8a8(%codes: tensor<?x172xi8>, %s: tensor<?x1xf32>, %sums: tensor<?x1xi32>,
                %bytes: tensor<36x172xi8>, %ws: tensor<36x1xf32>) -> tensor<?x36xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %codes, %c0 : tensor<?x172xi8>
  %out = tensor.empty(%m) : tensor<?x36xf32>
  %x = ptq.storage_cast %codes : tensor<?x172xi8> to tensor<?x172x!a8>
  %w = ptq.storage_cast %bytes : tensor<36x172xi8> to tensor<36x172x!w8>
  %y = ptq.matmul ins(%x, %w : tensor<?x172x!a8>, tensor<36x172x!w8>)
         lhs(%s, sums %sums : tensor<?x1xf32>, tensor<?x1xi32>)
         rhs(%ws : tensor<36x1xf32>)
         outs(%out : tensor<?x36xf32>) -> tensor<?x36xf32>
  return %y : tensor<?x36xf32>
}

func.func @w4a8(%codes: tensor<?x172xi8>, %s: tensor<?x1xf32>, %sums: tensor<?x6xi32>,
                %bytes: tensor<36x86xi8>, %ws: tensor<36x6xf16>) -> tensor<?x36xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %codes, %c0 : tensor<?x172xi8>
  %out = tensor.empty(%m) : tensor<?x36xf32>
  %x = ptq.storage_cast %codes : tensor<?x172xi8> to tensor<?x172x!a8>
  %w = ptq.storage_cast %bytes packed : tensor<36x86xi8> to tensor<36x172x!w4>
  %y = ptq.matmul ins(%x, %w : tensor<?x172x!a8>, tensor<36x172x!w4>)
         lhs(%s, sums %sums : tensor<?x1xf32>, tensor<?x6xi32>)
         rhs(%ws : tensor<36x6xf16>)
         outs(%out : tensor<?x36xf32>) -> tensor<?x36xf32>
  return %y : tensor<?x36xf32>
}

func.func @w4a16(%x: tensor<?x172xf32>, %bytes: tensor<36x86xi8>, %ws: tensor<36x6xf16>) -> tensor<?x36xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x172xf32>
  %out = tensor.empty(%m) : tensor<?x36xf32>
  %w = ptq.storage_cast %bytes packed : tensor<36x86xi8> to tensor<36x172x!w4>
  %y = ptq.matmul ins(%x, %w : tensor<?x172xf32>, tensor<36x172x!w4>)
         rhs(%ws : tensor<36x6xf16>)
         outs(%out : tensor<?x36xf32>) -> tensor<?x36xf32>
  return %y : tensor<?x36xf32>
}

func.func @bf16(%x: tensor<?x172xf32>, %w: tensor<36x172xbf16>) -> tensor<?x36xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x172xf32>
  %empty = tensor.empty(%m) : tensor<?x36xf32>
  %out = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x36xf32>) -> tensor<?x36xf32>
  %y = linalg.matmul
         indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                          affine_map<(m, n, k) -> (m, n)>]
         ins(%x, %w : tensor<?x172xf32>, tensor<36x172xbf16>)
         outs(%out : tensor<?x36xf32>) -> tensor<?x36xf32>
  return %y : tensor<?x36xf32>
}
