"""Compiles an imported module with upstream tools alone, and calls it.

The globals become arguments of `prefill` and `decode`: nothing upstream knows
`#ptq.external`.
"""
import ctypes
import os
import re
import subprocess

import numpy as np
from reference_llama import read_safetensors

PIPELINE = "builtin.module({})".format(",".join([
    "canonicalize", "cse",
    "one-shot-bufferize{bufferize-function-boundaries=1 "
    "function-boundary-type-conversion=identity-layout-map}",
    "canonicalize", "cse", "buffer-deallocation-pipeline", "convert-linalg-to-loops",
    "expand-strided-metadata", "lower-affine", "convert-scf-to-cf",
    "arith-expand{include-bf16}", "convert-math-to-llvm", "convert-math-to-libm",
    "convert-to-llvm", "reconcile-unrealized-casts"]))
GLOBAL = re.compile(r'  ml_program\.global private (@\S+)\(#ptq\.external<"([^"]*)", "([^"]*)">\)'
                    r" : (.*)\n")
LOAD = re.compile(r"(\s+%\S+ = )ml_program\.global_load_const (@\S+) : (.*)")
ENTRY = re.compile(r"  func\.func @(prefill|decode)\((.*?)\) -> (\S+) \{")


def make_parameters_arguments(text):
    """The module without globals, and the (file, key) of each new argument."""
    found = GLOBAL.findall(text)
    index = {symbol: i for i, (symbol, _, _, _) in enumerate(found)}
    arguments = "".join(f", %parameter{i}: {entry[3]}" for i, entry in enumerate(found))
    text = GLOBAL.sub("", text)
    text = ENTRY.sub(
        lambda m: f"  func.func @{m[1]}({m[2]}{arguments}) -> {m[3]} "
        "attributes {llvm.emit_c_interface} {", text)
    text = LOAD.sub(
        lambda m: f"{m[1]}tensor.cast %parameter{index[m[2]]} : {m[3]} to {m[3]}", text)
    return text, [(file, key) for _, file, key, _ in found]


def compile_library(text, work):
    paths = [os.path.join(work, "stock" + suffix) for suffix in (".mlir", ".llvm.mlir", ".ll", ".so")]
    with open(paths[0], "w") as file:
        file.write(text)
    subprocess.run(["mlir-opt", paths[0], "--pass-pipeline=" + PIPELINE, "-o", paths[1]], check=True)
    subprocess.run(["mlir-translate", "--mlir-to-llvmir", paths[1], "-o", paths[2]], check=True)
    subprocess.run(["clang-22", "-O1", "-shared", "-fPIC", "-Wno-override-module", paths[2],
                    "-o", paths[3], "-lm"], check=True)
    return ctypes.CDLL(paths[3])


def describe(array):
    """The descriptor of a memref over `array`."""
    class Descriptor(ctypes.Structure):
        _fields_ = [("allocated", ctypes.c_void_p), ("aligned", ctypes.c_void_p),
                    ("offset", ctypes.c_int64), ("sizes", ctypes.c_int64 * array.ndim),
                    ("strides", ctypes.c_int64 * array.ndim)]

    descriptor = Descriptor(array.ctypes.data, array.ctypes.data, 0)
    for i in range(array.ndim):
        descriptor.sizes[i] = array.shape[i]
        descriptor.strides[i] = array.strides[i] // array.itemsize
    return descriptor


class StockLlama:
    """`runner_utils` has the `memrefCopy` that strided copies call."""

    def __init__(self, module, work, config, runner_utils):
        with open(module) as file:
            text, parameters = make_parameters_arguments(file.read())
        ctypes.CDLL(runner_utils, ctypes.RTLD_GLOBAL)
        self.library = compile_library(text, work)
        folder = os.path.dirname(module)
        files = {name: read_safetensors(os.path.join(folder, name)) for name, _ in parameters}
        self.weights = [np.array(files[name][key]) for name, key in parameters]
        heads = config["num_attention_heads"]
        head_dim = config.get("head_dim") or config["hidden_size"] // heads
        self.caches = [np.zeros((config["num_hidden_layers"], config["max_position_embeddings"],
                                 config["num_key_value_heads"], head_dim), np.float32)
                       for _ in range(2)]
        self.fixed = [describe(array) for array in self.caches + self.weights]

    def call(self, name, tokens, position):
        tokens = np.array(tokens, np.int64)
        result = describe(np.zeros((1, 1), np.float32))
        arguments = [describe(tokens), ctypes.c_int64(position), *self.fixed]
        function = getattr(self.library, "_mlir_ciface_" + name)
        function.restype = None
        function(ctypes.byref(result), *(
            argument if isinstance(argument, ctypes.c_int64) else ctypes.byref(argument)
            for argument in arguments))
        shape = tuple(result.sizes)
        data = ctypes.cast(result.aligned, ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(data, shape).copy()
