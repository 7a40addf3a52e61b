# RUN: rm -rf %t && mkdir %t && %python %s %t | FileCheck %s
"""Quantized ops that the conformance cases of onnx 1.12 lack, against NumPy.

Oracles are written from the specification: blocked QuantizeLinear and
DequantizeLinear from ONNX's Operators.md (version 21), MatMulNBits from ONNX
Runtime's ContribOperators.md, the rest from Operators.md (versions 10 to 19).
Codes and integers have to be equal; QuantizeLinear is tried on ties.
"""

# CHECK: {{^}}24 cases passed, 0 failed{{$}}

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "Inputs"))
import node_cases as nodes
import numpy as np
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(6)
RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "uint16": (0, 65535),
          "int4": (-8, 7), "uint4": (0, 15)}
UINT4, INT4 = 21, 22  # newer than onnx 1.12
CASES = []


def tensor_type(array):
    return helper.np_dtype_to_tensor_dtype(array.dtype) if hasattr(helper, "np_dtype_to_tensor_dtype") else \
        nodes.onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[array.dtype]


def four_bits(array, name, onnx_type):
    """An initializer of two codes per byte, the first in the low half."""
    codes = array.astype(np.uint8).ravel() & 15
    codes = np.append(codes, np.zeros(codes.size % 2, np.uint8))
    tensor = TensorProto(name=name, data_type=onnx_type, dims=array.shape)
    tensor.raw_data = (codes[::2] | codes[1::2] << 4).tobytes()
    return tensor


def add(op, inputs, expected, constants=(), domain="", exact=True, **attributes):
    """A case: `inputs` name arrays or initializers; those in `constants`, or
    that are initializers already, are no inputs of the graph."""
    graph = nodes.onnx.GraphProto(name="case")
    values = []
    for name, value in inputs.items():
        if isinstance(value, TensorProto):
            graph.initializer.append(value)
        elif name in constants:
            graph.initializer.append(numpy_helper.from_array(value, name))
        else:
            graph.input.append(helper.make_tensor_value_info(name, tensor_type(value), value.shape))
            values.append(value)
    outputs = [f"y{i}" for i in range(len(expected))]
    graph.node.append(helper.make_node(op, [name if not name.startswith("-") else "" for name in inputs], outputs,
                                       domain=domain, **attributes))
    for name, value in zip(outputs, expected):
        graph.output.append(helper.make_tensor_value_info(name, tensor_type(value), value.shape))
    CASES.append((f"{op} {len(CASES)}", graph, values, expected, exact))


#===- Quantize and dequantize ---------------------------------------------===#


def spread(values, shape, axis, block):
    """One scale, one per index of the axis, or one per block of it, for each element."""
    if values.ndim == 0:
        return np.broadcast_to(values, shape)
    if not block:
        return np.broadcast_to(values.reshape([-1 if i == axis else 1 for i in range(len(shape))]), shape)
    return np.take(np.repeat(values, block, axis), range(shape[axis]), axis)


def quantize(x, scale, zero, kind, axis=0, block=0):
    low, high = RANGES[kind]
    quotient = (x / spread(scale, x.shape, axis, block)).astype(x.dtype)
    codes = np.rint(quotient.astype(np.float64)) + spread(zero.astype(np.int64), x.shape, axis, block)
    return np.clip(codes, low, high).astype("int8" if kind == "int4" else "uint8" if kind == "uint4" else kind)


def dequantize(q, scale, zero, axis=0, block=0):
    centred = q.astype(np.int32) - spread(zero.astype(np.int32), q.shape, axis, block)
    return centred.astype(scale.dtype) * spread(scale, q.shape, axis, block)


def ties(scale, shape):
    """Numbers about half way between codes, where x / s and x * (1 / s) differ."""
    codes = RANDOM.integers(-140, 140, shape).astype(np.float32) + np.float32(0.5)
    x = codes * scale
    return np.nextafter(x, x + RANDOM.integers(-1, 2, shape).astype(np.float32)).astype(np.float32)


