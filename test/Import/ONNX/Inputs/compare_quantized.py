# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls @encoder of two modules, before and after quantization.

    compare_quantized.py FLOAT.mlir QUANTIZED.mlir FOLDER
"""

import subprocess
import sys

import numpy as np

before, after, folder = sys.argv[1:]
random = np.random.default_rng(1)
np.save(f"{folder}/x.npy", random.normal(size=(2, 5, 32)).astype(np.float32))
mask = np.zeros((2, 1, 1, 5), np.float32)
mask[1, :, :, 3:] = -1e9
np.save(f"{folder}/mask.npy", mask)
results = []
for index, module in enumerate((before, after)):
    output = f"{folder}/y{index}.npy"
    subprocess.run(["ptq-run", module, f"--input={folder}/x.npy", f"--input={folder}/mask.npy", f"--output={output}"], check=True)
    results.append(np.load(output).astype(np.float64))
signal, noise = np.sum(results[0] ** 2), np.sum((results[0] - results[1]) ** 2)
ratio = 10 * np.log10(signal / noise)
shapes = "sizes agree" if results[0].shape == (2, 5, 32) == results[1].shape else "sizes differ"
print(f"{shapes}, SQNR {'above' if ratio > 30 else 'below'} 30 dB ({ratio:.1f})")
