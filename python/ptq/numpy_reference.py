# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The arithmetic of docs/spec.md in NumPy, written without a look at Reference.cpp.

Floats are float32 arrays, whatever their type; integers are int64 arrays.
"""

import numpy as np

F32 = np.float32


def round_to(values, kind):
    """Round to a float type, to nearest with ties to even."""
    values = np.asarray(values, F32)
    if kind == "f32":
        return values
    if kind == "f16":
        return values.astype(np.float16).astype(F32)
    if kind == "bf16":
        return (to_bits(values, "bf16").astype(np.uint32) << 16).view(F32)
    # A power of two: 1.5 of them is the tie, and goes up.
    exponent = np.frexp(np.maximum(values.astype(np.float64), 2.0**-127))[1]
    power = 2.0 ** (exponent - 1)
    power = np.where(values.astype(np.float64) >= 1.5 * power, 2 * power, power)
    is_scale = (values >= 0) & np.isfinite(values) & (power <= 2.0**127)
    return np.where(is_scale, power, np.nan).astype(F32)


def to_bits(values, kind):
    """The stored bits of numbers of a type."""
    if kind == "f32":
        return values.astype(F32).view(np.uint32)
    if kind == "f16":
        return values.astype(np.float16).view(np.uint16)
    if kind == "bf16":
        bits = values.astype(F32).view(np.uint32).astype(np.uint64)
        rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
        return np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16)
    if kind == "f8E8M0FNU":
        exponent = np.where(np.isnan(values), 128, np.log2(np.where(np.isnan(values), 1, values)))
        return (exponent + 127).astype(np.uint8)
    width = 64 if kind == "index" else int(kind[1:])
    return values.astype(np.int64).astype(f"int{width}").view(f"uint{width}")


def round_scale(values, kind):
    rounded = round_to(values, kind)
    return np.where(np.abs(rounded) < np.finfo(F32).tiny, F32(1), rounded)


def fma(a, b, c):
    """a * b + c in float32, rounded once.

    The product of two float32 is exact in float64. The sum is rounded to odd
    there, which makes the second rounding, to 24 bits, a correct one.
    """
    product = a.astype(np.float64) * b.astype(np.float64)
    c = np.broadcast_to(c, product.shape).astype(np.float64)
    total = np.asarray(product + c)
    virtual = total - product
    error = (product - (total - virtual)) + (c - virtual)
    bits = total.copy().view(np.int64)
    away = (error > 0) == (total > 0)
    is_even = (bits & 1) == 0
    adjust = np.isfinite(total) & (error != 0) & is_even
    bits = np.where(adjust, np.where(away, bits + 1, bits - 1), bits)
    return bits.view(np.float64).astype(F32)


class Format:
    """A `!ptq.q` for tensors of rank len(block)."""

    def __init__(self, storage, block, scale="f32", zp=None, range=None, multiplier=None):
        self.storage, self.block, self.scale, self.zp = storage, block, scale, zp
        self.signed, self.width = storage[0] == "s", int(storage[1:])
        full = 1 << self.width
        self.lo, self.hi = range or ((-full // 2, full // 2 - 1) if self.signed else (0, full - 1))
        self.range = range
        self.multiplier = multiplier  # (text of the storage, block)
        self.byte_type = "i8" if self.width <= 8 else "i16"

    def __str__(self):
        text = self.storage + (f"<{self.lo}:{self.hi}>" if self.range else "")
        text = f"!ptq.q<{text}:f32, block = {list(self.block)}, scale = {self.scale}"
        if self.zp is not None:
            text += f", zp = {self.zp}"
        if self.multiplier:
            text += f", multiplier = {self.multiplier[0]} per {list(self.multiplier[1])}"
        return text + ">"

    def scale_shape(self, shape):
        return blocked_shape(shape, self.block)

    def multiplier_shape(self, shape):
        return blocked_shape(shape, self.multiplier[1])

    def zero_point(self, zero_points, shape):
        if isinstance(self.zp, str):
            return expand(zero_points, shape, self.block)
        return np.int64(self.zp or 0)


def blocked_shape(shape, block):
    return tuple(1 if length == 0 else -(-size // length) for size, length in zip(shape, block))


def expand(numbers, shape, block):
    """One number per element from one per block."""
    for axis, (size, length) in enumerate(zip(shape, block)):
        index = np.arange(size) // (length or max(size, 1))
        numbers = np.take(numbers, index, axis=axis)
    return numbers


def clamp(values, fmt):
    values = np.where(np.isnan(values), F32(fmt.lo), values)
    return np.clip(values, F32(fmt.lo), F32(fmt.hi)).astype(np.int64)


def quantize(x, fmt, scales, zero_points=None, multipliers=None):
    with np.errstate(all="ignore"):
        scale = expand(scales, x.shape, fmt.block)
        zero = np.broadcast_to(fmt.zero_point(zero_points, x.shape), x.shape)
        if fmt.multiplier:
            factor = expand(multipliers, x.shape, fmt.multiplier[1])
            scale = factor.astype(F32) * scale
        codes = clamp(np.rint(x * (F32(1) / scale)) + zero.astype(F32), fmt)
        if fmt.multiplier:
            codes = np.where(factor == 0, np.clip(zero, fmt.lo, fmt.hi), codes)
    return codes


def center(codes, fmt, zero_points=None, multipliers=None):
    centered = codes - fmt.zero_point(zero_points, codes.shape)
    if fmt.multiplier:
        centered = centered * expand(multipliers, codes.shape, fmt.multiplier[1])
    return centered


def dequantize(codes, fmt, scales, zero_points=None, multipliers=None, kind="f32"):
    with np.errstate(all="ignore"):
        centered = center(codes, fmt, zero_points, multipliers)
        return round_to(centered.astype(F32) * expand(scales, codes.shape, fmt.block), kind)


def for_blocks(shape, block):
    """Index tuples of the blocks, in order."""
    sizes = [length or max(size, 1) for size, length in zip(shape, block)]
    for position in np.ndindex(*blocked_shape(shape, block)):
        yield position, tuple(slice(p * s, (p + 1) * s) for p, s in zip(position, sizes))


def sum_codes(codes, block):
    sums = np.zeros(blocked_shape(codes.shape, block), np.int64)
    for position, part in for_blocks(codes.shape, block):
        sums[position] = codes[part].sum()
    return sums


def dynamic_quantize(x, fmt):
    with np.errstate(all="ignore"):
        scales = np.zeros(fmt.scale_shape(x.shape), F32)
        for position, part in for_blocks(x.shape, fmt.block):
            magnitudes = np.abs(np.where(np.isnan(x[part]), F32(0), x[part]))
            scales[position] = magnitudes.max(initial=0) / F32(fmt.hi)
        scales = round_scale(scales, fmt.scale)
    return quantize(x, fmt, scales), scales


def requantize_float(acc, multipliers, fmt, zero_points=None):
    with np.errstate(all="ignore"):
        factor = expand(multipliers, acc.shape, fmt.block)
        zero = np.broadcast_to(fmt.zero_point(zero_points, acc.shape), acc.shape)
        return clamp(np.rint(acc.astype(F32) * factor) + zero.astype(F32), fmt)


def requantize_fixed(acc, multipliers, shifts, fmt, zero_points=None):
    zero = np.broadcast_to(fmt.zero_point(zero_points, acc.shape), acc.shape)
    factor, shift = expand(multipliers, acc.shape, fmt.block), expand(shifts, acc.shape, fmt.block)
    result = np.zeros(acc.shape, np.int64)
    for index in np.ndindex(*acc.shape):  # Python's integers do not overflow
        product = int(acc[index]) * int(factor[index]) + (1 << (int(shift[index]) - 1))
        rounded = (product >> int(shift[index])) + int(zero[index])
        result[index] = min(max(rounded, fmt.lo), fmt.hi)
    return result


def pack(codes, width):
    rows = codes.reshape(-1, codes.shape[-1])
    out = []
    for row in rows:
        stream = sum((int(code) & ((1 << width) - 1)) << (k * width) for k, code in enumerate(row))
        out.append(np.frombuffer(stream.to_bytes(-(-len(row) * width // 8), "little"), np.int8))
    return np.array(out, np.int64).reshape(*codes.shape[:-1], -1)


class Side:
    """[rows, K] of a contraction: values, or codes with the numbers of a format."""

    def __init__(self, values, fmt=None, scales=None, zero_points=None, multipliers=None):
        self.fmt, self.values = fmt, values
        if fmt:
            self.centered = center(values, fmt, zero_points, multipliers)
            self.scales = expand(scales, values.shape, fmt.block)

    def group(self):
        return self.fmt.block[-1] if self.fmt else 0


def matmul(lhs, rhs, kind="f32"):
    """lhs [M, K] times rhs [N, K] transposed."""
    with np.errstate(all="ignore"):
        return round_to(contract(lhs, rhs), kind)


def contract(lhs, rhs):
    num_rows, num_columns, length = len(lhs.values), len(rhs.values), lhs.values.shape[1]
    group = lhs.group() or rhs.group()
    acc = np.zeros((num_rows, num_columns), F32)
    groups = [range(b, min(b + (group or length), length)) for b in range(0, length, group or length)]
    if lhs.fmt and rhs.fmt:
        dots = [(lhs.centered[:, g] @ rhs.centered[:, g].T).astype(F32) for g in groups]
        weight = [rhs.scales[None, :, g[0]] for g in groups]
        activation = [lhs.scales[:, None, g[0]] for g in groups]
        if not group:
            return (dots[0] * weight[0]) * activation[0]
        for dot, sw, sa in zip(dots, weight, activation):
            acc = fma(dot, sw * sa if lhs.group() else np.broadcast_to(sw, dot.shape), acc)
        return acc if lhs.group() else acc * activation[0]
    if rhs.fmt:
        for g in groups:
            partial = np.zeros_like(acc)
            for k in g:
                partial = fma(lhs.values[:, None, k], rhs.centered[None, :, k].astype(F32), partial)
            acc = fma(partial, rhs.scales[None, :, g[0]], acc)
        return acc
    values = lhs.centered.astype(F32) * lhs.scales if lhs.fmt else lhs.values
    for k in range(length):
        acc = fma(values[:, None, k], rhs.values[None, :, k], acc)
    return acc