def add_quantize():
    for kind in ("int8", "uint8", "int16", "uint16"):
        scale = np.float32(0.0123)
        zero = np.array(7, kind)
        x = np.append(ties(scale, 500), np.float32([1e30, -1e30, np.inf, -np.inf, 0])).astype(np.float32)
        add("QuantizeLinear", {"x": x, "s": np.array(scale), "z": zero}, [quantize(x, np.array(scale), zero, kind)])
    x = ties(np.float32(0.25), (3, 40))
    scale = np.array([0.25, 0.5, 2.0], np.float32)  # powers of two: no division
    zero = np.array([1, 2, 3], np.int8)
    add("QuantizeLinear", {"x": x, "s": scale, "z": zero}, [quantize(x, scale, zero, "int8", 0)], constants="sz", axis=0)
    for block, size in ((16, 64), (16, 37), (32, 32)):  # the last block may be shorter
        scale = RANDOM.uniform(0.01, 0.1, (4, -(-size // block))).astype(np.float32)
        zero = RANDOM.integers(0, 255, scale.shape).astype(np.uint8)
        x = RANDOM.normal(size=(4, size)).astype(np.float32) * 3
        codes = quantize(x, scale, zero, "uint8", 1, block)
        add("QuantizeLinear", {"x": x, "s": scale, "z": zero}, [codes], axis=1, block_size=block)
        add("DequantizeLinear", {"x": codes, "s": scale, "z": zero}, [dequantize(codes, scale, zero, 1, block)],
            axis=1, block_size=block)
    half = RANDOM.normal(size=(5, 8)).astype(np.float16)
    scale = np.array(0.05, np.float16)
    add("QuantizeLinear", {"x": half, "s": scale, "z": np.array(3, np.int8)},
        [quantize(half, scale, np.array(3), "int8")])
    codes = RANDOM.integers(-8, 8, (6, 10)).astype(np.int8)
    scale = RANDOM.uniform(0.1, 1, (3, 10)).astype(np.float32)
    add("DequantizeLinear", {"x": four_bits(codes, "x", INT4), "s": scale},
        [dequantize(codes, scale, np.zeros(scale.shape), 0, 2)], axis=0, block_size=2)
    bias = RANDOM.integers(-10**6, 10**6, 9).astype(np.int32)
    add("DequantizeLinear", {"x": bias, "s": np.array(0.001, np.float32)},
        [bias.astype(np.float32) * np.float32(0.001)])


def add_dynamic():
    for x in (np.zeros(5, np.float32), RANDOM.normal(size=(7, 9)).astype(np.float32), np.float32([3, 4, 5])):
        low, high = min(0, x.min()), max(0, x.max())
        scale = np.float32(np.float32(high - low) / np.float32(255))
        ratio = np.float32(-low) / scale if scale else 0
        zero = np.array(np.clip(np.rint(ratio), 0, 255), np.uint8)
        codes = quantize(x, np.array(scale), zero, "uint8") if scale else np.zeros(x.shape, np.uint8)
        add("DynamicQuantizeLinear", {"x": x}, [codes, np.array(scale), zero])


#===- Products -------------------------------------------------------------===#


def add_products():
    a = RANDOM.integers(0, 256, (2, 5, 12)).astype(np.uint8)
    b = RANDOM.integers(-128, 128, (12, 7)).astype(np.int8)
    rows = RANDOM.integers(0, 256, 5).astype(np.uint8)
    columns = RANDOM.integers(-128, 128, 7).astype(np.int8)
    exact = (a.astype(np.int32) - rows[:, None]) @ (b.astype(np.int32) - columns)
    add("MatMulInteger", {"a": a, "b": b, "az": rows, "bz": columns}, [exact.astype(np.int32)])
    scales = RANDOM.uniform(0.001, 0.01, 7).astype(np.float32)
    multiplier = (np.float32(0.02) * scales) / np.float32(0.07)
    result = np.rint((exact.astype(np.float32) * multiplier).astype(np.float32)) + 11
    one = lambda value: np.array(value, np.float32)
    add("QLinearMatMul", {"a": a, "as": one(0.02), "az": rows, "b": b, "bs": scales, "bz": columns,
                          "ys": one(0.07), "yz": np.array(11, np.uint8)},
        [np.clip(result, 0, 255).astype(np.uint8)])


def matmul_nbits(a, codes, scale, zero, block):
    """Y = A times the transpose of the dequantized weights [N, K]."""
    depth = a.shape[-1]
    groups = np.arange(depth) // block
    weights = (codes.astype(np.float64) - zero[:, groups]) * scale.astype(np.float64)[:, groups]
    return (a.astype(np.float64) @ weights.T).astype(a.dtype)


def pack(codes, bits):
    """Rows of codes in bytes, the first in the lowest bits."""
    per_byte = 8 // bits
    codes = np.pad(codes, ((0, 0), (0, -codes.shape[1] % per_byte)))
    parts = codes.reshape(codes.shape[0], -1, per_byte).astype(np.uint32)
    return sum(parts[..., i] << (bits * i) for i in range(per_byte)).astype(np.uint8)


def add_nbits():
    for bits, depth, block, has_zero, dtype in ((4, 64, 32, False, np.float32), (4, 96, 32, True, np.float32),
                                                (4, 80, 32, True, np.float32), (8, 48, 16, True, np.float32),
                                                (4, 64, 16, False, np.float16)):
        rows, blocks = 6, -(-depth // block)
        codes = RANDOM.integers(0, 1 << bits, (rows, depth)).astype(np.uint8)
        padded = np.pad(codes, ((0, 0), (0, blocks * block - depth)), constant_values=1)
        scale = RANDOM.uniform(0.01, 0.1, (rows, blocks)).astype(dtype)
        zero = RANDOM.integers(0, 1 << bits, (rows, blocks)).astype(np.uint8)
        a = RANDOM.normal(size=(2, 3, depth)).astype(dtype)
        inputs = {"a": a, "b": pack(padded, bits).reshape(rows, blocks, -1), "s": scale.reshape(-1)}
        if has_zero:
            inputs["z"] = pack(zero, bits).reshape(-1)
        expected = matmul_nbits(a, codes, scale, zero if has_zero else np.full(zero.shape, 1 << bits - 1), block)
        add("MatMulNBits", inputs, [expected], constants="bsz" if depth != 96 else "", domain="com.microsoft",
            exact=False, K=depth, N=rows, bits=bits, block_size=block)


def main():
    add_quantize()
    add_dynamic()
    add_products()
    add_nbits()
    model = nodes.merge([graph for _, graph, *_ in CASES], 21)
    values = [value for _, _, inputs, *_ in CASES for value in inputs]
    outputs, error = nodes.run(model, values, sys.argv[1], "quantized")
    if error:
        sys.exit(error)
    failed, outputs = 0, iter(outputs)
    for name, _, _, expected, exact in CASES:
        tolerance = {"rtol": 0, "atol": 0} if exact else {"rtol": 2e-3, "atol": 1e-3}
        problems = [nodes.compare(value, next(outputs), **tolerance) for value in expected]
        problem = next(filter(None, problems), None)
        failed += problem is not None
        if problem:
            print(f"{name}: {problem}")
    print(f"{len(CASES) - failed} cases passed, {failed} failed")


if __name__ == "__main__":
    main()
