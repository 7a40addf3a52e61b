# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""300 random cases: compiled code gives the bits of ptq.numpy_reference.

Formats are drawn first, each for one function; the sizes of tensors are drawn
for each call, of dynamic dimensions, so that groups end anywhere.
"""

import numpy as np
import pytest

import ptq
from ptq import numpy_reference as exact
from ptq.numpy_reference import F32, Format, Side

SEED = 20260
CALLS = 25

SCALES = {"f32": F32, "f16": np.float16, "bf16": None, "f8E8M0FNU": None}


def tensor(element, rank=2):
    return "tensor<" + "?x" * rank + str(element) + ">"


def to_array(values, kind):
    """Numbers as the array that a function takes; bf16 as its bits."""
    if kind == "bf16":
        return exact.to_bits(np.asarray(values, F32), kind)
    return np.asarray(values).astype(SCALES[kind])


def draw_scales(rng, shape, kind):
    scales = (rng.uniform(0.01, 1, shape) * 2.0 ** rng.integers(-12, 6, shape)).astype(F32)
    return exact.round_to(scales, kind)


def draw_floats(rng, shape):
    """Rows of many magnitudes, with values that are traps."""
    x = (rng.standard_normal(shape) * 2.0 ** rng.integers(-10, 10, (shape[0], 1))).astype(F32)
    if x.size:
        x.flat[rng.integers(x.size)] = rng.choice([0, -0.0, np.nan, np.inf, -np.inf, 1e-42, 3e38])
    return x


class Linear:
    """x [M, K] times a weight [N, K] in blocks [1, group]; x is quantized to 8
    bits per token if `quantizes`."""

    def __init__(self, rng, name, quantizes):
        width = int(rng.integers(2, 9))
        group = int(rng.choice([0, 0, rng.integers(2, 24), 32]))
        scale = str(rng.choice(["f32", "f16", "bf16"]))
        high = (1 << width) - 1
        zero = int(rng.integers(1, high)) if quantizes else int(rng.integers(0, high + 1))
        self.name, self.quantizes, self.group = name, quantizes, group
        self.weight = Format(f"u{width}", (1, group), scale, zero)
        # Sums of whole rows are exact in i32 up to a length, so it has to be known.
        self.length = int(rng.integers(1, 90)) if quantizes and not group else None
        self.activation = Format("s8", (1, 0), range=(-127, 127))

    def text(self):
        def wide(element):
            return tensor(element) if self.length is None else f"tensor<?x{self.length}x{element}>"

        w, a, s = wide(self.weight), wide(self.activation), tensor(self.weight.scale)
        x, y = "%x", f"{wide('f32')}, {w}"
        lines, numbers = [], ""
        if self.quantizes:
            x, y = "%q", f"{a}, {w}"
            sums = tensor("i32") if self.group else "tensor<?x1xi32>"
            lines = [f"%q, %s, %sum = ptq.dynamic_quantize %x sums [1, {self.group}] : {wide('f32')} -> {a}, tensor<?x1xf32>, {sums}"]
            numbers = f" lhs(%s, sums %sum : tensor<?x1xf32>, {sums})"
        if not self.group:
            s = f"tensor<?x1x{self.weight.scale}>"
        lines = [
            "%c0 = arith.constant 0 : index",
            f"%m = tensor.dim %x, %c0 : {wide('f32')}",
            f"%n = tensor.dim %codes, %c0 : {wide('i8')}",
            f"%w = ptq.storage_cast %codes : {wide('i8')} to {w}",
            *lines,
            f"%init = tensor.empty(%m, %n) : {tensor('f32')}",
            f"%y = ptq.matmul ins({x}, %w : {y}){numbers} rhs(%scales : {s}) outs(%init : {tensor('f32')}) -> {tensor('f32')}",
            f"return %y : {tensor('f32')}",
        ]
        arguments = f"%x: {wide('f32')}, %codes: {wide('i8')}, %scales: {s}"
        return f"func.func @{self.name}({arguments}) -> {tensor('f32')} {{\n  " + "\n  ".join(lines) + "\n}\n"

    def draw(self, rng):
        m, n, k = (int(rng.integers(1, limit)) for limit in (18, 20, 90))
        k = self.length or k
        x = draw_floats(rng, (m, k))
        codes = rng.integers(self.weight.lo, self.weight.hi + 1, (n, k))
        scales = draw_scales(rng, self.weight.scale_shape((n, k)), self.weight.scale)
        lhs = Side(x)
        if self.quantizes:
            lhs = Side(*self.quantize(x))
        expected = exact.matmul(lhs, Side(codes, self.weight, scales))
        return (x, codes.astype(np.int8), to_array(scales, self.weight.scale)), [expected]

    def quantize(self, x):
        codes, scales = exact.dynamic_quantize(x, self.activation)
        return codes, self.activation, scales


class Elements:
    """quantize and dequantize with given scales, and zero points if they vary."""

    def __init__(self, rng, name):
        width, signed = int(rng.integers(2, 17)), bool(rng.integers(2))
        block = tuple(int(rng.choice([0, 1, rng.integers(2, 20)])) for _ in range(2))
        scale = str(rng.choice(["f32", "f16", "bf16"]))
        low = -(1 << width - 1) if signed else 0
        constant = int(rng.integers(low, low + (1 << width)))
        self.zp = [None, constant, "i32"][int(rng.integers(3))]
        self.name, self.format = name, Format(f"{'s' if signed else 'u'}{width}", block, scale, self.zp)

    def text(self):
        q, stored = tensor(self.format), tensor(self.format.byte_type)
        shape = "".join("1x" if b == 0 else "?x" for b in self.format.block)
        scales, zero = f"tensor<{shape}{self.format.scale}>", f"tensor<{shape}i32>"
        has_zero = isinstance(self.zp, str)
        operands, types = ("%s, zp %z", f"{scales}, {zero}") if has_zero else ("%s", scales)
        arguments = f"%x: {tensor('f32')}, %s: {scales}" + (f", %z: {zero}" if has_zero else "")
        return (
            f"func.func @{self.name}({arguments}) -> ({stored}, {tensor('f32')}) {{\n"
            f"  %q = ptq.quantize %x, {operands} : {tensor('f32')}, {types} -> {q}\n"
            f"  %codes = ptq.storage_cast %q : {q} to {stored}\n"
            f"  %y = ptq.dequantize %q, {operands} : {q}, {types} -> {tensor('f32')}\n"
            f"  return %codes, %y : {stored}, {tensor('f32')}\n}}\n"
        )

    def draw(self, rng):
        x = draw_floats(rng, tuple(int(rng.integers(1, 40)) for _ in range(2)))
        scales = draw_scales(rng, self.format.scale_shape(x.shape), self.format.scale)
        inputs, zero = [x, to_array(scales, self.format.scale)], None
        if isinstance(self.zp, str):
            zero = rng.integers(self.format.lo, self.format.hi + 1, scales.shape)
            inputs.append(zero.astype(np.int32))
        codes = exact.quantize(x, self.format, scales, zero)
        stored = codes.astype(np.int8 if self.format.byte_type == "i8" else np.int16)
        return inputs, [stored, exact.dequantize(codes, self.format, scales, zero)]


class Dynamic:
    """dynamic_quantize, with sums of groups."""

    def __init__(self, rng, name):
        self.name, self.group = name, int(rng.integers(2, 40))
        high = (1 << int(rng.integers(3, 8))) - 1
        width = high.bit_length() + 1
        self.format = Format(f"s{width}", (1, int(rng.choice([0, self.group]))), range=(-high, high))

    def text(self):
        q, scales = tensor(self.format), tensor("f32") if self.format.block[1] else "tensor<?x1xf32>"
        results = f"({tensor('i8')}, {scales}, {tensor('i32')})"
        return (
            f"func.func @{self.name}(%x: {tensor('f32')}) -> {results} {{\n"
            f"  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, {self.group}] : {tensor('f32')} -> {q}, {scales}, {tensor('i32')}\n"
            f"  %codes = ptq.storage_cast %q : {q} to {tensor('i8')}\n"
            f"  return %codes, %s, %sum : {results[1:-1]}\n}}\n"
        )

    def draw(self, rng):
        x = draw_floats(rng, (int(rng.integers(1, 18)), int(rng.integers(1, 90))))
        codes, scales = exact.dynamic_quantize(x, self.format)
        sums = exact.sum_codes(codes, (1, self.group)).astype(np.int32)
        return [x], [codes.astype(np.int8), scales, sums]


def make_cases():
    rng = np.random.default_rng(SEED)
    cases = [Linear(rng, f"integer_{i}", quantizes=True) for i in range(3)]
    cases += [Linear(rng, f"weight_only_{i}", quantizes=False) for i in range(3)]
    cases += [Elements(rng, f"elements_{i}") for i in range(4)]
    return cases + [Dynamic(rng, f"dynamic_{i}") for i in range(2)]


CASES = make_cases()


@pytest.fixture(scope="module")
def compiled():
    return ptq.Module.parse("".join(case.text() for case in CASES), "oracle.mlir").compile(threads=2)


def same(actual, expected):
    """Equal bits; a NaN equals any other."""
    if actual.dtype != np.float32:
        return actual == expected
    return (actual.view(np.uint32) == expected.view(np.uint32)) | (np.isnan(actual) & np.isnan(expected))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_compiled_code_gives_the_bits(compiled, case):
    rng = np.random.default_rng([SEED, CASES.index(case)])
    for number in range(CALLS):
        inputs, expected = case.draw(rng)
        actual = compiled[case.name](*inputs)
        for got, wanted in zip(actual if isinstance(actual, tuple) else (actual,), expected):
            assert got.shape == wanted.shape
            assert same(got, wanted).all(), f"{case.text()} call {number}, inputs {[x.shape for x in inputs]}"


def test_there_are_300_cases():
    assert len(CASES) * CALLS == 300
