# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model of ops that cannot be imported, and one that can: unsupported.py FILE"""

import sys

from onnx import TensorProto, helper

nodes = [helper.make_node(op, ["x"], [f"y{i}"], domain=domain)
         for i, (op, domain) in enumerate([("Loop", ""), ("Einsum", ""), ("Op", "my.domain"), ("Loop", ""), ("Relu", "")])]
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
y = helper.make_tensor_value_info("y4", TensorProto.FLOAT, [2])
model = helper.make_model(helper.make_graph(nodes, "g", [x], [y]))
with open(sys.argv[1], "wb") as file:
    file.write(model.SerializeToString())
