"""Safetensors files that are refused, each with one message.

RUN: rm -rf %t && mkdir -p %t
RUN: cd %t && env PYTHONPATH=%S/Inputs %python %s
"""
import os
import struct
import subprocess
import sys

from small_checkpoint import make_tensors, pack_safetensors, write_folder

NORM = "model.norm.weight"
failures = []


def check(name, expected, data):
    write_folder(name, files={"model.safetensors": data})
    run = subprocess.run(["ptq-translate", "--import-llama", name], capture_output=True, text=True)
    message = f"ptq-translate: error: {name}/model.safetensors{expected}\n"
    if run.returncode != 1 or run.stderr != message:
        failures.append(name)
        print(f"expects {message!r}, but got {run.returncode} {run.stderr!r}")


def check_header(name, expected, edit):
    check(name, expected, pack_safetensors(make_tensors(), edit))


def check_text(name, expected, text):
    check(name, expected, pack_safetensors({}, header_text=text))


def set_field(tensor, field, value):
    return lambda header: header[tensor].update({field: value})


valid = pack_safetensors(make_tensors())
header_size = struct.unpack("<Q", valid[:8])[0]
data_size = len(valid) - 8 - header_size
tensor = f": tensor '{NORM}': "

check("empty", ": expects a safetensors file, but got 0 bytes", b"")
check("seven-bytes", ": expects a safetensors file, but got 7 bytes", valid[:7])
check("header-cut", f": expects a safetensors header of at most 92 bytes, but byte 0 says "
      f"{header_size}", valid[:100])
check("header-huge", f": expects a safetensors header of at most {len(valid) - 8} bytes, but byte "
      f"0 says {2**64 - 1}", b"\xff" * 8 + valid[8:])
check("data-cut", tensor + "ends 1 bytes behind the end of the file", valid[:-1])
check("data-long", f": expects the last tensor to end with the file, but it ends at byte "
      f"{len(valid)} of {len(valid) + 1}", valid + b"\0")
check_text("header-array", ": expects the safetensors header to be a JSON object", "[]")
check_text("header-garbage", " (header): invalid JSON: [1:1, byte=1]: Invalid JSON value", "?")
check_text("header-twice", " (header): key 'a' occurs twice, at byte 8", '{"a":1, "a":2}')
check_text("header-deep", " (header): expects at most 64 nested levels of JSON, but got more at "
           "byte 320", '{"a":' * 1000)
check_text("header-entry", ": tensor 'a': expects a JSON object", '{"a": 1}')
check_text("header-metadata", ": expects '__metadata__' to be a JSON object",
           '{"__metadata__": []}')
check_text("header-metadata-value", ": expects metadata 'a' to be a string",
           '{"__metadata__": {"a": 1}}')
check_header("dtype-unknown", tensor + "expects a known dtype, but got 'F33'",
             set_field(NORM, "dtype", "F33"))
check_header("dtype-number", tensor + "expects a known dtype, but got ''",
             set_field(NORM, "dtype", 32))
check_header("dtype-other", tensor + "expects 16 bytes for its dtype and shape, but its offsets "
             "span 32", set_field(NORM, "dtype", "F16"))
check_header("shape-missing", tensor + "expects 'shape' to be a list of sizes",
             lambda header: header[NORM].pop("shape"))
check_header("shape-negative", tensor + "expects 'shape' to be a list of sizes",
             set_field(NORM, "shape", [-8]))
check_header("shape-fraction", tensor + "expects 'shape' to be a list of sizes",
             set_field(NORM, "shape", [8.5]))
check_header("shape-overflow", tensor + "has a shape of no representable number of bytes",
             set_field(NORM, "shape", [2**62, 2**62]))
check_header("shape-overflow-zero", tensor + "has a shape of no representable number of bytes",
             set_field(NORM, "shape", [2**62, 2**62, 0]))
check_header("shape-other", tensor + "expects 36 bytes for its dtype and shape, but its offsets "
             "span 32", set_field(NORM, "shape", [9]))
check_header("offsets-one", tensor + "expects 'data_offsets' to be a begin and an end",
             set_field(NORM, "data_offsets", [data_size]))
check_header("offsets-reversed", tensor + "expects 'data_offsets' to be a begin and an end",
             set_field(NORM, "data_offsets", [data_size, data_size - 32]))
check_header("offsets-overlap", ": tensor 'model.embed_tokens.weight': expects data offset 32, behind "
             "the tensor before, but got 0", set_field(NORM, "data_offsets", [0, 32]))
check_header("offsets-gap", tensor + f"expects data offset {data_size - 32}, behind the tensor "
             f"before, but got {data_size}",
             set_field(NORM, "data_offsets", [data_size, data_size + 32]))
check_header("offsets-outside", tensor + f"expects data offset {data_size - 32}, behind the tensor "
             f"before, but got {2**62}", set_field(NORM, "data_offsets", [2**62, 2**62 + 32]))
sys.exit(1 if failures else 0)
