"""Prints what the weights of a compiled model say of their order: FILE.safetensors"""

import json
import re
import sys

with open(sys.argv[1], "rb") as file:
    metadata = json.loads(file.read(int.from_bytes(file.read(8), "little")))["__metadata__"]
print(metadata["ptq.target"])
for name, value in sorted(metadata.items()):
    if name.startswith("ptq.packed "):
        print(f"{name.split()[1]}: {re.search('layout = <(.*?)>', value).group(1)}")
