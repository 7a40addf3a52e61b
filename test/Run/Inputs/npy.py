"""Makes and shows .npy files.

    npy.py make FILE TYPE EXPRESSION     npy.py make x.npy f4 "np.arange(6).reshape(2, 3)"
    npy.py show FILE...
"""
import sys

import numpy as np

if sys.argv[1] == "make":
    file, dtype, expression = sys.argv[2:]
    np.save(file, np.asarray(eval(expression)).astype(dtype))
else:
    for file in sys.argv[2:]:
        array = np.load(file)
        print(array.dtype, array.shape, array.tolist())
