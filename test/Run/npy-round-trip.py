# RUN: rm -rf %t && mkdir %t && %python %s %t
# Arrays of every element type and rank come back as they went in.
import subprocess
import sys

import numpy as np

folder = sys.argv[1]
TYPES = {"b1": "i1", "i1": "i8", "i2": "i16", "i4": "i32", "i8": "i64",
         "f2": "f16", "f4": "f32", "f8": "f64"}
SHAPES = [(), (1,), (5,), (2, 3), (0, 4), (2, 1, 3, 2)]


def tensor(shape, element):
    return "tensor<" + "".join(f"{size}x" for size in shape) + element + ">"


def call(type):
    """Passes x.npy through a function of `type`, and reads what it returns."""
    with open(f"{folder}/m.mlir", "w") as module:
        module.write(f"func.func @f(%x: {type}) -> {type} {{ return %x : {type} }}")
    subprocess.run(["ptq-run", f"{folder}/m.mlir", f"--input={folder}/x.npy",
                    f"--output={folder}/y.npy"], check=True)
    return np.load(f"{folder}/y.npy")


def pass_through(array, element, expected=None):
    np.save(f"{folder}/x.npy", array)
    result = call(tensor(array.shape, element))
    expected = array if expected is None else expected
    assert result.dtype == expected.dtype, (result.dtype, expected.dtype)
    assert result.shape == expected.shape, (result.shape, expected.shape)
    assert result.tobytes() == expected.tobytes(), (result, expected)


random = np.random.default_rng(0)
for dtype, element in TYPES.items():
    for shape in SHAPES if dtype == "f4" else [(2, 3)]:
        pass_through(np.asarray(random.normal(size=shape) * 3).astype(dtype), element)

# i8 takes both signs, and gives the signed one.
unsigned = np.array([0, 127, 128, 255], np.uint8)
pass_through(unsigned, "i8", unsigned.view(np.int8))

# bf16 is what ml_dtypes writes: two bytes without a type.
halves = np.array([0x3F80, 0xC000], np.uint16)
pass_through(halves.view("V2"), "bf16")

# First index fastest becomes last index fastest.
fortran = np.asfortranarray(random.normal(size=(3, 4, 5)).astype(np.float32))
assert not fortran.flags["C_CONTIGUOUS"]
pass_through(fortran, "f32", np.ascontiguousarray(fortran))

# Format versions 2 and 3 have a longer header length.
array = np.arange(4, dtype=np.int32)
for version in [(1, 0), (2, 0), (3, 0)]:
    with open(f"{folder}/x.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)
    assert np.array_equal(call("tensor<4xi32>"), array), version
