# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small models as exporters write them.

    make_models.py mlp FILE          two layers, Gemm with transposed weights
    make_models.py transformer FILE  one encoder block of any batch and length
    make_models.py qdq FILE          a convolution and a product between
                                     QuantizeLinear and DequantizeLinear
    make_models.py external FILE     a product whose weights are in FILE.data
"""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


class Graph:
    def __init__(self, name, seed=0):
        self.name, self.nodes, self.initializers = name, [], []
        self.random = np.random.default_rng(seed)

    def add(self, op, inputs, output, name="", **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weight(self, name, *shape):
        return self.constant(name, self.random.normal(0, shape[0] ** -0.5, shape).astype(np.float32))

    def ints(self, name, *values):
        return self.constant(name, np.array(values, np.int64))

    def model(self, inputs, outputs, version=17):
        infos = [[helper.make_tensor_value_info(*info) for info in side] for side in (inputs, outputs)]
        graph = helper.make_graph(self.nodes, self.name, *infos, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])


def mlp():
    g = Graph("mlp")
    g.add("Gemm", ["x", g.weight("fc1.weight", 64, 32), g.weight("fc1.bias", 64)], "h", "/fc1/Gemm", transB=1)
    g.add("Relu", ["h"], "a")
    g.add("Gemm", ["a", g.weight("fc2.weight", 16, 64), g.weight("fc2.bias", 16)], "y", "/fc2/Gemm", transB=1)
    return g.model([("x", FLOAT, ["batch", 32])], [("y", FLOAT, ["batch", 16])])


def transformer(hidden=32, heads=4):
    """Sizes by Shape, Gather and Concat, as PyTorch exports them."""
    g = Graph("encoder")
    g.ints("zero", 0)
    g.ints("one", 1)
    g.add("Shape", ["x"], "shape")
    g.add("Gather", ["shape", "zero"], "batch")
    g.add("Gather", ["shape", "one"], "length")
    g.add("Concat", ["batch", "length", g.ints("parts", heads, hidden // heads)], "split", axis=0)
    g.add("Concat", ["batch", "length", g.ints("hidden", hidden)], "merged", axis=0)
    g.add("LayerNormalization", ["x", g.constant("ln1.g", np.ones(hidden, np.float32)),
                                 g.constant("ln1.b", np.zeros(hidden, np.float32))], "n1", axis=-1)
    for name, perm in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        g.add("MatMul", ["n1", g.weight(name + ".w", hidden, hidden)], name + "0", f"/attn/{name}_proj/MatMul")
        g.add("Add", [name + "0", g.weight(name + ".b", hidden)], name + "1")
        g.add("Reshape", [name + "1", "split"], name + "2")
        g.add("Transpose", [name + "2"], name, perm=perm)
    g.add("MatMul", ["q", "k"], "scores", "/attn/scores")
    g.add("Div", ["scores", g.constant("scale", np.float32((hidden / heads) ** 0.5))], "scaled")
    g.add("Add", ["scaled", "mask"], "masked")
    g.add("Softmax", ["masked"], "weights", axis=-1)
    g.add("MatMul", ["weights", "v"], "mixed", "/attn/mix")
    g.add("Transpose", ["mixed"], "back", perm=[0, 2, 1, 3])
    g.add("Reshape", ["back", "merged"], "context")
    g.add("MatMul", ["context", g.weight("o.w", hidden, hidden)], "o", "/attn/o_proj/MatMul")
    g.add("Add", ["x", "o"], "r")
    g.add("LayerNormalization", ["r", "ln1.g", "ln1.b"], "n2", axis=-1)
    g.add("MatMul", ["n2", g.weight("up.w", hidden, 2 * hidden)], "u", "/mlp/up/MatMul")
    g.add("Div", ["u", g.constant("root", np.float32(2 ** 0.5))], "e0")  # GELU
    g.add("Erf", ["e0"], "e1")
    g.add("Add", ["e1", g.constant("unit", np.float32(1))], "e2")
    g.add("Mul", ["u", "e2"], "e3")
    g.add("Mul", ["e3", g.constant("half", np.float32(0.5))], "gelu")
    g.add("MatMul", ["gelu", g.weight("down.w", 2 * hidden, hidden)], "d", "/mlp/down/MatMul")
    g.add("Add", ["r", "d"], "y")
    sizes = ["batch", "length", hidden]
    return g.model([("x", FLOAT, sizes), ("mask", FLOAT, ["batch", 1, 1, "length"])], [("y", FLOAT, sizes)])


def qdq():
    g = Graph("qdq")
    for name, scale, zero in (("x", 0.02, np.uint8(128)), ("h", 0.05, np.uint8(3))):
        g.constant(name + ".s", np.float32(scale))
        g.constant(name + ".z", zero)

    def pair(name, parameters):
        g.add("QuantizeLinear", [name, parameters + ".s", parameters + ".z"], name + ".q")
        return g.add("DequantizeLinear", [name + ".q", parameters + ".s", parameters + ".z"], name + ".dq")

    def weights(name, shape, axis):
        g.constant(name + ".q", g.random.integers(-127, 128, shape).astype(np.int8))
        g.constant(name + ".ws", g.random.uniform(0.001, 0.01, shape[axis]).astype(np.float32))
        g.constant(name + ".wz", np.zeros(shape[axis], np.int8))
        return g.add("DequantizeLinear", [name + ".q", name + ".ws", name + ".wz"], name, axis=axis)

    g.add("Conv", [pair("x", "x"), weights("conv", (8, 3, 3, 3), 0)], "c", "/conv", pads=[1, 1, 1, 1], strides=[2, 2])
    g.add("Relu", ["c"], "h")
    g.add("GlobalAveragePool", [pair("h", "h")], "p")
    g.add("Flatten", ["p"], "f")
    g.add("MatMul", ["f", weights("fc", (8, 10), 1)], "y", "/fc")
    return g.model([("x", FLOAT, [1, 3, 8, 8])], [("y", FLOAT, [1, 10])])


def external(path):
    g = Graph("external")
    g.add("MatMul", ["x", g.weight("w", 16, 8)], "y", "/fc")
    model = g.model([("x", FLOAT, [2, 16])], [("y", FLOAT, [2, 8])])
    tensor = model.graph.initializer[0]
    with open(path + ".data", "wb") as file:
        file.write(bytes(64) + tensor.raw_data)
    for key, value in (("location", os.path.basename(path) + ".data"), ("offset", "64"), ("length", str(16 * 8 * 4))):
        tensor.external_data.add(key=key, value=value)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    return model


def main():
    kind, path = sys.argv[1:]
    model = external(path) if kind == "external" else {"mlp": mlp, "transformer": transformer, "qdq": qdq}[kind]()
    with open(path, "wb") as file:
        file.write(model.SerializeToString())


if __name__ == "__main__":
    main()
