"""Prints name, dtype and shape of each tensor of a safetensors file, sorted."""

import json
import struct
import sys

with open(sys.argv[1], "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
for name, tensor in sorted(header.items()):
    if name != "__metadata__":
        print(name, tensor["dtype"], tensor["shape"])
