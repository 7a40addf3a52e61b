"""Signal to noise ratio and cosine of outputs: compare-outputs.py FLOAT... -- QUANTIZED..."""
import sys

import numpy as np

split = sys.argv.index("--")
exact = np.concatenate([np.load(path).ravel() for path in sys.argv[1:split]]).astype(np.float64)
other = np.concatenate([np.load(path).ravel() for path in sys.argv[split + 1 :]]).astype(np.float64)
sqnr = 10 * np.log10((exact**2).sum() / ((exact - other) ** 2).sum())
cosine = exact @ other / np.linalg.norm(exact) / np.linalg.norm(other)
print(f"sqnr {sqnr:.1f} dB, cosine {cosine:.5f}, {len(exact)} values")
print("accurate" if sqnr > 25 and cosine > 0.998 else "inaccurate")
