"""Imported modules, compiled by upstream tools, against a Llama in NumPy.

RUN: rm -rf %t && mkdir -p %t
RUN: env PYTHONPATH=%S/Inputs %python %s %src_dir/tools/dev/make-random-llama \
RUN:   %mlir_lib_dir/libmlir_c_runner_utils.so %t | FileCheck %s

CHECK: llama: same
CHECK: untied, head_dim, f16, context: same
CHECK: llama3 rope, biases, f32: same
CHECK: qwen2, shards: same
CHECK: mistral, norms in f32: same
"""
import os
import subprocess
import sys

import numpy as np
from reference_llama import ReferenceLlama
from stock_llama import StockLlama

SMALL = ["--hidden", "16", "--intermediate", "20", "--layers", "2", "--heads", "4",
         "--kv-heads", "2", "--vocabulary", "24", "--context", "32"]
CASES = {
    "llama": ["--tied"],
    "untied, head_dim, f16, context": ["--head-dim", "6", "--dtype", "F16"],
    "llama3 rope, biases, f32": ["--llama3-rope", "--rope-theta", "500", "--bias", "--dtype", "F32"],
    "qwen2, shards": ["--architecture", "qwen2", "--shards", "3"],
    "mistral, norms in f32": ["--architecture", "mistral", "--norm-dtype", "F32", "--kv-heads", "1"],
}
TOKENS = [3, 1, 4, 15, 9, 2, 6, 5, 3, 5, 8, 9]


def check(model, reference):
    expected = reference.logits(TOKENS)
    # In two pieces, the second of which continues from the cache, then alone.
    outputs = [model.call("prefill", TOKENS[:5], 0), model.call("prefill", TOKENS[5:10], 5),
               model.call("decode", TOKENS[10:11], 10), model.call("decode", TOKENS[11:], 11)]
    error = np.abs(np.concatenate(outputs) - expected).max() / np.abs(expected).max()
    return "same" if error < 2e-6 else f"differs by {error}"


def main():
    make_random_llama, runner_utils, work = sys.argv[1:]
    for index, (name, options) in enumerate(CASES.items()):
        folder = os.path.join(work, str(index))
        subprocess.run([sys.executable, make_random_llama, folder, *SMALL, *options], check=True)
        module = os.path.join(folder, "model.mlir")
        subprocess.run(["ptq-translate", "--import-llama", folder, "-o", module], check=True)
        reference = ReferenceLlama(folder)
        model = StockLlama(module, folder, reference.config, runner_utils)
        print(f"{name}: {check(model, reference)}", flush=True)


main()
