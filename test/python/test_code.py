# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Code is written to files; the reference computes the same bits."""

import ctypes

import numpy as np
import pytest

import ptq

SCALE = """
!q = !ptq.q<s8:f32, block = [0], scale = f32>
func.func @scale(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi8>) {
  %s = arith.constant dense<0.5> : tensor<1xf32>
  %q = ptq.quantize %x, %s : tensor<4xf32>, tensor<1xf32> -> tensor<4x!q>
  %bytes = ptq.storage_cast %q : tensor<4x!q> to tensor<4xi8>
  %y = ptq.dequantize %q, %s : tensor<4x!q>, tensor<1xf32> -> tensor<4xf32>
  return %y, %bytes : tensor<4xf32>, tensor<4xi8>
}
"""


@pytest.fixture(scope="module")
def module():
    return ptq.Module.parse(SCALE, "scale.mlir")


def test_text(module, tmp_path):
    module.emit("llvm", tmp_path / "scale.ll")
    assert "define" in (tmp_path / "scale.ll").read_text()
    module.emit("asm", tmp_path / "scale.s", cpu="x86-64-v3")
    assert "_mlir_ciface_scale:" in (tmp_path / "scale.s").read_text()


def test_objects_of_other_machines(module, tmp_path):
    module.emit("obj", tmp_path / "scale.o", target="aarch64-linux-gnu")
    elf = (tmp_path / "scale.o").read_bytes()
    assert elf[:4] == b"\x7fELF" and int.from_bytes(elf[18:20], "little") == 183
    assert "_mlir_ciface_scale" in (tmp_path / "scale.h").read_text()


def test_shared_libraries_load(module, tmp_path):
    module.emit("shared", tmp_path / "libscale.so")
    assert ctypes.CDLL(str(tmp_path / "libscale.so"))._mlir_ciface_scale


def test_wrong_kinds_and_paths(module, tmp_path):
    with pytest.raises(ValueError, match="expects one of llvm, asm, obj, shared, but got 'exe'"):
        module.emit("exe", tmp_path / "x")
    with pytest.raises(ptq.Error, match="no-such/x.o: No such file or directory"):
        module.emit("obj", tmp_path / "no-such" / "x.o")
    with pytest.raises(ptq.Error, match="no-such-triple"):
        module.emit("obj", tmp_path / "x.o", target="no-such-triple")
    assert not list(tmp_path.iterdir())


def test_the_reference_agrees(module):
    x = np.array([0.74, 0.76, -100, np.nan], np.float32)
    for computed in (module.evaluate("scale", x, num_results=2), module.compile()(x)):
        assert computed[0].tolist() == [0.5, 1.0, -64.0, -64.0]
        assert computed[1].tolist() == [1, 2, -128, -128]


def test_the_reference_refuses_what_it_cannot_do(module):
    with pytest.raises(ptq.Error, match="expects a public function of the module, but got 'no_such'"):
        module.evaluate("no_such")
    with pytest.raises(ptq.Error, match="expects room for 2 results, but got 1"):
        module.evaluate("scale", np.zeros(4, np.float32))
    with pytest.raises(ptq.Error, match="expects tensor<4xf32> as input 0, but got 3xf32"):
        module.evaluate("scale", np.zeros(3, np.float32), num_results=2)
