"""Prints a module with one product with packed weights: ISA FORMAT.

FORMAT is such as codes:4:32:f16:16:4 (activations:bits:group:scales:columns:depth
of the layout) or f32:f32:16.
"""

import sys

N, K = 64, 256
ARM = ("neon", "dotprod", "i8mm", "sve")


def product(isa, rows, bits, group, scale, columns, depth):
    has_multipliers = group.endswith("x")
    bits, group, columns, depth = int(bits), int(group.removesuffix("x")), int(columns), int(depth)
    groups = K // group if group else 1
    scale_bytes = 4 if scale == "f32" else 2
    size = N * (K * bits // 8 + (groups + scale_bytes if has_multipliers else groups * scale_bytes))
    block = 0 if has_multipliers else group
    multiplier = f", multiplier = s5<-15:15> per [1, {group}]" if has_multipliers else ""
    weights = f"!ptq.q<u{bits}:f32, block = [1, {block}], scale = {scale}, zp = {128 if bits == 8 else 8}{multiplier}>"
    centered = ", centered = true" if rows == "codes" and bits == 8 and isa in ARM else ""
    layout = f"layout = <columns = {columns}, depth = {depth}, bits = {bits}{centered}>"
    packed = f"tensor<{size}xi8, #ptq.packed<{weights}, shape = [{N}, {K}], {layout}>>"
    if rows == "f32":
        return [
            f"func.func @f(%x: tensor<?x{K}xf32>, %p: {packed}, %out: tensor<?x{N}xf32>) -> tensor<?x{N}xf32> {{",
            f"  %y = ptq.packed_matmul ins(%x, %p : tensor<?x{K}xf32>, {packed}) isa #ptq.isa<{isa}>",
        ]
    codes = f"tensor<?x{K}x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>"
    numbers = f"tensor<?x1xf32>, tensor<?x{groups}xi32>"
    return [
        f"func.func @f(%bytes: tensor<?x{K}xi8>, %s: tensor<?x1xf32>, %sum: tensor<?x{groups}xi32>, %p: {packed}, "
        f"%out: tensor<?x{N}xf32>) -> tensor<?x{N}xf32> {{",
        f"  %q = ptq.storage_cast %bytes : tensor<?x{K}xi8> to {codes}",
        f"  %y = ptq.packed_matmul ins(%q, %p : {codes}, {packed}) lhs(%s, sums %sum : {numbers}) isa #ptq.isa<{isa}>",
    ]


def float_product(isa, _, kind, columns):
    size = N * K * (4 if kind == "f32" else 2)
    layout = f"layout = <columns = {columns}, depth = 1, bits = {8 * size // N // K}>"
    packed = f"tensor<{size}xi8, #ptq.packed<{kind}, shape = [{N}, {K}], {layout}>>"
    return [
        f"func.func @f(%x: tensor<?x{K}xf32>, %p: {packed}, %out: tensor<?x{N}xf32>) -> tensor<?x{N}xf32> {{",
        f"  %y = ptq.packed_matmul ins(%x, %p : tensor<?x{K}xf32>, {packed}) isa #ptq.isa<{isa}>",
    ]


fields = sys.argv[2].split(":")
lines = (product if len(fields) == 6 else float_product)(sys.argv[1], *fields)
lines += [f"         outs(%out : tensor<?x{N}xf32>) -> tensor<?x{N}xf32>", f"  return %y : tensor<?x{N}xf32>", "}"]
print("\n".join(lines))
