# RUN: %python %s %t %S
"""Runs the functions of the tests of idioms as they are and as they are
imported: the results have the same bits, or with relaxed are at most one code
apart.

Every function of the listed files is called by one entry point, with random
arguments; what the pass leaves alone is run as well, and must not change.
"""

import pathlib
import re
import subprocess
import sys

import numpy as np

# File, pass, and how results may differ: not at all, by a code, or as sums of
# floats do that are rounded elsewhere.
CASES = [
    ("import-idioms-dequantize.mlir", "ptq-import-idioms", "same"),
    ("import-idioms-dequantize-narrow.mlir", "ptq-import-idioms", "same"),
    ("import-idioms-dequantize-near.mlir", "ptq-import-idioms", "same"),
    ("import-idioms-quantize.mlir", "ptq-import-idioms", "same"),
    ("import-idioms-quantize-near.mlir", "ptq-import-idioms", "same"),
    ("import-idioms-product.mlir", "ptq-import-idioms", "same"),
    ("import-idioms-product-near.mlir", "ptq-import-idioms", "same"),
    ("import-idioms-relaxed.mlir", "ptq-import-idioms{relaxed=true}", "code"),
    ("import-idioms-requantize.mlir", "ptq-import-idioms", "same"),
    ("import-idioms-unpack.mlir", "ptq-import-idioms", "same"),
    ("fuse-dequantize.mlir", "ptq-fuse-dequantize", "sum"),
]
# Elements that no array holds.
UNSUPPORTED = re.compile(r"x(i48|bf16)>")
# TOSA, which the compiler does not take, by the lowering of upstream.
STOCK = "builtin.module(func.func(tosa-to-linalg-named,tosa-to-linalg,tosa-to-arith{include-apply-rescale=true}))"
DTYPES = {"f32": np.float32, "f16": np.float16, "i8": np.int8, "i16": np.int16, "i32": np.int32, "index": np.int64}
FUNCTION = re.compile(r"^func\.func @(\w+)\((.*?)\) -> (.*) \{$", re.M)


def split(types):
    """The types of a list, at the commas that are not in angle brackets."""
    return [part.strip() for part in re.split(r",(?![^<]*>)", types.strip("()")) if part.strip()]


def make_array(type, random):
    """Random numbers of a type; a dynamic size is 5. Floats are quarters, so that
    many quotients are ties."""
    shape, _, element = type.removeprefix("tensor<").removesuffix(">").rpartition("x")
    sizes = [5 if size == "?" else int(size) for size in shape.split("x") if size]
    dtype = DTYPES[element]
    if dtype in (np.float32, np.float16):
        return (random.integers(-300, 300, sizes) / 4).astype(dtype)
    if element == "i32":
        return random.integers(-(2**20), 2**20, sizes).astype(dtype)
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max + 1, sizes).astype(dtype)


def read_functions(path):
    for name, arguments, results in FUNCTION.findall(path.read_text()):
        types = [argument.split(":", 1)[1].strip() for argument in split(arguments)]
        results = split(results)
        if not any(UNSUPPORTED.search(type) for type in types + results):
            yield name, types, results


def write_entry(functions):
    """A function that calls each of the others."""
    arguments, calls, values, types = [], [], [], []
    for name, inputs, results in functions:
        names = [f"%a{len(arguments) + i}" for i in range(len(inputs))]
        arguments += [f"{argument}: {type}" for argument, type in zip(names, inputs)]
        outputs = [f"%{name}_{i}" for i in range(len(results))]
        values_of_call = outputs[0] if len(outputs) == 1 else f"%{name}:{len(outputs)}"
        calls.append(f"  {values_of_call} = call @{name}({', '.join(names)}) : ({', '.join(inputs)}) -> ({', '.join(results)})")
        values += outputs if len(outputs) == 1 else [f"%{name}#{i}" for i in range(len(outputs))]
        types += results
    return "\n".join(
        [f"func.func @entry({', '.join(arguments)}) -> ({', '.join(types)}) {{", *calls,
         f"  return {', '.join(values)} : {', '.join(types)}", "}", ""])


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


def agree(before, after, difference):
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    if difference == "same":
        return before.tobytes() == after.tobytes()
    if difference == "code":
        return np.abs(before.astype(int) - after.astype(int)).max() <= 1
    return np.allclose(before, after, rtol=1e-5, atol=1e-5 * np.abs(before).max())


def convert(module, passes, output):
    lowering = STOCK.removeprefix("builtin.module(")
    run("ptq-opt", module, "-o", output, f"--pass-pipeline=builtin.module({passes}{lowering}")


def check(file, passes, difference, folder, source, random):
    """Number of functions that were compared."""
    functions = list(read_functions(source / file))
    module = folder / file
    text = re.sub(r"^ *//.*\n", "", (source / file).read_text(), flags=re.M)
    text = re.sub(r"^func\.func @", "func.func private @", text, flags=re.M)
    module.write_text(text + write_entry(functions))
    convert(module, "", folder / "before.mlir")
    convert(module, passes + ",", folder / "after.mlir")
    hasChanged = (folder / "before.mlir").read_text() != (folder / "after.mlir").read_text()
    if hasChanged != ("near" not in file):
        sys.exit(f"{file}: expects to be imported, unless it is a near miss")

    inputs = []
    for index, type in enumerate(type for _, types, _ in functions for type in types):
        np.save(folder / f"in{index}.npy", make_array(type, random))
        inputs.append(f"--input={folder / f'in{index}.npy'}")
    names = [name for name, _, results in functions for _ in results]
    # What is left as it was computes what it did.
    if not hasChanged:
        return len(functions)
    for module in ("before", "after"):
        outputs = [f"--output={folder / f'{module}{index}.npy'}" for index in range(len(names))]
        run("ptq-run", folder / f"{module}.mlir", "--entry=entry", *inputs, *outputs)
    for index, name in enumerate(names):
        before = np.load(folder / f"before{index}.npy")
        after = np.load(folder / f"after{index}.npy")
        if not agree(before, after, difference):
            sys.exit(f"{file}: @{name} computes\n{after}\nwhere it was\n{before}")
    return len(functions)


def main():
    folder, source = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    total = sum(check(*case, folder, source, random) for case in CASES)
    print(f"{total} functions agree")


if __name__ == "__main__":
    main()
