# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""python3 -m ptq does its subcommands, and exits with 1 for bad input."""

import numpy as np
import pytest

from conftest import make_linear
from ptq.__main__ import main


@pytest.fixture
def path(tmp_path):
    make_linear().save(tmp_path / "linear.mlir")
    return tmp_path


def test_help_names_every_subcommand(capsys):
    with pytest.raises(SystemExit) as status:
        main(["--help"])
    assert status.value.code == 0
    text = capsys.readouterr().out
    for name in ("show", "quantize", "call", "emit", "generate", "perplexity"):
        assert f"    {name}" in text


def test_quantize_show_call_emit(path, capsys):
    source, quantized = str(path / "linear.mlir"), str(path / "quantized.mlirbc")
    assert main(["quantize", source, "--recipe", "w4a8-g4", "-o", quantized]) == 0
    assert "w4a8-g4" in capsys.readouterr().out
    assert main(["show", quantized]) == 0
    assert "ptq.matmul" in capsys.readouterr().out
    np.save(path / "x.npy", np.ones((2, 8), np.float32))
    assert main(["call", quantized, str(path / "x.npy"), "--output", str(path / "y.npy")]) == 0
    assert np.load(path / "y.npy").shape == (2, 3)
    assert main(["emit", quantized, "llvm", "-o", str(path / "x.ll")]) == 0
    assert (path / "x.ll").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["show", "no-such.mlir"], "error: no-such.mlir: No such file or directory"),
        (["quantize", "{}/linear.mlir", "--recipe", "w1", "-o", "{}/x"], "expects a recipe such as"),
        (["call", "{}/linear.mlir", "no-such.npy"], "no-such.npy"),
        (["call", "{}/linear.mlir", "--entry", "g"], "expects --entry to be one of: fc"),
        (["call", "{}/linear.mlir"], "'fc' expects 1 inputs, but got 0"),
        (["generate", "{}"], "expects a folder with a config.json"),
    ],
)
def test_bad_input(path, capsys, arguments, message):
    assert main([argument.format(path) for argument in arguments]) == 1
    assert message in capsys.readouterr().err
    assert not (path / "x").exists()


def test_bad_usage(capsys):
    with pytest.raises(SystemExit) as status:
        main(["no-such"])
    assert status.value.code == 2
