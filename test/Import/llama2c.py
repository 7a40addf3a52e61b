"""A checkpoint of llama2.c becomes the one of Hugging Face that it was made of.

RUN: rm -rf %t && mkdir -p %t
RUN: cd %t && env PYTHONPATH=%S/Inputs %python %s %src_dir/tools/dev/make-random-llama
RUN: FileCheck %s --input-file=%t/tied.mlir --check-prefix=TIED
RUN: FileCheck %s --input-file=%t/untied.mlir --check-prefix=UNTIED

TIED: #ptq.external<"tied.safetensors", "model.layers.0.self_attn.q_proj.weight">) : tensor<16x16xf32>
TIED-NOT: lm_head.weight
UNTIED: @lm_head.weight(#ptq.external<"untied.safetensors", "lm_head.weight">) : tensor<24x16xf32>
"""
import os
import struct
import subprocess
import sys

import numpy as np
from reference_llama import read_folder, read_safetensors

HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, VOCABULARY, CONTEXT = 16, 20, 2, 4, 2, 24, 32
PER_LAYER = ["input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
             "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj",
             "mlp.up_proj"]


def interleave(weight):
    """Rows (i, i + D/2) of each head, as Hugging Face pairs them, become (2i, 2i + 1)."""
    rows, columns = weight.shape
    halves = weight.reshape(-1, 2, HIDDEN // HEADS // 2, columns)
    return halves.transpose(0, 2, 1, 3).reshape(rows, columns)


def pack_llama2c(tensors, tied):
    fields = [HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, VOCABULARY if tied else -VOCABULARY, CONTEXT]
    parts = [struct.pack("<7i", *fields), tensors["model.embed_tokens.weight"]]
    for name in PER_LAYER:
        for layer in range(LAYERS):
            weight = tensors[f"model.layers.{layer}.{name}.weight"]
            parts.append(interleave(weight) if name.endswith(("q_proj", "k_proj")) else weight)
    parts.append(tensors["model.norm.weight"])
    parts.append(bytes(CONTEXT * HIDDEN // HEADS * 4))  # rotary tables, not read
    if not tied:
        parts.append(tensors["lm_head.weight"])
    return b"".join(bytes(part) for part in parts)


def translate(file, output):
    return subprocess.run(["ptq-translate", "--import-llama2c", file, "-o", output],
                          capture_output=True, text=True)


def check_round_trip(name, make_random_llama, tied):
    options = ["--hidden", HIDDEN, "--intermediate", INNER, "--layers", LAYERS, "--heads", HEADS,
               "--kv-heads", KV_HEADS, "--vocabulary", VOCABULARY, "--dtype", "F32"]
    subprocess.run([sys.executable, make_random_llama, name, *map(str, options),
                    *(["--tied"] if tied else [])], check=True)
    tensors = read_folder(name)
    with open(name + ".bin", "wb") as file:
        file.write(pack_llama2c(tensors, tied))
    run = translate(name + ".bin", name + ".mlir")
    assert run.returncode == 0, run.stderr
    imported = read_safetensors(name + ".safetensors")
    assert imported.keys() == tensors.keys()
    for key, value in tensors.items():
        assert np.array_equal(imported[key], value), key


def check_invalid(name, expected, data):
    with open(name + ".bin", "wb") as file:
        file.write(data)
    run = translate(name + ".bin", name + ".mlir")
    message = f"ptq-translate: error: {name}.bin: {expected}\n"
    assert (run.returncode, run.stderr) == (1, message), run
    assert not [file for file in os.listdir() if file.startswith(name + ".") and file != name + ".bin"]


check_round_trip("tied", sys.argv[1], True)
check_round_trip("untied", sys.argv[1], False)
with open("tied.bin", "rb") as stream:
    valid = stream.read()
check_invalid("short", "expects a header of 28 bytes, but got 27", valid[:27])
check_invalid("cut", f"expects {len(valid)} bytes for the sizes in its header (llama2.c version 0), "
              f"but got {len(valid) - 1}", valid[:-1])
check_invalid("zero", "expects layers in [1, 67108864] at byte 8, but got 0",
              valid[:8] + bytes(4) + valid[12:])
check_invalid("layers", "is too short for 67108864 layers",
              valid[:8] + struct.pack("<i", 1 << 26) + valid[12:])
check_invalid("heads", "expects the hidden size to be a multiple of the number of heads",
              valid[:12] + struct.pack("<i", 3) + valid[16:])
check_invalid("version", "expects a llama2.c checkpoint of version 0, but got 2",
              b"24ka" + struct.pack("<i", 2) + valid[8:])
