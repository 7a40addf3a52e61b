# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Language models are quantized, run, measured."""

import os

import numpy as np
import pytest

import ptq
from ptq.__main__ import main


@pytest.fixture(scope="module")
def floats(checkpoint):
    return ptq.llm.load(checkpoint, context=32)


@pytest.fixture(scope="module")
def quantized(floats):
    return floats.quantize(recipe="w8a8", skip="down_proj")


def test_decisions_and_sizes(quantized):
    formats = {d.name: d.format for d in quantized.decisions}
    assert len(formats) == 9 and list(formats.values()).count("float") == 1
    assert quantized.decisions["layers.0.down_proj"].reason == "skip names it"
    assert quantized.bytes < quantized.float_bytes
    assert "bits per weight" in repr(quantized)


def test_generate(quantized):
    pieces = []
    text = quantized.generate("Once", tokens=8, stream=pieces.append)
    assert text.startswith("Once") and "".join(pieces) == text
    assert len(text.tokens) <= 8 and text.prefill_speed > 0
    assert quantized.generate("Once", tokens=8) == text
    sampled = [quantized.generate("Once", tokens=8, temperature=2.0, top_p=0.9, seed=s).tokens for s in (1, 1, 2)]
    assert sampled[0] == sampled[1] != sampled[2]


def test_perplexity(quantized, floats):
    seen = []
    text = "A dog runs.\n\nThe cat sleeps.\n"
    alone = quantized.perplexity(text, progress=lambda *step: seen.append(step))
    assert alone.perplexity > 1 and alone.mean_divergence is None
    assert seen == [("documents", 1, 2), ("documents", 2, 2)]
    against = quantized.perplexity(text, against=floats)
    assert against.perplexity == alone.perplexity
    assert 0 < against.mean_divergence < 1 and against.reference_perplexity > 1


def test_tokens_and_logits(quantized):
    tokens = quantized.tokenize("a dog")
    assert tokens.dtype == np.int64 and quantized.detokenize(tokens) == "a dog"
    logits = quantized.logits(tokens)
    assert logits.shape == (len(tokens), quantized.vocabulary_size) and logits.dtype == np.float32
    quantized.logits(tokens[:-1])
    assert (quantized.logits(tokens[-1:], position=len(tokens) - 1) == logits[-1:]).all()
    assert quantized.context_length == 32


def test_what_a_callback_raises_arrives(quantized):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quantized.generate("Once", tokens=4, stream=stop)


def test_temporary_packages_go_with_their_model(floats):
    model = floats.quantize()
    folder = model.path
    assert os.path.exists(folder)
    del model
    assert not os.path.exists(folder)


def test_packages_can_be_kept(floats, tmp_path):
    steps = []
    model = floats.quantize(recipe="w4a8-g8", output=tmp_path / "package", progress=lambda *s: steps.append(s))
    weights = [step for step in steps if step[0] == "weights"]
    assert len(weights) == 9 and weights[-1][1] == weights[-1][2] > weights[0][1] > 0
    assert os.path.exists(tmp_path / "package" / "manifest.json")
    assert ptq.llm.load(model.path).path == str(tmp_path / "package")
    with pytest.raises(ptq.Error, match="is a package already"):
        model.quantize()


def test_errors(quantized, checkpoint, tmp_path):
    with pytest.raises(ptq.Error, match="expects a folder with a config.json"):
        ptq.llm.load(tmp_path)
    with pytest.raises(ptq.Error, match="expects a recipe such as"):
        ptq.llm.load(checkpoint).quantize(recipe="w1")
    with pytest.raises(ptq.Error, match="top-p in"):
        quantized.generate("x", top_p=2.0)
    with pytest.raises(ptq.Error, match="token 100000 is not one of the model's 300"):
        quantized.logits([100000])
    with pytest.raises(ptq.Error, match="expects a sequence of at most 32 tokens, but got 40"):
        quantized.logits([1] * 40)
    with pytest.raises(ptq.Error, match="expects another model as reference"):
        quantized.perplexity("x", against=quantized)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ptq.Error, match="config.json"):
        ptq.llm.load(tmp_path).generate("x")


def test_subcommands(quantized, floats, tmp_path, monkeypatch, capsys):
    models = {quantized.path: quantized, floats.path: floats}
    monkeypatch.setattr(ptq.llm, "load", lambda path, threads: models[path])
    assert main(["generate", quantized.path, "--prompt", "Once", "--tokens", "3"]) == 0
    assert capsys.readouterr().out == quantized.generate("Once", tokens=3) + "\n"
    (tmp_path / "text").write_text("A dog runs.\n")
    assert main(["perplexity", quantized.path, "--against", floats.path, "--text", str(tmp_path / "text")]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [name for name, _ in lines][:2] == ["perplexity", "num_tokens"] and len(lines) == 7
