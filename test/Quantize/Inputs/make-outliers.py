"""Gives a checkpoint outliers that change nothing: make-outliers.py FROM TO [FACTOR]

Multiplies some channels of the weights of RMSNorm by FACTOR (32), and divides the
columns of the linears behind them. The model computes the same function.
"""
import json
import os
import shutil
import struct
import sys

import numpy as np

CHANNELS = (5, 23, 41)
BEHIND = {
    "input_layernorm": ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    "post_attention_layernorm": ["mlp.gate_proj", "mlp.up_proj"],
}


def scale(values, dtype, channels, factor):
    """`values` times `factor` along the last dimension, in their own type."""
    if dtype == "BF16":
        wide = (values.astype(np.uint32) << 16).view(np.float32)
        wide[..., channels] *= np.float32(factor)
        bits = wide.view(np.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    values = values.copy()
    values[..., channels] *= values.dtype.type(factor)
    return values


def main():
    source, target = sys.argv[1:3]
    factor = float(sys.argv[3]) if len(sys.argv) > 3 else 32.0
    shutil.copytree(source, target, dirs_exist_ok=True)
    path = os.path.join(target, "model.safetensors")
    with open(path, "rb") as file:
        data = bytearray(file.read())
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    types = {"F32": np.float32, "BF16": np.uint16}

    def apply(name, factor):
        entry = header[name]
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        array = np.frombuffer(bytes(data[begin:end]), types[entry["dtype"]]).reshape(entry["shape"])
        data[begin:end] = scale(array, entry["dtype"], list(CHANNELS), factor).tobytes()

    for name in header:
        for norm, linears in BEHIND.items():
            if name.endswith(norm + ".weight"):
                apply(name, factor)
                layer = name[: -len(norm + ".weight")]
                for linear in linears:
                    apply(layer + linear + ".weight", 1 / factor)
    os.chmod(path, 0o644)
    with open(path, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
