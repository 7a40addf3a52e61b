# RUN: rm -rf %t && mkdir %t && %python %s %t | FileCheck %s
"""Models that are broken end with one error and exit status 1.

Truncated and altered files, graphs in circles, absurd shapes, external data
elsewhere, ops that do not exist and operands that do not fit, all from one
seed. An altered file may still be a model: then it has to be imported.
"""

# CHECK: {{^}}130 inputs, 0 crashed, 0 without one error, {{[0-9]+}} imported{{$}}

import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "Inputs"))
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RANDOM = random.Random(7)
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def model(nodes, inputs=(("x", FLOAT, [2, 3]),), outputs=("y",), initializers=(), version=17):
    graph = helper.make_graph(
        list(nodes), "g", [helper.make_tensor_value_info(*info) for info in inputs],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in initializers])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])


def node(op, inputs, outputs="y", **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def external(location, offset="0", length="24"):
    tensor = TensorProto(name="w", data_type=FLOAT, dims=[2, 3], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=value)
    result = model([node("Add", "x w")])
    result.graph.initializer.append(tensor)
    return result


def seeds():
    """Well-formed models, to alter."""
    weights = np.arange(12, dtype=np.float32).reshape(3, 4)
    yield model([node("MatMul", "x w", "h"), node("Softmax", "h", axis=-1)], initializers=[("w", weights)])
    kernel = np.ones((4, 1, 3, 3), np.float32)
    yield model([node("Conv", "x w", "h", pads=[1, 1, 1, 1], group=2), node("MaxPool", "h", kernel_shape=[2, 2])],
                [("x", FLOAT, ["n", 2, 8, 8])], initializers=[("w", kernel)])
    sizes = np.array([0, -1], np.int64)
    yield model([node("Shape", "x", "s"), node("Slice", "s a b", "t"), node("Reshape", "x r", "y")],
                [("x", FLOAT, ["n", 4, 5])],
                initializers=[("a", sizes[:1]), ("b", sizes[1:]), ("r", sizes)])


def contradictions():
    """Well-formed protobufs that no graph is."""
    big = [1 << 40, 1 << 40]
    zero = np.array(0, np.float32)
    yield model([node("Add", "x y", "z"), node("Neg", "z", "y")])  # a circle
    yield model([node("Add", "x nothing")])
    yield model([node("Neg", "x", "x")])
    yield model([node("Neg", "x")], outputs=["missing"])
    yield model([node("Neg", "x")], inputs=[("x", FLOAT, big)])
    yield model([node("Neg", "x")], inputs=[("x", FLOAT, [-5])])
    yield model([node("Neg", "x")], inputs=[("x", FLOAT, [1] * 40)])
    yield model([node("Neg", "x")], inputs=[("x", FLOAT, None)])
    yield model([node("Neg", "x")], inputs=[("x", TensorProto.STRING, [2])])
    yield model([node("Neg", "x")], inputs=[("x", 77, [2])])
    yield model([node("Add", "x w")], initializers=[("w", np.zeros(7, np.float32))])
    yield model([node("Add", "x w")], initializers=[("w", np.zeros(3, np.float64))])
    yield model([node("MatMul", "x w")], initializers=[("w", np.zeros((4, 3), np.float32))])
    yield model([node("Gemm", "x x")])
    yield model([node("Conv", "x x")])
    yield model([node("Conv", "c c", strides=[0, 1])], [("c", FLOAT, [1, 1, 5, 5])])
    yield model([node("Conv", "c c", strides="many")], [("c", FLOAT, [1, 1, 5, 5])])
    yield model([node("Conv", "c c", pads=[-9, 0, 0, 0])], [("c", FLOAT, [1, 1, 5, 5])])
    yield model([node("Conv", "c c", group=-1)], [("c", FLOAT, [1, 1, 5, 5])])
    yield model([node("MaxPool", "c", kernel_shape=[9, 9])], [("c", FLOAT, [1, 1, 5, 5])])
    yield model([node("MaxPool", "c", kernel_shape=[-1, 1 << 62])], [("c", FLOAT, [1, 1, 5, 5])])
    yield model([node("Transpose", "x", perm=[0, 0])])
    yield model([node("Transpose", "x", perm=[0, 1, 2])])
    yield model([node("Softmax", "x", axis=5)])
    yield model([node("Concat", "x x", axis=-7)])
    yield model([node("Split", "x", "y z", axis=0, num_outputs=9)])
    yield model([node("Squeeze", "x w")], initializers=[("w", np.array([0], np.int64))])
    yield model([node("Unsqueeze", "x w")], initializers=[("w", np.array([0, 0], np.int64))])
    yield model([node("Unsqueeze", "x w")], inputs=[("x", FLOAT, [2]), ("w", INT64, [1])])
    yield model([node("Reshape", "x w")], initializers=[("w", np.array([-1, -1], np.int64))])
    yield model([node("Reshape", "x w")], initializers=[("w", np.array([7, 1], np.int64))])
    yield model([node("Reshape", "x w")], initializers=[("w", np.array([-9, 1], np.int64))])
    yield model([node("Reshape", "x w")], initializers=[("w", np.array([1 << 62, 1 << 62], np.int64))])
    yield model([node("Expand", "x w")], initializers=[("w", np.array([1 << 62, 2, 3], np.int64))])
    yield model([node("Tile", "x w")], initializers=[("w", np.array([1 << 62, -2], np.int64))])
    yield model([node("ConstantOfShape", "w")], initializers=[("w", np.array([1 << 60, 1 << 60], np.int64))])
    yield model([node("ConstantOfShape", "w")], initializers=[("w", np.array([-4], np.int64))])
    yield model([node("Gather", "x w")], initializers=[("w", np.array([9], np.int64))])
    yield model([node("Gather", "x w")], initializers=[("w", np.array([0], np.float32))])
    yield model([node("Slice", "x w w w w")], initializers=[("w", np.array([0], np.int64))])
    yield model([node("Pad", "x w")], initializers=[("w", np.array([0, 1], np.int64))])
    yield model([node("Cast", "x", to=99)])
    yield model([node("Cast", "x", to="float")])
    yield model([node("Clip", "x w")], initializers=[("w", np.zeros((2, 2), np.float32))])
    yield model([node("Range", "x x x")])
    yield model([node("Not", "x")])
    yield model([node("Sqrt", "i")], [("i", INT64, [2])])
    yield model([node("Add", "x")])
    yield model([node("Add", "x x", broadcast=1, axis=0)], version=6)
    yield model([node("Neg", "x x x")])
    yield model([node("Constant", "")])
    yield model([node("QuantizeLinear", "x x")])
    yield model([node("QuantizeLinear", "x w", block_size=-3)], initializers=[("w", zero)])
    yield model([node("DequantizeLinear", "x w")], initializers=[("w", zero)])
    yield model([node("LayerNormalization", "x w")], initializers=[("w", np.zeros(5, np.float32))])
    yield model([node("BatchNormalization", "x w w w w")], initializers=[("w", np.zeros(5, np.float32))])
    yield model([node("MatMulNBits", "x w w", domain="com.microsoft", K=0, N=-4, bits=3)], initializers=[("w", zero)])
    yield model([node("MatMulNBits", "x w w", domain="com.microsoft", K=3, N=1 << 60, bits=4, block_size=32)],
                initializers=[("w", zero)])
    broken = model([node("Add", "x w")], initializers=[("w", np.zeros((2, 3), np.float32))])
    broken.graph.initializer[0].raw_data = b"123"
    yield broken
    yield onnx.ModelProto()
    for location in ("../secret", "/etc/passwd", "a/../../b", "missing", "", ".", "link"):
        yield external(location)
    yield external("data", offset="18446744073709551615")
    yield external("data", offset="4")
    yield external("data", length="999")
    yield external("data", length="many")


def unknown_graphs():
    """Random graphs, some of whose ops do not exist."""
    known = ["Relu", "Neg", "Exp", "Identity", "Sigmoid"]
    for _ in range(10):
        ops = [RANDOM.choice(known + ["Frobnicate", "Loop", "Einsum"]) for _ in range(12)] + ["NonZero"]
        names = ["x"] + [f"v{i}" for i in range(len(ops))]
        nodes = [helper.make_node(op, [RANDOM.choice(names[:i + 1])], [names[i + 1]]) for i, op in enumerate(ops)]
        yield model(nodes, outputs=[names[-1]])


def altered():
    for seed in seeds():
        data = seed.SerializeToString()
        for _ in range(8):
            yield data[:RANDOM.randrange(len(data))]
        for _ in range(8):
            changed = bytearray(data)
            for _ in range(RANDOM.randrange(1, 4)):
                changed[RANDOM.randrange(len(data))] ^= 1 << RANDOM.randrange(8)
            yield bytes(changed)
    yield bytes(RANDOM.randrange(256) for _ in range(300))


def main():
    folder = sys.argv[1]
    os.makedirs(os.path.join(folder, "model"))
    for name in ("secret", "model/data"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(bytes(24))
    os.symlink("../secret", os.path.join(folder, "model", "link"))
    well_formed = [m.SerializeToString() for m in (*contradictions(), *unknown_graphs())]
    inputs = [(data, True) for data in well_formed] + [(data, False) for data in altered()]
    crashed = silent = imported = 0
    for index, (data, has_error) in enumerate(inputs):
        path = os.path.join(folder, "model", f"{index}.onnx")
        with open(path, "wb") as file:
            file.write(data)
        result = subprocess.run(["ptq-translate", "--import-onnx", path, "-o", path + ".mlir"], capture_output=True, text=True)
        errors = result.stderr.count("error: ")
        if result.returncode not in (0, 1):
            crashed += 1
            print(f"{index}: status {result.returncode}: {result.stderr[:300]}")
        elif result.returncode == 0 and not has_error:
            imported += 1
        elif result.returncode == 0 or errors != 1 or os.path.exists(path + ".mlir"):
            silent += 1
            print(f"{index}: status {result.returncode}, {errors} errors: {result.stderr[:300]}")
        elif len(sys.argv) > 2:
            print(f"{index}: {result.stderr.strip()}")
    print(f"{len(inputs)} inputs, {crashed} crashed, {silent} without one error, {imported} imported")


if __name__ == "__main__":
    main()
