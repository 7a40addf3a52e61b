# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Quantizing gives decisions as data, and says what it did not do."""

import math

import numpy as np
import pytest

import ptq
from conftest import WEIGHT, make_linear


def test_decisions_are_data(linear):
    decisions = linear.quantize(recipe="w8a8")
    assert [tuple(d) for d in linear.decisions] == [tuple(d) for d in decisions]
    (decision,) = decisions
    assert (decision.name, decision.format, decision.num_weights, decision.reason) == ("fc.matmul.0", "w8a8", 24, None)
    assert decision.bits_per_weight == pytest.approx(8 + 32 / 8)
    assert 35 < decision.sqnr < 70
    assert decisions["fc.matmul.0"] is decision
    assert decisions.bits_per_weight == decision.bits_per_weight


def test_decisions_print_as_a_table(linear):
    lines = str(linear.quantize(recipe="w4a8-g4", scale="absmax")).splitlines()
    assert lines[0].split() == ["linear", "format", "bits", "dB", "reason"]
    assert lines[1].split()[:3] == ["fc.matmul.0", "w4a8-g4", "8.00"]


def test_before_there_are_no_decisions(linear):
    assert len(linear.decisions) == 0
    assert linear.decisions.bits_per_weight is None


@pytest.mark.parametrize("recipe, bound", [("w8a8", 0.05), ("w8a16", 0.03), ("w4a8-g4", 0.5), ("w4a16-g4", 0.5)])
def test_each_recipe_computes_almost_the_product(recipe, bound):
    module = make_linear()
    module.quantize(recipe)
    x = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
    assert np.abs(module.compile()(x) - x @ WEIGHT).max() < bound


def test_no_noise_is_infinite():
    module = make_linear(np.full((8, 3), 127, np.float32))
    assert module.quantize()[0].sqnr == math.inf


def test_skip_and_rules_say_why(linear, tmp_path):
    clone = linear.clone()
    (decision,) = linear.quantize(skip="matmul")
    assert (decision.format, decision.reason) == ("float", "skip names it")
    assert decision.bits_per_weight is None and decision.sqnr is None
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - name: '^fc[.]'\n    format: w4a16-g2\n")
    assert clone.quantize(recipe_file=rules)[0].format == "w4a16-g2"


F64 = """
func.func @f(%x: tensor<2x2xf64>, %y: tensor<2x2xf64>) -> tensor<2x2xf64> {
  %w = arith.constant dense<1.0> : tensor<2x2xf64>
  %0 = linalg.matmul ins(%x, %w : tensor<2x2xf64>, tensor<2x2xf64>) outs(%y : tensor<2x2xf64>) -> tensor<2x2xf64>
  return %0 : tensor<2x2xf64>
}
"""


def test_linears_that_stay_float_unasked_are_warnings():
    with pytest.warns(ptq.Warning, match="^f64.mlir:4:.*linear 'f.matmul.0' stays float: ") as caught:
        (decision,) = ptq.Module.parse(F64, "f64.mlir").quantize()
    assert decision.format == "float" and "f64" in decision.reason
    assert caught[0].message.diagnostic.line == 4
    assert caught[0].filename == __file__


def test_or_errors():
    module = ptq.Module.parse(F64, "f64.mlir")
    with pytest.raises(ptq.Error, match="stays float"):
        module.quantize(fail_on_fallback=True)
    assert "ptq.linears" not in str(module)


@pytest.mark.filterwarnings("error")
def test_warnings_may_be_errors():
    with pytest.raises(ptq.Warning, match="stays float"):
        ptq.Module.parse(F64, "f64.mlir").quantize()


def test_weights_that_are_not_finite_are_refused():
    weight = WEIGHT.copy()
    text = str(make_linear(weight)).replace("dense<[[", "dense<[[0x7FC00000, ", 1)
    first = text.index("0x7FC00000, ") + len("0x7FC00000, ")
    text = text[: first - 2] + text[text.index(",", first) :]
    module = ptq.Module.parse(text, "nan.mlir")
    before = str(module)
    with pytest.raises(ptq.Error, match="expects finite values, but got nan at"):
        module.quantize()
    assert str(module) == before


def test_parameters_go_to_a_file(linear, tmp_path):
    linear.quantize(parameters=tmp_path / "weights.safetensors")
    linear.save(tmp_path / "linear.mlir")
    assert "weights.safetensors" in (tmp_path / "linear.mlir").read_text()
    y = ptq.Module.load(tmp_path / "linear.mlir").compile()(np.ones((1, 8), np.float32))
    inside = make_linear()
    inside.quantize()
    assert (y == inside.compile()(np.ones((1, 8), np.float32))).all()
    (tmp_path / "weights.safetensors").unlink()
    with pytest.raises(ptq.Error, match="weights.safetensors"):
        ptq.Module.load(tmp_path / "linear.mlir").compile()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"recipe": "w3a8"}, "expects a recipe such as .*, but got 'w3a8'"),
        ({"scale": "largest"}, "expects scale to be .*, but got 'largest'"),
        ({"skip": "("}, "expects skip to be a regular expression"),
        ({"recipe_file": "no-such.yaml"}, "expects a readable recipe file, but got 'no-such.yaml'"),
        ({"parameters": "no-such/w.safetensors"}, "no-such"),
    ],
)
def test_wrong_options_are_errors(linear, options, message):
    with pytest.raises(ptq.Error, match=message):
        linear.quantize(**options)
    assert len(linear.decisions) == 0


def test_recipe_files_are_read_with_care(linear, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - name: x\n    format: w5a5\n")
    with pytest.raises(ptq.Error, match=r"rules.yaml:3:\d+: .*expects a format such as"):
        linear.quantize(recipe_file=rules)


def test_recipes_can_be_asked():
    assert ptq.get_format("layers.0.q_proj", recipe="w4a8-g32") == "w4a8-g32"
    assert ptq.get_format("lm_head", recipe="w4a8-g32") == "w8a8"
    assert ptq.get_format("table", recipe="w4a8-g32", is_table=True) == "w8a8"
    assert ptq.get_format("lm_head", recipe="w4a8-g32", skip="head") == "float"
    with pytest.raises(ptq.Error, match="but got 'w1'"):
        ptq.get_format("x", recipe="w1")
