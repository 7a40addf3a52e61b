// One linear layer in float: y = x * transpose(w). The weight is [N, K] = [4, 8].
func.func @linear(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  %w = arith.constant dense_resource<linear_weight> : tensor<4x8xf32>
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %rows = tensor.dim %x, %c0 : tensor<?x8xf32>
  %empty = tensor.empty(%rows) : tensor<?x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = linalg.matmul
         indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
                          affine_map<(m, n, k) -> (n, k)>,
                          affine_map<(m, n, k) -> (m, n)>]
         {ptq.name = "linear"}
         ins(%x, %w : tensor<?x8xf32>, tensor<4x8xf32>)
         outs(%init : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

{-#
  dialect_resources: {
    builtin: {
      linear_weight: "0x040000002FDD243F9A99393F022B073D8195C3BEA8C60BBF6F12833CE5D002BFD9CE37BFCDCCCC3D4C37893DA8C68B3EE7FBE9BEA69B443B6F1203BD9CC440BF5EBA893E0AD7233EC3F5983F17D9CE3DBC7493BD2DB21D3F83C0CA3DC3F5E83E5A643BBE643BDF3D6F12033F0E2DB23E6F12833DFA7E0ABF1D5A643EE3A51B3DEC51B83E"
    }
  }
#-}
