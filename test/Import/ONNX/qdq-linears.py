# RUN: rm -rf %t && mkdir %t && %python %s %t | FileCheck %s
"""Products between DequantizeLinear ops become ptq.matmul of their codes.

The result is held against the meaning of the model: the sum of products of
dequantized numbers, in doubles.
"""

# Each model by its name: the weight, then the activation. No float product is
# left, integer sums have quantized activations, and sums of codes only where
# the weight has a zero point.
#
# CHECK-LABEL: tensor float
# CHECK: ptq.matmul ins(%{{.*}}, %{{.*}} : tensor<?x32xf32>, tensor<12x32x!ptq.q<s8:f32, block = [0, 0], scale = f32, zp = 3>>) rhs(%{{.*}} : tensor<1x1xf32>)
# CHECK: agrees
# CHECK-LABEL: tensor u8
# CHECK: ptq.matmul ins({{.*}} : tensor<?x32x!ptq.q<u8:f32, block = [0, 0], scale = f32, zp = 120>>, tensor<12x32x!{{.*}}>) lhs(%{{.*}}, sums %{{.*}} : tensor<1x1xf32>, tensor<?x1xi32>)
# CHECK: agrees
# CHECK-LABEL: axis float
# CHECK: ptq.matmul ins({{.*}} : tensor<?x32xf32>, tensor<12x32x!ptq.q<s8:f32, block = [1, 0], scale = f32>>) rhs(%{{.*}} : tensor<12x1xf32>)
# CHECK: agrees
# CHECK-LABEL: axis u8
# CHECK: ptq.matmul ins({{.*}}) lhs(%{{[a-z0-9_]+}} : tensor<1x1xf32>) rhs(%{{.*}} : tensor<12x1xf32>)
# CHECK: agrees
# CHECK-LABEL: block float
# CHECK: ptq.matmul ins({{.*}} : tensor<?x32xf32>, tensor<12x32x!ptq.q<s8:f32, block = [1, 8], scale = f32, zp = i8>>) rhs(%{{.*}}, zp %{{.*}} : tensor<12x4xf32>, tensor<12x4xi8>)
# CHECK: agrees
# CHECK-LABEL: block u8
# CHECK: ptq.matmul ins({{.*}}) lhs(%{{.*}}, sums %{{.*}} : tensor<1x1xf32>, tensor<?x4xi32>)
# CHECK: agrees
# CHECK-LABEL: int4 float
# CHECK: ptq.matmul ins({{.*}} : tensor<?x32xf32>, tensor<12x32x!ptq.q<s4:f32, block = [1, 16], scale = f32>>)
# CHECK: agrees
# CHECK-LABEL: gemm u8
# CHECK: ptq.matmul ins({{.*}} : tensor<?x32x!{{.*}}>, tensor<12x32x!ptq.q<s8:f32, block = [1, 0], scale = f32>>) lhs(%{{[a-z0-9_]+}} : tensor<1x1xf32>)
# CHECK: agrees

import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(5)
K, N, INT4 = 32, 12, 22
X_SCALE, X_ZERO = np.float32(0.03), np.uint8(120)


