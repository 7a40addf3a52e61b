# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Scales of channels move through attention, and the model stays the same function."""

import re
import subprocess
import sys

import numpy as np
import pytest

import ptq
from conftest import ROOT

TOKENS = np.array([3, 1, 4, 15, 9, 2, 6, 5, 35, 8, 97, 93], np.int64)
SHAPE = "--hidden 32 --intermediate 48 --heads 4 --vocabulary 300 --context 48".split()


def run(module, folder, num_layers, num_heads):
    """Logits of two calls, the second of which continues from the cache, and of one token; the cache."""
    forward = module.compile(root=folder, threads=1)
    keys, values = (np.zeros((num_layers, len(TOKENS), num_heads, 8), np.float32) for _ in range(2))
    parts = [(0, 5, "prefill"), (5, 11, "prefill"), (11, 12, "decode")]
    logits = [forward[name](TOKENS[begin:end], begin, keys, values) for begin, end, name in parts]
    return np.concatenate(logits), values


@pytest.mark.parametrize("num_layers, num_heads, options", [(2, 2, ["--bias"]), (1, 4, [])],
                         ids=["grouped queries, biases", "a head of values for each"])
def test_same_function(tmp_path, num_layers, num_heads, options):
    folder = tmp_path / "llama"
    subprocess.run([sys.executable, ROOT / "tools/dev/make-random-llama", folder, *SHAPE, *options,
                    f"--layers={num_layers}", f"--kv-heads={num_heads}"], check=True)
    model = ptq.llm.load(folder)
    model.calibrate("A dog runs. The cat sleeps.", length=12, samples=2).save(tmp_path / "stats")
    module = ptq.Module.import_llama(folder)
    expected, cache = run(module, folder, num_layers, num_heads)
    module.run(f"builtin.module(ptq-smooth-quant{{statistics={tmp_path / 'stats'} root={folder} alpha=1}})")
    logits, scaled = run(module, folder, num_layers, num_heads)
    assert (logits == expected).all()

    # The values are kept divided, by factors that the queries of a group share.
    records = re.findall(r"exponents = array<i32: ([^>]*)>, linears = \[\"(\S*o_proj)\"\]", str(module))
    assert [name for _, name in records] == [f"layers.{i}.o_proj" for i in range(num_layers)]
    for layer, (numbers, _) in enumerate(records):
        exponents = np.array(numbers.split(", "), int).reshape(num_heads, 4 // num_heads, 8)
        assert (exponents == exponents[:, :1]).all() and exponents.any()
        assert (np.ldexp(scaled[layer], exponents[:, 0]) == cache[layer]).all()
