# The linalg of every recipe, run by the tools of MLIR alone, has the bits of
# ptq-evaluate: K = 172 and 7, ragged in every group, and several numbers of
# tokens through one function of dynamic size.
#
# RUN: %python %s > %t.mlir
#
# DEFINE: %{recipe} =
# DEFINE: %{compare} = \
# DEFINE:   ptq-opt %t.mlir --ptq-quantize=recipe=%{recipe} --inline > %t.quantized.mlir && \
# DEFINE:   FileCheck %s --check-prefix=QUANTIZED < %t.quantized.mlir && \
# DEFINE:   ptq-opt %t.quantized.mlir --ptq-evaluate > %t.evaluated.mlir && \
# DEFINE:   FileCheck %s --check-prefix=EVALUATED < %t.evaluated.mlir && \
# DEFINE:   ptq-opt %t.evaluated.mlir --ptq-to-linalg | %stock-run | sed 's/base@ = [^ ]*//' > %t.expected && \
# DEFINE:   ptq-opt %t.quantized.mlir --ptq-to-linalg | %stock-run | sed 's/base@ = [^ ]*//' > %t.actual && \
# DEFINE:   FileCheck %s --check-prefix=PRINTED < %t.expected && \
# DEFINE:   diff %t.expected %t.actual
#
# REDEFINE: %{recipe} = w8a8
# RUN: %{compare}
# REDEFINE: %{recipe} = w8a16
# RUN: %{compare}
# REDEFINE: %{recipe} = w4a16-g32
# RUN: %{compare}
# REDEFINE: %{recipe} = w4a16-g128
# RUN: %{compare}
# REDEFINE: %{recipe} = w4a8-g32
# RUN: %{compare}
# REDEFINE: %{recipe} = w4a8-g128
# RUN: %{compare}
# REDEFINE: %{recipe} = w4a8-g16x
# RUN: %{compare}
# REDEFINE: %{recipe} = w4a8-g64x
# RUN: %{compare}
#
# QUANTIZED-COUNT-12: ptq.matmul
# EVALUATED-NOT: ptq.{{matmul|dynamic_quantize}}
# PRINTED-COUNT-6: Unranked Memref

import random
import struct

random.seed(4)
TOKENS = (1, 2, 3, 7, 16, 33)


def dense(shape, element):
    values = [random.gauss(0, 1) for _ in range(shape[0] * shape[1])]
    data = b"".join(struct.pack("<f", value)[2 if element == "bf16" else 0 :] for value in values)
    return f'dense<"0x{data.hex().upper()}"> : tensor<{shape[0]}x{shape[1]}x{element}>'


def linear(result, lhs, weight, k, n, element):
    return f"""
  %zeros_{n} = tensor.empty(%tokens) : tensor<?x{n}xf32>
  %init_{n} = linalg.fill ins(%zero : f32) outs(%zeros_{n} : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>
  {result} = linalg.matmul indexing_maps = [#lhs, #rhs, #result]
    ins({lhs}, {weight} : tensor<?x{k}xf32>, tensor<{n}x{k}x{element}>)
    outs(%init_{n} : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>"""


print(f"""
#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (n, k)>
#result = affine_map<(m, n, k) -> (m, n)>
#element = affine_map<(m, n) -> (m, n)>

func.func private @printMemrefI32(tensor<*xi32>) attributes {{llvm.emit_c_interface}}

func.func private @mlp(%x: tensor<?x172xf32>) -> tensor<?x5xf32> {{
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %tokens = tensor.dim %x, %c0 : tensor<?x172xf32>
  %up = arith.constant {dense([7, 172], "f32")}
  %down = arith.constant {dense([5, 7], "bf16")}
  {linear("%h", "%x", "%up", 172, 7, "f32")}
  {linear("%y", "%h", "%down", 7, 5, "bf16")}
  return %y : tensor<?x5xf32>
}}

func.func @main() {{""")
for m in TOKENS:
    print(f"""
  %x{m} = arith.constant {dense([m, 172], "f32")}
  %xd{m} = tensor.cast %x{m} : tensor<{m}x172xf32> to tensor<?x172xf32>
  %yd{m} = func.call @mlp(%xd{m}) : (tensor<?x172xf32>) -> tensor<?x5xf32>
  %y{m} = tensor.cast %yd{m} : tensor<?x5xf32> to tensor<{m}x5xf32>
  %empty{m} = tensor.empty() : tensor<{m}x5xi32>
  %bits{m} = linalg.generic {{indexing_maps = [#element, #element], iterator_types = ["parallel", "parallel"]}}
    ins(%y{m} : tensor<{m}x5xf32>) outs(%empty{m} : tensor<{m}x5xi32>) {{
  ^bb0(%in: f32, %out: i32):
    %b = arith.bitcast %in : f32 to i32
    linalg.yield %b : i32
  }} -> tensor<{m}x5xi32>
  %any{m} = tensor.cast %bits{m} : tensor<{m}x5xi32> to tensor<*xi32>
  func.call @printMemrefI32(%any{m}) : (tensor<*xi32>) -> ()""")
print("  return\n}")
