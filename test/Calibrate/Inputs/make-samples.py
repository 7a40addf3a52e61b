"""Writes four samples of rows of five channels, the last of which is dead."""
import sys

import numpy as np

random = np.random.default_rng(0)
for number in range(4):
    rows = random.normal(0, 1, (4 + 2 * number, 5)).astype(np.float32)
    rows[:, 4] = 0
    if number == 1:
        rows[2, 3] = np.nan
        rows[3, 0] = -6
    if number == 2:
        rows[1] = -10000
        rows[5, 2] = 9.5
    np.save(f"{sys.argv[1]}/{number}.npy", rows)
