# RUN: rm -rf %t && mkdir %t && %python %s %t | FileCheck %s
"""Gather of rows of a table is an embedding, which is quantized; an index below
zero counts from the end, before and after."""

# CHECK: %[[ROWS:.+]] = linalg.generic {{.*}} ins(%arg0 : tensor<?x3xi64>)
# CHECK: ptq.embedding {{.*}}%[[ROWS]]{{.*}}ptq.name = "embed"
# CHECK-NOT: tensor.extract
# CHECK: float rows are equal
# CHECK: quantized rows are within half a step

import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def main():
    folder = sys.argv[1]
    path = os.path.join(folder, "embedding")
    table = np.random.default_rng(2).standard_normal((20, 32)).astype(np.float32)
    ids = np.array([[0, 19, -1], [-20, 7, -13]])
    info = helper.make_tensor_value_info
    graph = helper.make_graph([helper.make_node("Gather", ["table", "ids"], ["y"], name="embed")], "g",
                              [info("ids", TensorProto.INT64, ["n", 3])], [info("y", TensorProto.FLOAT, ["n", 3, 32])],
                              [numpy_helper.from_array(table, "table")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path + ".onnx")
    np.save(path + ".ids.npy", ids)

    def run(name, *command):
        subprocess.run([*command, "-o", f"{path}.{name}.mlir"], check=True)
        subprocess.run(["ptq-run", f"{path}.{name}.mlir", f"--input={path}.ids.npy", f"--output={path}.npy"], check=True)
        return np.load(path + ".npy")

    exact = run("float", "ptq-translate", "--import-onnx", path + ".onnx")
    near = run("quantized", "ptq-opt", "--ptq-quantize=recipe=w8a8 scale=absmax", path + ".float.mlir")
    print(open(path + ".quantized.mlir").read().split("{-#")[0])
    print("float rows are", "equal" if np.array_equal(exact, table[ids]) else "other ones")
    step = np.abs(table[ids]).max(-1, keepdims=True) / 127
    print("quantized rows are", "within half a step" if (np.abs(near - table[ids]) <= 0.501 * step).all() else "far off")


if __name__ == "__main__":
    main()
