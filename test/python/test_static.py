# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Statistics of Python quantize activations statically, as the tools do."""

import numpy as np
import pytest

import ptq
from conftest import WEIGHT, make_linear, run_tool
from ptq.__main__ import main

SAMPLES = [np.random.default_rng(seed).standard_normal((9, 8)).astype(np.float32) for seed in range(3)]
TEXT = "A dog runs.\n\nThe cat sleeps.\n"


@pytest.fixture
def calibrated():
    module = make_linear()
    ptq.calibrate(module, SAMPLES, progress=False)
    return module


@pytest.mark.parametrize("options", [{}, {"range": "minmax"}, {"range": "percentile:99"}])
def test_the_bytes_are_those_of_the_command_line(calibrated, tmp_path, options):
    calibrated.save(tmp_path / "float.mlir")
    calibrated.statistics.save(tmp_path / "x.stats")
    (decision,) = calibrated.quantize("w8a8-static", **options)
    assert decision.format == "w8a8-static"
    calibrated.save(tmp_path / "python.mlir")
    pipeline = f"recipe=w8a8-static statistics={tmp_path / 'x.stats'}"
    pipeline += "".join(f" {name}={value}" for name, value in options.items())
    run_tool("ptq-opt", f"--ptq-quantize={pipeline}", tmp_path / "float.mlir", "-o", tmp_path / "tool.mlir")
    expected = (tmp_path / "tool.mlir").read_bytes()
    assert (tmp_path / "python.mlir").read_bytes() + b"\n" == expected  # which ptq-opt ends with
    arguments = [f"--{name}={value}" for name, value in options.items()]
    assert not main(["quantize", str(tmp_path / "float.mlir"), "-o", str(tmp_path / "main.mlir"), "--recipe=w8a8-static",
                     f"--statistics={tmp_path / 'x.stats'}", *arguments])
    assert (tmp_path / "main.mlir").read_bytes() == (tmp_path / "python.mlir").read_bytes()


def test_ranges_decide(calibrated):
    texts = set()
    for method in ("minmax", "percentile:90", "mse"):
        module = calibrated.clone()
        module.quantize("w8a8-static", range=method)
        texts.add(str(module))
    assert len(texts) == 3


def test_static_codes_are_near_the_product(calibrated):
    calibrated.quantize("w8a8-static", range="minmax")
    y = calibrated.compile()(SAMPLES[0])
    np.testing.assert_allclose(y, SAMPLES[0] @ WEIGHT, atol=0.08)
    assert not np.array_equal(y, SAMPLES[0] @ WEIGHT)


def test_statistics_may_be_given(calibrated):
    module = make_linear()
    module.quantize("w8a8-static", statistics=calibrated.statistics)
    calibrated.quantize("w8a8-static")
    assert str(module) == str(calibrated)


def test_statistics_of_another_module(calibrated):
    other = make_linear(2 * WEIGHT)
    for recipe in ("w8a8", "w8a8-static"):
        with pytest.raises(ptq.Error, match="the statistics: expects statistics of this model"):
            other.quantize(recipe, statistics=calibrated.statistics)
    assert not other.decisions


def test_statistics_that_are_missing(calibrated):
    with pytest.raises(ptq.Error, match="expects statistics= for the format w8a8-static of 'fc.matmul.0'"):
        make_linear().quantize("w8a8-static")
    calibrated.quantize("w8a16")  # they are of the float module
    calibrated.quantize("w8a8")
    with pytest.raises(ptq.Error, match="expects .*statistics"):
        make_linear().quantize(smoothquant=0.5)
    with pytest.raises(ptq.Error, match="expects a range|minmax"):
        make_linear().quantize("w8a8-static", range="widest")


def test_language_models(checkpoint, tmp_path):
    """A package of Python is one of ptq-llm, byte for byte."""
    model = ptq.llm.load(checkpoint)
    statistics = model.calibrate(TEXT, length=12, samples=2)
    statistics.save(tmp_path / "x.stats")
    package = model.quantize("w8a8-static", statistics=statistics, smoothquant=0.5, output=tmp_path / "python")
    assert package.decisions["layers.0.q_proj"].format == "w8a8-static"
    run_tool("ptq-llm", "quantize", checkpoint, "--recipe=w8a8-static", f"--statistics={tmp_path / 'x.stats'}",
             "--smoothquant=0.5", "-o", tmp_path / "tool")
    names = sorted(path.name for path in (tmp_path / "tool").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "python").iterdir())
    for name in names:
        assert (tmp_path / "python" / name).read_bytes() == (tmp_path / "tool" / name).read_bytes(), name
    with pytest.raises(ptq.Error, match="expects statistics= for the format"):
        model.quantize("w8a8-static")
    with pytest.raises(ptq.Error, match="statistics: expects statistics of this model"):
        other = make_linear()
        model.quantize("w8a8-static", statistics=ptq.calibrate(other, SAMPLES, progress=False))
