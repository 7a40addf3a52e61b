"""Linears of every format that kernels with packed weights take.

    packed-linears.py make FOLDER FORMATS     writes FOLDER/linears.mlir, x.npy
    packed-linears.py compare FOLDER FORMATS  reads y0.npy, .. of @compiled, r0.npy, .. of @reference
    packed-linears.py run FOLDER FORMATS      calls packed.mlir and, by the reference, inlined.mlir
    packed-linears.py reference FOLDER FORMATS     the second alone
    packed-linears.py qemu FOLDER FORMATS NAMES .. calls packed.mlir as machine code for Arm: compiled for
        CPU[+FEATURES], and run and compared on each of the machines of qemu that follow it
    packed-linears.py link FOLDER FORMATS, emulate FOLDER FORMATS NAMES ..  the steps of that

FORMATS are such as codes:4:32:f16 (activations:bits:group:scales), codes:4:16x:f32
(a multiplier per 16) or f32:bf16 (activations:weights), separated by commas. Weights are constants.
`@reference` computes all rows at once; `@compiled` computes the first M of them
for each M below, on its own: they have to have the same bits.
"""

import os
import subprocess
import sys

import numpy as np

N, K = 37, 300
ROW_COUNTS = (*range(1, 18), 31, 32, 33, 64)
MAX_ROWS = max(ROW_COUNTS)


class Module:
    def __init__(self):
        self.lines, self.resources = [], []

    def constant(self, name, array, kind):
        text = np.uint32(array.itemsize).tobytes() + array.tobytes()
        self.resources.append(f'{name}: "0x{text.hex().upper()}"')
        shape = "x".join(str(size) for size in array.shape)
        return f"arith.constant dense_resource<{name}> : tensor<{shape}x{kind}>"

    def text(self):
        resources = ", ".join(self.resources)
        return "\n".join(self.lines) + "\n{-# dialect_resources: { builtin: { " + resources + " } } #-}\n"


def to_bits(values, kind):
    """f32 values as the bits of `kind`; bf16 is cut off."""
    if kind == "f16":
        return values.astype(np.float16)
    return (values.view(np.uint32) >> 16).astype(np.uint16) if kind == "bf16" else values


def make_scales(random, groups, kind):
    scales = (np.exp(random.standard_normal((N, groups))) * 0.01).astype(np.float32)
    scales[2, -1], scales[3, -1], scales[4, 0] = 0.0, np.nan, -1.5
    return to_bits(scales, kind)


def float_linear(module, index, random, kind):
    weights = module.constant(f"w{index}", to_bits(random.standard_normal((N, K)).astype(np.float32), kind), kind)
    module.lines += [
        f"func.func private @linear{index}(%x: tensor<?x{K}xf32>, %m: index) -> tensor<?x{N}xf32> {{",
        f"  %w = {weights}",
        f"  %out = tensor.empty(%m) : tensor<?x{N}xf32>",
        f"  %y = ptq.matmul ins(%x, %w : tensor<?x{K}xf32>, tensor<{N}x{K}x{kind}>) "
        f"outs(%out : tensor<?x{N}xf32>) -> tensor<?x{N}xf32>",
        f"  return %y : tensor<?x{N}xf32>",
        "}",
    ]


