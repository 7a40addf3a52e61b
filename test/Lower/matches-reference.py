# Every op on every kind of format: what stock tools compute from the linalg has
# the bits that ptq-evaluate has. Values are random, from one seed, with zeros,
# infinities and NaN among them; shapes are ragged.
#
# RUN: %python %s > %t.mlir
# RUN: ptq-opt %t.mlir --ptq-evaluate > %t.evaluated.mlir
# RUN: FileCheck %s --check-prefix=EVALUATED < %t.evaluated.mlir
# RUN: ptq-opt %t.evaluated.mlir --ptq-to-linalg | %stock-run | sed 's/base@ = [^ ]*//' > %t.expected
# RUN: ptq-opt %t.mlir --ptq-to-linalg | %stock-run | sed 's/base@ = [^ ]*//' > %t.actual
# RUN: FileCheck %s --check-prefix=PRINTED < %t.expected
# RUN: diff %t.expected %t.actual
#
# Tiles have the same bits too.
# RUN: ptq-opt %t.mlir --transform-preload-library=transform-library-paths=%S/Inputs/tile-rows.mlir --transform-interpreter > %t.tiled.mlir
# RUN: FileCheck %s --check-prefix=TILED < %t.tiled.mlir
# RUN: ptq-opt %t.tiled.mlir --ptq-to-linalg | %stock-run | sed 's/base@ = [^ ]*//' > %t.tiled
# RUN: diff %t.expected %t.tiled
#
# TILED-COUNT-60: scf.for
#
# EVALUATED-NOT: ptq.{{quantize|dequantize|dynamic|fake|requantize|matmul|batch|embedding}}
# PRINTED-COUNT-105: Unranked Memref

import random
import struct

random.seed(22)


def f32_bits(value):
    return struct.pack("<f", value)


def f16_bits(value):
    return struct.pack("<e", value)


def bf16_bits(value):
    return struct.pack("<f", value)[2:]


FLOATS = {"f32": f32_bits, "f16": f16_bits, "bf16": bf16_bits}
WIDTH = {"f32": 32, "f16": 16, "bf16": 16, "f8E8M0FNU": 8, "i8": 8, "i16": 16, "i32": 32}


def count(shape):
    total = 1
    for size in shape:
        total *= size
    return total


