"""Writes a safetensors file: safetensors.py FILE NAME:DTYPE:2x3:1,2,3,4,5,6..."""
import json
import struct
import sys

import numpy as np

header, data = {}, b""
for argument in sys.argv[2:]:
    name, dtype, shape, values = argument.split(":")
    array = np.array([float(value) for value in values.split(",")], np.float32)
    if dtype == "BF16":
        bytes = (array.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    else:
        bytes = array.astype({"F32": np.float32, "F16": np.float16, "I8": np.int8}[dtype]).tobytes()
    header[name] = {"dtype": dtype, "shape": [int(size) for size in shape.split("x")],
                    "data_offsets": [len(data), len(data) + len(bytes)]}
    data += bytes
text = json.dumps(header).encode()
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
