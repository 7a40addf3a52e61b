"""Makes a module with one linear of a format, on six numbers of rows, and random
inputs that include zero groups and extreme values.

    make-linear.py FOLDER ROWS STORAGE GROUP SCALE

ROWS is codes or f32, STORAGE 8 or 4 (packed), GROUP 0 for one group, 16x for a
multiplier per 16 and one scale. Writes linear.mlir and N.npy, in the order of the arguments.
"""

import sys

import numpy as np

ROW_COUNTS = (1, 2, 3, 7, 16, 33)
N, K = 37, 172


def make_module(are_codes, bits, group, scale, has_multipliers):
    groups = -(-K // group) if group else 1
    scales = 1 if has_multipliers else groups
    multiplier = f", multiplier = s5<-15:15> per [1, {group}]" if has_multipliers else ""
    block = 0 if has_multipliers else group
    width = (K * bits + 7) // 8
    zero_point = 128 if bits == 8 else 8
    lines = [
        f"!w = !ptq.q<u{bits}:f32, block = [1, {block}], scale = {scale}, zp = {zero_point}{multiplier}>",
        "!a = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>",
        "func.func @linear("
        + ", ".join(f"%x{m}: tensor<{m}x{K}xf32>" for m in ROW_COUNTS)
        + f", %bytes: tensor<{N}x{width}xi8>, %ws: tensor<{N}x{scales}x{scale}>"
        + (f", %k: tensor<{N}x{groups}xi8>" if has_multipliers else "")
        + ") -> ("
        + ", ".join(f"tensor<{m}x{N}xf32>" for m in ROW_COUNTS)
        + ") {",
        f"  %w = ptq.storage_cast %bytes {'packed' if bits < 8 else ''} "
        f": tensor<{N}x{width}xi8> to tensor<{N}x{K}x!w>",
    ]
    for m in ROW_COUNTS:
        rows, row_type, numbers = f"%x{m}", f"tensor<{m}x{K}xf32>", ""
        if are_codes:
            lines.append(
                f"  %q{m}, %s{m}, %sum{m} = ptq.dynamic_quantize %x{m} sums [1, {group}] : {row_type} "
                f"-> tensor<{m}x{K}x!a>, tensor<{m}x1xf32>, tensor<{m}x{groups}xi32>"
            )
            rows, row_type = f"%q{m}", f"tensor<{m}x{K}x!a>"
            numbers = f"lhs(%s{m}, sums %sum{m} : tensor<{m}x1xf32>, tensor<{m}x{groups}xi32>) "
        lines += [
            f"  %out{m} = tensor.empty() : tensor<{m}x{N}xf32>",
            f"  %y{m} = ptq.matmul ins({rows}, %w : {row_type}, tensor<{N}x{K}x!w>) {numbers}"
            f"rhs(%ws{', multiplier %k' if has_multipliers else ''} : tensor<{N}x{scales}x{scale}>"
            + (f", tensor<{N}x{groups}xi8>" if has_multipliers else "")
            + f") outs(%out{m} : tensor<{m}x{N}xf32>) "
            f"-> tensor<{m}x{N}xf32>",
        ]
    lines.append(
        "  return "
        + ", ".join(f"%y{m}" for m in ROW_COUNTS)
        + " : "
        + ", ".join(f"tensor<{m}x{N}xf32>" for m in ROW_COUNTS)
    )
    return "\n".join(lines + ["}", ""])


def make_inputs(bits, group, scale, has_multipliers):
    random = np.random.default_rng(7)
    for m in ROW_COUNTS:
        x = random.standard_normal((m, K)).astype(np.float32)
        x[0, 32:64] = 0.0
        x[-1, ::5] *= 1e4
        yield x
    width = (K * bits + 7) // 8
    data = random.integers(0, 256, (N, width)).astype(np.uint8)
    data[0], data[1] = 0, 255
    yield data.view(np.int8)
    groups = -(-K // group) if group else 1
    numbers = (N, 1 if has_multipliers else groups)
    scales = np.exp(random.standard_normal(numbers)).astype(np.float32) * 0.01
    yield scales.astype(np.float16 if scale == "f16" else np.float32)
    if has_multipliers:
        multipliers = random.integers(-15, 16, (N, groups)).astype(np.int8)
        multipliers[0], multipliers[1], multipliers[2] = 15, -15, 0
        yield multipliers


def main(folder, rows, bits, group, scale):
    has_multipliers = group.endswith("x")
    bits, group = int(bits), int(group.removesuffix("x"))
    with open(f"{folder}/linear.mlir", "w", encoding="utf-8") as module:
        module.write(make_module(rows == "codes", bits, group, scale, has_multipliers))
    for index, array in enumerate(make_inputs(bits, group, scale, has_multipliers)):
        np.save(f"{folder}/{index}.npy", array)


main(*sys.argv[1:])
