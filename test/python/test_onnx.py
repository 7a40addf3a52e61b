# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX models are modules like others; what is wrong with one is an exception."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import ptq
from ptq.__main__ import main


@pytest.fixture
def make(tmp_path):
    """Writes a model of one or more nodes from x to y; gives its path."""
    def write(*nodes, shape=("n", 8), **initializers):
        graph = helper.make_graph(
            [helper.make_node(op, inputs.split(), [output], name=output) for op, inputs, output in nodes], "fc",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(value, name) for name, value in initializers.items()])
        path = tmp_path / "model.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
        return path

    return write


WEIGHT = np.random.default_rng(3).standard_normal((8, 4)).astype(np.float32)
X = np.random.default_rng(4).standard_normal((5, 8)).astype(np.float32)


def test_load_quantize_call(make, tmp_path, capsys):
    path = make(("MatMul", "x w", "h"), ("Relu", "h", "y"), w=WEIGHT)
    module = ptq.Module.load(path)
    assert repr(module) == "<ptq.Module with fc>"
    np.testing.assert_allclose(module.compile()(X), np.maximum(X @ WEIGHT, 0), rtol=1e-5, atol=1e-6)
    (decision,) = module.quantize(recipe="w8a16")
    assert (decision.name, decision.format) == ("h", "w8a16")
    np.testing.assert_allclose(module.compile()(X), np.maximum(X @ WEIGHT, 0), atol=0.05)
    assert str(ptq.Module.import_onnx(str(path))) == str(ptq.Module.load(path))
    assert not main(["quantize", str(path), "-o", str(tmp_path / "y.mlir"), "--recipe=w8a16"])
    assert "w8a16" in capsys.readouterr().out and "ptq.matmul" in (tmp_path / "y.mlir").read_text()


def test_calibrate_and_quantize_statically(make):
    module = ptq.Module.load(make(("MatMul", "x w", "y"), w=WEIGHT))
    ptq.calibrate(module, [X, 2 * X], progress=False)
    (decision,) = module.quantize("w8a8-static", range="minmax")
    assert decision.format == "w8a8-static"
    np.testing.assert_allclose(module.compile()(X), X @ WEIGHT, atol=0.2)


def test_errors(make, tmp_path):
    with pytest.raises(ptq.Error, match="no-such.onnx: No such file"):
        ptq.Module.load(tmp_path / "no-such.onnx")
    with pytest.raises(ptq.Error, match=r"expects ops that can be imported, but got Einsum \(1\), Loop \(2\)"):
        ptq.Module.load(make(("Loop", "x", "h"), ("Loop", "x", "i"), ("Einsum", "h i", "y")))
    with pytest.raises(ptq.Error, match=r"node 0 \(MatMul 'y'\): expects matrices that can be multiplied"):
        ptq.Module.load(make(("MatMul", "x x", "y"), shape=(2, 3)))
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ptq.Error, match="text.onnx: expects an ONNX model"):
        ptq.Module.load(tmp_path / "text.onnx")