def linear(module, index, random, rows, bits, group, scale):
    has_multipliers = group.endswith("x")
    bits, group = int(bits), int(group.removesuffix("x"))
    groups = -(-K // group) if group else 1
    scales, block = (1, 0) if has_multipliers else (groups, group)
    multiplier = f", multiplier = s5<-15:15> per [1, {group}]" if has_multipliers else ""
    width = (K * bits + 7) // 8
    codes = random.integers(0, 256, (N, width)).astype(np.uint8)
    codes[0], codes[1] = 0, 255
    packed = "packed " if bits < 8 else ""
    weights = f"!ptq.q<u{bits}:f32, block = [1, {block}], scale = {scale}, zp = {128 if bits == 8 else 8}{multiplier}>"
    activations = "!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>"
    lhs, kind, numbers = "%x", f"tensor<?x{K}xf32>", ""
    module.lines += [
        f"func.func private @linear{index}(%x: tensor<?x{K}xf32>, %m: index) -> tensor<?x{N}xf32> {{",
        f"  %bytes = {module.constant(f'w{index}', codes, 'i8')}",
        f"  %ws = {module.constant(f's{index}', make_scales(random, scales, scale), scale)}",
        f"  %w = ptq.storage_cast %bytes {packed}: tensor<{N}x{width}xi8> to tensor<{N}x{K}x{weights}>",
        f"  %out = tensor.empty(%m) : tensor<?x{N}xf32>",
    ]
    rhs, rhs_kind = "%ws", f"tensor<{N}x{scales}x{scale}>"
    if has_multipliers:
        multipliers = random.integers(-15, 16, (N, groups)).astype(np.int8)
        multipliers[0], multipliers[1], multipliers[2] = 15, -15, 0
        module.lines.append(f"  %wk = {module.constant(f'k{index}', multipliers, 'i8')}")
        rhs, rhs_kind = "%ws, multiplier %wk", f"{rhs_kind}, tensor<{N}x{groups}xi8>"
    if rows == "codes":
        lhs, kind = "%q", f"tensor<?x{K}x{activations}>"
        numbers = f"lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x{groups}xi32>) "
        module.lines.append(
            f"  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, {group}] : tensor<?x{K}xf32> "
            f"-> {kind}, tensor<?x1xf32>, tensor<?x{groups}xi32>"
        )
    module.lines += [
        f"  %y = ptq.matmul ins({lhs}, %w : {kind}, tensor<{N}x{K}x{weights}>) {numbers}"
        f"rhs({rhs} : {rhs_kind}) outs(%out : tensor<?x{N}xf32>) -> tensor<?x{N}xf32>",
        f"  return %y : tensor<?x{N}xf32>",
        "}",
    ]


def make_reference(module, num_linears):
    """A function of all rows, with one result per linear."""
    kind = f"tensor<{MAX_ROWS}x{N}xf32>"
    kinds = ", ".join([kind] * num_linears)
    lines = [
        f"func.func @reference(%x: tensor<{MAX_ROWS}x{K}xf32>) -> ({kinds}) {{",
        f"  %m = arith.constant {MAX_ROWS} : index",
        f"  %rows = tensor.cast %x : tensor<{MAX_ROWS}x{K}xf32> to tensor<?x{K}xf32>",
    ]
    for index in range(num_linears):
        lines += [
            f"  %p{index} = call @linear{index}(%rows, %m) : (tensor<?x{K}xf32>, index) -> tensor<?x{N}xf32>",
            f"  %y{index} = tensor.cast %p{index} : tensor<?x{N}xf32> to {kind}",
        ]
    results = ", ".join(f"%y{index}" for index in range(num_linears))
    module.lines += lines + [f"  return {results} : {kinds}", "}"]


def make_compiled(module, num_linears):
    """A function of all rows, with one result per linear: those of each count."""
    total = sum(ROW_COUNTS)
    for index in range(num_linears):
        lines = [f"func.func private @all{index}(%x: tensor<{MAX_ROWS}x{K}xf32>) -> tensor<{total}x{N}xf32> {{"]
        lines.append(f"  %y0 = tensor.empty() : tensor<{total}x{N}xf32>")
        place = 0
        for part, m in enumerate(ROW_COUNTS):
            lines += [
                f"  %m{part} = arith.constant {m} : index",
                f"  %x{part} = tensor.extract_slice %x[0, 0] [%m{part}, {K}] [1, 1] "
                f": tensor<{MAX_ROWS}x{K}xf32> to tensor<?x{K}xf32>",
                f"  %p{part} = call @linear{index}(%x{part}, %m{part}) "
                f": (tensor<?x{K}xf32>, index) -> tensor<?x{N}xf32>",
                f"  %y{part + 1} = tensor.insert_slice %p{part} into %y{part}[{place}, 0] [%m{part}, {N}] [1, 1] "
                f": tensor<?x{N}xf32> into tensor<{total}x{N}xf32>",
            ]
            place += m
        module.lines += lines + [f"  return %y{len(ROW_COUNTS)} : tensor<{total}x{N}xf32>", "}"]
    kind = f"tensor<{total}x{N}xf32>"
    kinds = ", ".join([kind] * num_linears)
    lines = [f"func.func @compiled(%x: tensor<{MAX_ROWS}x{K}xf32>) -> ({kinds}) {{"]
    for index in range(num_linears):
        lines.append(f"  %y{index} = call @all{index}(%x) : (tensor<{MAX_ROWS}x{K}xf32>) -> {kind}")
    results = ", ".join(f"%y{index}" for index in range(num_linears))
    module.lines += lines + [f"  return {results} : {kinds}", "}"]


def make(folder, formats):
    random = np.random.default_rng(5)
    module = Module()
    for index, text in enumerate(formats):
        fields = text.split(":")
        (linear if len(fields) == 4 else lambda m, i, r, _, kind: float_linear(m, i, r, kind))(
            module, index, random, *fields
        )
    make_compiled(module, len(formats))
    make_reference(module, len(formats))
    with open(f"{folder}/linears.mlir", "w", encoding="utf-8") as file:
        file.write(module.text())
    x = random.standard_normal((MAX_ROWS, K)).astype(np.float32)
    x[1], x[2, ::7], x[3], x[4, 32:64] = 0.0, 1e30, np.sign(x[3]), 0.0
    np.save(f"{folder}/x.npy", x)


def compare(folder, formats):
    wrong = 0
    for index, text in enumerate(formats):
        compiled, expected = np.load(f"{folder}/y{index}.npy"), np.load(f"{folder}/r{index}.npy")
        place = 0
        for m in ROW_COUNTS:
            got, rows = compiled[place : place + m], expected[:m]
            same = (got.view(np.uint32) == rows.view(np.uint32)) | (np.isnan(got) & np.isnan(rows))
            if not same.all():
                wrong += 1
                print(f"{text}: {m} rows: {(~same).sum()} values differ")
            place += m
    print(f"{len(formats)} formats, {len(ROW_COUNTS)} numbers of rows, {wrong} differ")


def call(folder, formats, module, entry, name, *options):
    outputs = [f"--output={folder}/{name}{index}.npy" for index in range(len(formats))]
    subprocess.run(
        ["ptq-run", f"{folder}/{module}.mlir", f"--entry={entry}", f"--input={folder}/x.npy", *outputs, *options],
        check=True,
    )


def reference(folder, formats):
    call(folder, formats, "inlined", "reference", "r", "--reference")


def run(folder, formats):
    call(folder, formats, "packed", "compiled", "y", "--threads=2")
    reference(folder, formats)


def link(folder, formats):
    """A program around packed.o: without OpenMP and shared libraries, it needs nothing but qemu."""
    here = os.path.dirname(os.path.abspath(__file__))
    sources = [f"{here}/../Arm/Inputs/call.c", f"{here}/../../Run/Inputs/serial-openmp.c"]
    macros = [f"-DROWS={MAX_ROWS}", f"-DDEPTH={K}", f"-DRESULTS={len(formats)}"]
    subprocess.run(
        ["aarch64-linux-gnu-gcc", "-O1", *macros, *sources, f"{folder}/packed.o", "-static", "-o", f"{folder}/program"],
        check=True,
    )
    np.load(f"{folder}/x.npy").tofile(f"{folder}/x.raw")


def emulate(folder, formats, *machines):
    for machine in machines:
        subprocess.run(["qemu-aarch64", "-cpu", machine, f"{folder}/program", folder], check=True)
        for index in range(len(formats)):
            values = np.fromfile(f"{folder}/y{index}.raw", dtype=np.float32)
            np.save(f"{folder}/y{index}.npy", values.reshape(-1, N))
        print(f"{machine}: ", end="", flush=True)
        compare(folder, formats)


def qemu(folder, formats, target, *machines):
    cpu, _, features = target.partition("+")
    options = [f"--features={','.join('+' + name for name in features.split('+'))}"] if features else []
    subprocess.run(
        ["ptq-run", f"{folder}/packed.mlir", "--emit=obj", "-o", f"{folder}/packed.o"]
        + ["--target=aarch64-linux-gnu", f"--cpu={cpu}", *options],
        check=True,
    )
    link(folder, formats)
    emulate(folder, formats, *machines)


commands = {f.__name__: f for f in (make, run, reference, compare, link, emulate, qemu)}
commands[sys.argv[1]](sys.argv[2], sys.argv[3].split(","), *sys.argv[4:])