def make_weight(kind):
    """Codes [K, N] (Gemm: [N, K]), scales, zero points, attributes, floats [K, N]."""
    codes = RANDOM.integers(-128, 128, (K, N)).astype(np.int8)
    scales = RANDOM.uniform(0.01, 0.1, N).astype(np.float32)
    zeros, attributes, spread = np.zeros(N, np.int8), {"axis": 1}, 0
    if kind == "tensor":
        scales, zeros, attributes = np.float32(0.02), np.int8(3), {}
    elif kind == "block":
        scales = RANDOM.uniform(0.01, 0.1, (K // 8, N)).astype(np.float32)
        zeros, attributes, spread = RANDOM.integers(-5, 5, (K // 8, N)).astype(np.int8), {"axis": 0, "block_size": 8}, 8
    elif kind == "int4":
        codes = RANDOM.integers(-8, 8, (K, N)).astype(np.int8)
        scales = RANDOM.uniform(0.01, 0.1, (K // 16, N)).astype(np.float32)
        zeros, attributes, spread = np.zeros(scales.shape, np.int8), {"axis": 0, "block_size": 16}, 16
    wide = [np.repeat(v, spread, 0) if spread else v for v in (scales, zeros)]
    floats = (codes.astype(np.float64) - wide[1]) * wide[0].astype(np.float64)
    if kind == "gemm":
        codes, attributes = np.ascontiguousarray(codes.T), {"axis": 0}
    return codes, scales, zeros, attributes, floats


def pack(codes, name):
    nibbles = codes.astype(np.uint8).ravel() & 15
    tensor = TensorProto(name=name, data_type=INT4, dims=codes.shape)
    tensor.raw_data = (nibbles[::2] | nibbles[1::2] << 4).tobytes()
    return tensor


def make_model(kind, activation, path):
    codes, scales, zeros, attributes, floats = make_weight(kind)
    initializers = [numpy_helper.from_array(value, name) for name, value in
                    (("s", scales), ("z", zeros), ("xs", X_SCALE), ("xz", X_ZERO))]
    initializers.append(pack(codes, "q") if kind == "int4" else numpy_helper.from_array(codes, "q"))
    nodes = [helper.make_node("DequantizeLinear", ["q", "s"] if kind == "int4" else ["q", "s", "z"], ["w"], **attributes)]
    x = "x"
    if activation == "u8":
        nodes += [helper.make_node("QuantizeLinear", ["x", "xs", "xz"], ["xq"]),
                  helper.make_node("DequantizeLinear", ["xq", "xs", "xz"], ["xd"])]
        x = "xd"
    nodes.append(helper.make_node("Gemm", [x, "w"], ["y"], name="fc", transB=1) if kind == "gemm" else
                 helper.make_node("MatMul", [x, "w"], ["y"], name="fc"))
    info = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "g", [info("x", TensorProto.FLOAT, ["m", K])],
                              [info("y", TensorProto.FLOAT, ["m", N])], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]), path)
    return floats


def meaning(x, activation, weight):
    if activation == "u8":
        codes = np.clip(np.rint(x / X_SCALE) + np.float32(X_ZERO), 0, 255)
        x = (codes.astype(np.float64) - X_ZERO) * np.float64(X_SCALE)
    return x.astype(np.float64) @ weight


def main():
    folder = sys.argv[1]
    x = RANDOM.standard_normal((7, K)).astype(np.float32)
    np.save(os.path.join(folder, "x.npy"), x)
    for kind, activation in (("tensor", "float"), ("tensor", "u8"), ("axis", "float"), ("axis", "u8"), ("block", "float"),
                             ("block", "u8"), ("int4", "float"), ("gemm", "u8")):
        path = os.path.join(folder, f"{kind}-{activation}")
        weight = make_model(kind, activation, path + ".onnx")
        for command in (["ptq-translate", "--import-onnx", path + ".onnx", "-o", path + ".mlir"],
                        ["ptq-opt", "--ptq-fuse-dequantize", "--canonicalize", path + ".mlir", "-o", path + ".fused.mlir"],
                        ["ptq-run", path + ".fused.mlir", f"--input={folder}/x.npy", f"--output={path}.npy"]):
            subprocess.run(command, check=True)
        text = subprocess.run(["ptq-opt", "--mlir-print-local-scope", path + ".fused.mlir"], check=True,
                              capture_output=True, text=True).stdout
        assert "linalg.contract" not in text and "ptq.dequantize" not in text
        print(f"{kind} {activation}", *(line.strip() for line in text.splitlines() if "ptq.matmul" in line), sep="\n")
        expected = meaning(x, activation, weight)
        difference = np.abs(np.load(path + ".npy") - expected) / (np.abs(x) @ np.abs(weight))
        print("agrees" if difference.max() < 1e-6 else f"differs by {difference.max()} of the sum of magnitudes")


if __name__ == "__main__":
    main()
