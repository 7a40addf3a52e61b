# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calibration gives statistics of the inputs of linears."""

import numpy as np
import pytest

import ptq
from conftest import WEIGHT, make_linear

RNG = np.random.default_rng(11)
SAMPLES = [RNG.standard_normal((rows, 8)).astype(np.float32) for rows in (5, 1, 17)]
ALL = np.concatenate(SAMPLES)


@pytest.fixture(scope="module")
def module():
    module = make_linear()
    ptq.calibrate(module, SAMPLES, progress=False)
    return module


def test_each_observer_finds_what_numpy_finds(module):
    tensor = module.statistics["fc.matmul.0"]
    wide = ALL.astype(np.float64)
    assert (tensor["minmax"] == [ALL.min(), ALL.max()]).all()
    assert tensor["absmax"] == np.abs(ALL).max()
    assert (tensor["channel_absmax"] == np.abs(ALL).max(0)).all()
    np.testing.assert_allclose(tensor["mean"], wide.mean(0), rtol=1e-12)
    np.testing.assert_allclose(tensor["mean_abs"], np.abs(wide).mean(0), rtol=1e-12)
    np.testing.assert_allclose(tensor["mean_square"], (wide**2).mean(0), rtol=1e-6)
    np.testing.assert_allclose(tensor["gram"], wide.T @ wide / len(ALL), rtol=1e-5, atol=1e-6)
    assert tensor["token_absmax"].sum() == len(ALL) and tensor["moving_average"].shape == (2,)
    counts, edges = tensor["histogram"], tensor["histogram_edges"]
    assert counts.sum() == ALL.size and len(edges) == len(counts) + 1
    assert (counts == np.histogram(wide, edges)[0]).all()


def test_tensors_say_what_was_seen(module):
    (tensor,) = module.statistics
    assert tensor.name == "fc.matmul.0.in" and tensor.linears == ("fc.matmul.0",)
    assert (tensor.samples, tensor.tokens, tensor.values, tensor.num_channels) == (3, 23, 184, 8)
    assert tensor.skipped_rows == tensor.non_finite_rows == tensor.masked_rows == 0
    assert set(tensor.observers) >= {"minmax", "gram", "histogram"}
    assert module.statistics[0].name == module.statistics["fc.matmul.0.in"].name == tensor.name
    with pytest.raises(KeyError):
        module.statistics["no such"]


def test_shards_merge_to_the_bytes_of_one_run(tmp_path):
    shards = [ptq.calibrate(make_linear(), [sample], progress=False) for sample in SAMPLES]
    shards[2].merge(shards[0]).merge(shards[1]).save(tmp_path / "merged.stats")
    ptq.calibrate(make_linear(), SAMPLES, progress=False).save(tmp_path / "whole.stats")
    assert (tmp_path / "merged.stats").read_bytes() == (tmp_path / "whole.stats").read_bytes()
    loaded = ptq.Statistics.load(tmp_path / "merged.stats")
    assert (loaded[0]["minmax"] == [ALL.min(), ALL.max()]).all()


def test_some_observers_and_options():
    seen = []
    statistics = ptq.calibrate(
        make_linear(), iter(SAMPLES), observers="absmax", skip_positions=1, progress=lambda *step: seen.append(step)
    )
    assert seen == [(1, None), (2, None), (3, None)]
    (tensor,) = statistics
    assert tensor.observers == ("absmax",) and tensor.skipped_rows == 3
    assert tensor["absmax"] == np.abs(np.concatenate([s[1:] for s in SAMPLES])).max()
    with pytest.raises(ptq.Error, match="expects one of the observers absmax of 'fc.matmul.0.in', but got 'gram'"):
        tensor["gram"]


def test_progress_is_for_terminals(capfd):
    ptq.calibrate(make_linear(), SAMPLES, observers="absmax")
    assert capfd.readouterr() == ("", "")


def test_statistics_are_of_one_model(module, tmp_path):
    module.statistics.save(tmp_path / "x.stats")
    other = make_linear(2 * WEIGHT)
    with pytest.raises(ptq.Error, match="model"):
        other.statistics = ptq.Statistics.load(tmp_path / "x.stats")
    assert other.statistics is None
    with pytest.raises(ptq.Error, match="model"):
        other.quantize(statistics=module.statistics)
    with pytest.raises(ptq.Error, match="model"):
        ptq.calibrate(other, SAMPLES, progress=False).merge(module.statistics)


@pytest.mark.parametrize(
    "options, samples, message",
    [
        ({"observers": "no_such"}, SAMPLES, "no_such"),
        ({"entry": "no_such"}, SAMPLES, "expects one of the functions fc, but got 'no_such'"),
        ({"recipe": "w1"}, SAMPLES, "expects a recipe such as"),
        ({"skip": "."}, SAMPLES, "observe"),
        ({"observers": "absmax"}, [np.ones((2, 7), np.float32)], "but got 2x7xf32"),
        ({"observers": "absmax"}, [(SAMPLES[0], SAMPLES[0])], "inputs"),
    ],
)
def test_errors(options, samples, message):
    with pytest.raises(ptq.Error, match=message):
        ptq.calibrate(make_linear(), samples, progress=False, **options)


def test_broken_files(module, tmp_path):
    with pytest.raises(ptq.Error, match="no-such.stats"):
        ptq.Statistics.load(tmp_path / "no-such.stats")
    module.statistics.save(tmp_path / "x.stats")
    whole = (tmp_path / "x.stats").read_bytes()
    (tmp_path / "x.stats").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ptq.Error, match="x.stats"):
        ptq.Statistics.load(tmp_path / "x.stats")


def test_language_models(checkpoint):
    seen = []
    statistics = ptq.llm.load(checkpoint).calibrate(
        "A dog runs.\n\nThe cat sleeps.\n", observers="absmax", length=12, samples=2, progress=lambda *s: seen.append(s)
    )
    assert statistics["layers.0.q_proj"].samples == 2 and statistics["layers.0.q_proj"]["absmax"] > 0
    assert seen[-1] == ("samples", 2, 2)
    with pytest.raises(ptq.Error, match="2 or more tokens"):
        ptq.llm.load(checkpoint).calibrate("x", length=1)