def blocked(shape, block):
    return [1 if b == 0 else -(-s // b) for s, b in zip(shape, block)]


def tensor(shape, element):
    return f"tensor<{'x'.join(map(str, [*shape, element]))}>"


class Case:
    """A function without arguments, built op by op, that prints its results."""

    def __init__(self):
        self.lines = []
        self.next = 0

    def name(self):
        self.next += 1
        return f"%v{self.next}"

    def constant(self, shape, element, data):
        name = self.name()
        self.lines.append(f'{name} = arith.constant dense<"0x{data.hex().upper()}"> : {tensor(shape, element)}')
        return name

    def floats(self, shape, element="f32", special=False, spread=1.0):
        values = [random.gauss(0, spread) for _ in range(count(shape))]
        if special:
            for value in (0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e-40, 65504.0, -0.5, 1.5, 2.5):
                values[random.randrange(len(values))] = value
        return self.constant(shape, element, b"".join(FLOATS[element](v) for v in values))

    def scales(self, shape, element="f32"):
        if element == "f8E8M0FNU":
            return self.constant(shape, element, bytes(random.randrange(118, 130) for _ in range(count(shape))))
        values = [random.uniform(0.01, 0.1) for _ in range(count(shape))]
        return self.constant(shape, element, b"".join(FLOATS[element](v) for v in values))

    def integers(self, shape, element, low, high):
        size = WIDTH[element] // 8
        mask = (1 << WIDTH[element]) - 1
        data = b"".join((random.randint(low, high) & mask).to_bytes(size, "little") for _ in range(count(shape)))
        return self.constant(shape, element, data)

    def codes(self, shape, fmt):
        element = "i8" if fmt.width <= 8 else "i16"
        stored = self.integers(shape, element, fmt.low, fmt.high)
        name = self.name()
        self.lines.append(f"{name} = ptq.storage_cast {stored} : {tensor(shape, element)} to {tensor(shape, fmt)}")
        return name

    def numbers(self, shape, fmt):
        """Scales, multipliers and zero points, as (keyword, value, type)."""
        scale_shape = blocked(shape, fmt.block)
        operands = [("", self.scales(scale_shape, fmt.scale), tensor(scale_shape, fmt.scale))]
        if fmt.multiplier:
            low, high, block = fmt.multiplier
            multiplier_shape = blocked(shape, block)
            operands.append(("multiplier ", self.integers(multiplier_shape, "i8", low, high), tensor(multiplier_shape, "i8")))
        if isinstance(fmt.zp, str):
            value = self.integers(scale_shape, fmt.zp, fmt.low, fmt.high)
            operands.append(("zp ", value, tensor(scale_shape, fmt.zp)))
        return operands

    def emit(self, text, *result_types):
        name = self.name()
        self.lines.append(f"{name}{f':{len(result_types)}' if len(result_types) > 1 else ''} = {text}")
        for i, (shape, element) in enumerate(result_types):
            self.show(name if len(result_types) == 1 else f"{name}#{i}", shape, element)
        return name

    def show(self, value, shape, element):
        if isinstance(element, Format):
            stored = "i8" if element.width <= 8 else "i16"
            name = self.name()
            self.lines.append(f"{name} = ptq.storage_cast {value} : {tensor(shape, element)} to {tensor(shape, stored)}")
            value, element = name, stored
        dims = ", ".join(f"d{i}" for i in range(len(shape)))
        identity = f"affine_map<({dims}) -> ({dims})>"
        loops = ", ".join(['"parallel"'] * len(shape))
        body, bits, integer = [], "%in", f"i{WIDTH[element]}"
        if not element.startswith("i"):
            body.append(f"%b = arith.bitcast %in : {element} to {integer}")
            bits = "%b"
        if integer != "i32":
            body.append(f"%e = arith.extui {bits} : {integer} to i32")
            bits = "%e"
        empty, printed, any_shape = self.name(), self.name(), self.name()
        self.lines += [
            f"{empty} = tensor.empty() : {tensor(shape, 'i32')}",
            f"{printed} = linalg.generic {{indexing_maps = [{identity}, {identity}], iterator_types = [{loops}]}}",
            f"  ins({value} : {tensor(shape, element)}) outs({empty} : {tensor(shape, 'i32')}) {{",
            f"^bb0(%in: {element}, %out: i32):",
            *body,
            f"linalg.yield {bits} : i32",
            f"}} -> {tensor(shape, 'i32')}",
            f"{any_shape} = tensor.cast {printed} : {tensor(shape, 'i32')} to tensor<*xi32>",
            f"call @printMemrefI32({any_shape}) : (tensor<*xi32>) -> ()",
        ]


class Format:
    def __init__(self, storage, block, scale="f32", zp=None, bounds=None, multiplier=None):
        self.storage, self.block, self.scale, self.zp, self.multiplier = storage, block, scale, zp, multiplier
        self.width = int(storage[1:])
        signed = storage[0] == "s"
        self.low = -(1 << self.width - 1) if signed else 0
        self.high = (1 << self.width - (1 if signed else 0)) - 1
        self.bounds = ""
        if bounds:
            self.low, self.high = bounds
            self.bounds = f"<{self.low}:{self.high}>"

    def __str__(self):
        text = f"!ptq.q<{self.storage}{self.bounds}:f32, block = {self.block}, scale = {self.scale}"
        if self.zp is not None:
            text += f", zp = {self.zp}"
        if self.multiplier:
            low, high, block = self.multiplier
            text += f", multiplier = s8<{low}:{high}> per {block}"
        return text + ">"


cases = []


def case():
    cases.append(Case())
    return cases[-1]


def join(operands, part):
    return "".join(", " + (f"{k}{v}" if part == "values" else t) for k, v, t in operands)


def side(name, operands):
    if not operands:
        return ""
    values = ", ".join(f"{k}{v}" for k, v, _ in operands)
    return f"{name}({values} : {', '.join(t for _, _, t in operands)}) "


# Elements.

ROWS = Format("s8", [1, 0], bounds=(-127, 127))
ELEMENT_FORMATS = [
    ROWS,
    Format("s8", [0, 0]),
    Format("u8", [1, 0], zp="i32"),
    Format("u4", [1, 8], scale="f16", zp=8),
    Format("s4", [4, 8], scale="bf16"),
    Format("u5", [0, 3], scale="f8E8M0FNU", zp="i8"),
    Format("s12", [1, 0]),
    Format("s4", [1, 0], multiplier=(-8, 8, [1, 8])),
    Format("s4", [4, 8], multiplier=(0, 8, [2, 4])),
]
for fmt in ELEMENT_FORMATS:
    shape = [5, 19]
    for element in ("f32", "f16"):
        c = case()
        x = c.floats(shape, element, special=True)
        n = c.numbers(shape, fmt)
        c.emit(
            f"ptq.quantize {x}{join(n, 'values')} : {tensor(shape, element)}{join(n, 'types')} -> {tensor(shape, fmt)}",
            (shape, fmt),
        )
    for element in ("f32", "bf16"):
        c = case()
        q = c.codes(shape, fmt)
        n = c.numbers(shape, fmt)
        c.emit(
            f"ptq.dequantize {q}{join(n, 'values')} : {tensor(shape, fmt)}{join(n, 'types')} -> {tensor(shape, element)}",
            (shape, element),
        )
c = case()
x, n = c.floats([5, 19]), c.numbers([5, 19], ELEMENT_FORMATS[3])
c.emit(
    f"ptq.fake_quantize {x}{join(n, 'values')} as {ELEMENT_FORMATS[3]} : {tensor([5, 19], 'f32')}{join(n, 'types')} -> {tensor([5, 19], 'f32')}",
    ([5, 19], "f32"),
)

# Dynamic quantization: a row of zeros and one of subnormals among the others.

for fmt, sums_block, element in [
    (ROWS, [1, 0], "f32"),
    (ROWS, [1, 8], "f16"),
    (Format("s8", [1, 8], scale="f16", bounds=(-127, 127)), [1, 8], "f32"),
    (Format("s8", [0, 0], scale="f8E8M0FNU", bounds=(-127, 127)), None, "f32"),
    (Format("s8", [1, 0], scale="f8E8M0FNU", bounds=(-127, 127)), None, "bf16"),
    (Format("s8", [1, 0], scale="bf16", bounds=(-127, 127)), [1, 0], "f32"),
]:
    shape = [4, 19]
    values = [random.gauss(0, 1) for _ in range(19)] + [0.0] * 19 + [2e-44] * 19 + [float("nan"), *[-3.0] * 18]
    c = case()
    x = c.constant(shape, element, b"".join(FLOATS[element](v) for v in values))
    types = [(shape, fmt), (blocked(shape, fmt.block), fmt.scale)]
    if sums_block:
        types.append((blocked(shape, sums_block), "i32"))
    c.emit(
        f"ptq.dynamic_quantize {x}{f' sums {sums_block}' if sums_block else ''} : {tensor(shape, element)} -> "
        + ", ".join(tensor(*t) for t in types),
        *types,
    )

# Requantization.

for fmt in (Format("s8", [0, 0]), Format("u8", [1, 0], zp="i32"), Format("u8", [1, 0], zp=128)):
    shape = [3, 7]
    number_shape = blocked(shape, fmt.block)
    c = case()
    acc = c.integers(shape, "i32", -(1 << 20), 1 << 20)
    m = c.constant(number_shape, "f32", b"".join(f32_bits(random.uniform(1e-4, 1e-3)) for _ in range(count(number_shape))))
    zp = ""
    zp_type = ""
    if fmt.zp == "i32":
        zp = f", zp {c.integers(number_shape, 'i32', 0, 255)}"
        zp_type = f", {tensor(number_shape, 'i32')}"
    c.emit(
        f"ptq.requantize {acc} float {m}{zp} : {tensor(shape, 'i32')}, {tensor(number_shape, 'f32')}{zp_type} -> {tensor(shape, fmt)}",
        (shape, fmt),
    )
    m = c.integers(number_shape, "i32", 1 << 30, (1 << 31) - 1)
    s = c.integers(number_shape, "i32", 38, 44)
    c.emit(
        f"ptq.requantize {acc} fixed {m}, shift {s}{zp} : {tensor(shape, 'i32')}, {tensor(number_shape, 'i32')}, {tensor(number_shape, 'i32')}{zp_type} -> {tensor(shape, fmt)}",
        (shape, fmt),
    )

# Packed storage, both ways.

for storage in ("u2", "s3", "u4", "s4", "u5", "s6", "u7"):
    fmt, shape = Format(storage, [1, 0]), [3, 11]
    packed = [3, -(-11 * fmt.width // 8)]
    c = case()
    codes = c.codes(shape, fmt)
    stored = c.emit(f"ptq.storage_cast {codes} packed : {tensor(shape, fmt)} to {tensor(packed, 'i8')}", (packed, "i8"))
    c.emit(f"ptq.storage_cast {stored} packed : {tensor(packed, 'i8')} to {tensor(shape, fmt)}", (shape, fmt))

# Contractions.


def contraction(op, lhs, rhs, lhs_shape, rhs_shape, result="f32"):
    """lhs and rhs are formats or float types."""
    c = case()
    sides = []
    for fmt, shape in ((lhs, lhs_shape), (rhs, rhs_shape)):
        if isinstance(fmt, Format):
            sides.append((c.codes(shape, fmt), c.numbers(shape, fmt)))
        else:
            sides.append((c.floats(shape, fmt), []))
    (a, lhs_numbers), (w, rhs_numbers) = sides
    if isinstance(lhs, Format) and isinstance(rhs, Format) and rhs.zp is not None:
        # Sums must belong to the codes: take them from the op that makes them.
        group = rhs.multiplier[2][-1] if rhs.multiplier else rhs.block[-1] or lhs.block[-1]
        block = [1] * (len(lhs_shape) - 1) + [group]
        x = c.floats(lhs_shape)
        fmt_types = [tensor(lhs_shape, lhs), tensor(blocked(lhs_shape, lhs.block), lhs.scale), tensor(blocked(lhs_shape, block), "i32")]
        name = c.name()
        c.lines.append(f"{name}:3 = ptq.dynamic_quantize {x} sums {block} : {tensor(lhs_shape, 'f32')} -> {', '.join(fmt_types)}")
        a = f"{name}#0"
        lhs_numbers = [("", f"{name}#1", fmt_types[1]), ("sums ", f"{name}#2", fmt_types[2])]
    shape = [*lhs_shape[:-1], rhs_shape[-2]]
    out = c.name()
    c.lines.append(f"{out} = tensor.empty() : {tensor(shape, result)}")
    c.emit(
        f"ptq.{op} ins({a}, {w} : {tensor(lhs_shape, lhs)}, {tensor(rhs_shape, rhs)}) "
        f"{side('lhs', lhs_numbers)}{side('rhs', rhs_numbers)}outs({out} : {tensor(shape, result)}) -> {tensor(shape, result)}",
        (shape, result),
    )


LHS, RHS = [3, 43], [5, 43]
W8 = Format("u8", [1, 0], zp=128, bounds=(1, 255))
W4 = Format("u4", [1, 16], scale="f16", zp=8)
contraction("matmul", ROWS, W8, LHS, RHS)
contraction("matmul", ROWS, W8, LHS, RHS, "f16")
contraction("matmul", ROWS, W4, LHS, RHS)
contraction("matmul", ROWS, W4, LHS, RHS, "bf16")
contraction("matmul", Format("s8", [1, 1, 0], bounds=(-127, 127)), W4, [2, 3, 43], RHS)
contraction("matmul", ROWS, Format("u4", [1, 64], zp=8), LHS, RHS)
contraction("matmul", ROWS, Format("u4", [1, 16], scale="f8E8M0FNU", zp="i8"), LHS, RHS)
contraction("matmul", ROWS, Format("s4", [1, 16], scale="bf16"), LHS, RHS)
contraction("matmul", ROWS, Format("u4", [1, 16], zp=0), LHS, RHS)
contraction("matmul", ROWS, Format("s8", [0, 0]), LHS, RHS)
contraction("matmul", Format("u8", [0, 0], zp="i32"), Format("s8", [1, 0]), LHS, RHS)
contraction("matmul", Format("u8", [1, 0], zp=128), Format("s8", [1, 16]), LHS, RHS, "f16")
contraction("matmul", Format("s8", [1, 16], bounds=(-127, 127)), W4, LHS, RHS)
contraction("matmul", Format("s8", [1, 16], bounds=(-127, 127)), W8, LHS, RHS, "f16")
contraction("matmul", ROWS, Format("s4", [1, 0], multiplier=(-8, 8, [1, 16])), LHS, RHS)
contraction("matmul", ROWS, Format("u4", [1, 0], zp=8, multiplier=(0, 8, [1, 16])), LHS, RHS)
contraction("matmul", "f32", W8, LHS, RHS)
contraction("matmul", "f32", W4, LHS, RHS)
contraction("matmul", "bf16", W4, LHS, RHS, "bf16")
contraction("matmul", "f16", Format("u4", [0, 16], scale="bf16", zp="i32"), LHS, RHS)
contraction("matmul", "f32", Format("s16", [1, 16]), LHS, RHS)
contraction("matmul", Format("s8", [1, 16], zp=3), "f32", LHS, RHS)
contraction("matmul", ROWS, "bf16", LHS, RHS, "f16")
contraction("matmul", "f16", "bf16", LHS, RHS)
contraction("batch_matmul", Format("s8", [1, 1, 0], bounds=(-127, 127)), Format("u8", [1, 1, 0], zp=128), [2, 3, 21], [2, 4, 21])
contraction("batch_matmul", Format("s8", [1, 1, 8], bounds=(-127, 127)), Format("u8", [0, 1, 8], zp="i8"), [2, 3, 21], [2, 4, 21])
contraction("batch_matmul", "f32", Format("s8", [1, 0, 8]), [2, 3, 21], [2, 4, 21], "f16")

# Embeddings.

for table, result in ((W8, "f32"), (W4, "f16"), (Format("s4", [0, 16], zp="i8"), "f32"), ("bf16", "f32"), ("f32", "f16")):
    c = case()
    indices = c.integers([2, 3], "i32", 0, 4)
    numbers = []
    if isinstance(table, Format):
        t, numbers = c.codes(RHS, table), c.numbers(RHS, table)
    else:
        t = c.floats(RHS, table)
    shape = [2, 3, RHS[-1]]
    out = c.name()
    c.lines.append(f"{out} = tensor.empty() : {tensor(shape, result)}")
    c.emit(
        f"ptq.embedding ins({indices}, {t} : {tensor([2, 3], 'i32')}, {tensor(RHS, table)}) "
        f"{side('rhs', numbers)}outs({out} : {tensor(shape, result)}) -> {tensor(shape, result)}",
        (shape, result),
    )

print("func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}")
for i, c in enumerate(cases):
    body = "\n".join("  " + line for line in c.lines)
    print(f"func.func private @case_{i}() {{\n{body}\n  return\n}}")
calls = "\n".join(f"  call @case_{i}() : () -> ()" for i in range(len(cases)))
print(f"func.func @main() {{\n{calls}\n  return\n}}")
