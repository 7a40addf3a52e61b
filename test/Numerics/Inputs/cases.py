# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cases: the text of some ops, their inputs, and what NumPy says they give."""

import sys

import numpy as np
from integer_cases import make_integer_cases

from ptq import numpy_reference as exact
from ptq.numpy_reference import F32, Format, Side

NUM_ROWS = 33  # each case computes 33 rows; compiled code is called with fewer too


class Tensor:
    """Numbers of a builtin type. `rows`: dimension 0 counts rows, M in types."""

    def __init__(self, kind, values, rows=False):
        self.kind, self.values, self.rows = kind, np.asarray(values), rows

    def type(self, m=NUM_ROWS):
        shape = list(self.values.shape)
        if self.rows:
            shape[0] = m
        return tensor_type(shape, self.kind)


def tensor_type(shape, kind):
    return "tensor<" + "x".join(str(size) for size in [*shape, kind]) + ">"


class Case:
    """`body` writes `M` for the number of rows where inputs have rows, `%M` for
    its value. `results` are (SSA name, Tensor of what is expected)."""

    def __init__(self, name, inputs, body, results):
        self.name, self.inputs, self.body, self.results = name, inputs, body, results
        self.rows = any(tensor.rows for tensor in inputs.values())

    def text(self, m):
        return self.body.replace("<M", f"<{m}")


#===- Data ----------------------------------------------------------------===#


def make_activations(rng, shape, kind="f32"):
    """Rows of many magnitudes, and rows that are traps."""
    scale = 2.0 ** rng.integers(-20, 20, (shape[0],) + (1,) * (len(shape) - 1))
    x = (rng.standard_normal(shape) * scale).astype(F32)
    with np.errstate(over="ignore"):
        traps = {1: lambda r: r * 0, 3: lambda r: r * F32(3e37), 4: lambda r: r * F32(1e-43),
                 8: lambda r: np.rint(r * 4) / 2}
        for row, trap in traps.items():
            if row < shape[0]:
                x[row] = trap(rng.standard_normal(x[row].shape).astype(F32))
    for row, value in {2: np.nan, 5: np.inf, 6: -0.0, 9: 3.4e38}.items():
        if row < shape[0]:
            x[row].flat[row % x[row].size] = value
    if shape[0] > 8:
        x[8].flat[0] = 127  # the scale is 1, and halves are ties
    with np.errstate(over="ignore"):
        return exact.round_to(x, kind)


def make_codes(rng, fmt, shape):
    codes = rng.integers(fmt.lo, fmt.hi + 1, shape)
    codes[0], codes[-1] = fmt.lo, fmt.hi
    return codes


def make_scales(rng, fmt, shape):
    """Ordinary scales, the rule for zero groups, small and large ones."""
    shape = fmt.scale_shape(shape)
    signs = 1 if fmt.scale == "f8E8M0FNU" else rng.choice([-1, 1], shape)
    scales = exact.round_to((rng.uniform(0.001, 0.1, shape) * signs).astype(F32), fmt.scale)
    flat = scales.reshape(-1)
    flat[len(flat) // 2] = 1
    if len(flat) > 4:
        flat[1], flat[3] = exact.round_to([2.0**-20, 2.0**14], fmt.scale)
    return scales


def make_zero_points(rng, fmt, shape):
    return rng.integers(fmt.lo, fmt.hi + 1, fmt.scale_shape(shape))


def make_multipliers(rng, fmt, shape, limit):
    multipliers = rng.integers(-limit, limit + 1, fmt.multiplier_shape(shape))
    multipliers.flat[0] = 0
    return multipliers


#===- Text ----------------------------------------------------------------===#


def quantized(shape, fmt):
    return tensor_type(shape, fmt)


class Parameters:
    """Scales, zero points and multipliers: inputs, and how ops spell them."""

    def __init__(self, rng, fmt, shape, prefix, limit=15, rows=False):
        self.fmt, self.inputs, self.arguments = fmt, {}, {}
        self.names = [(f"%{prefix}s", "")]
        self.scales = make_scales(rng, fmt, shape)
        self.inputs[f"{prefix}s"] = Tensor(fmt.scale, self.scales, rows)
        if fmt.multiplier:
            values = make_multipliers(rng, fmt, shape, limit)
            self.arguments["multipliers"] = values
            self.inputs[f"{prefix}m"] = Tensor("i8", values, rows)
            self.names.append((f"%{prefix}m", "multiplier "))
        if isinstance(fmt.zp, str):
            values = make_zero_points(rng, fmt, shape)
            self.arguments["zero_points"] = values
            self.inputs[f"{prefix}z"] = Tensor(fmt.zp, values, rows)
            self.names.append((f"%{prefix}z", "zp "))

    def operands(self):
        return ", ".join(keyword + name for name, keyword in self.names)

    def types(self, m="M"):
        return ", ".join(self.inputs[name[1:]].type(m) for name, _ in self.names)

    def dequantize(self, codes, kind="f32"):
        return exact.dequantize(codes, self.fmt, self.scales, kind=kind, **self.arguments)

    def quantize(self, x):
        return exact.quantize(x, self.fmt, self.scales, **self.arguments)

    def side(self, codes):
        return Side(codes, self.fmt, self.scales, **self.arguments)


def store(codes, fmt, packed):
    """The bytes of codes, as an input of storage_cast."""
    if packed:
        return Tensor("i8", exact.pack(codes, fmt.width))
    return Tensor(fmt.byte_type, codes)


#===- Linears -------------------------------------------------------------===#


def linear(name, seed, n, k, weight, activation="f32", result="f32", packed=False, lhs=None):
    """`activation`: the type of x. `lhs`: its quantized format, None for float."""
    rng = np.random.default_rng(seed)
    x = make_activations(rng, (NUM_ROWS, k), activation)
    codes = make_codes(rng, weight, (n, k))
    numbers = Parameters(rng, weight, (n, k), "w")
    bytes_ = store(codes, weight, packed)
    inputs = {"x": Tensor(activation, x, rows=True), "bytes": bytes_, **numbers.inputs}
    body = [f"%w = ptq.storage_cast %bytes {'packed ' if packed else ''}: {bytes_.type()} to {quantized((n, k), weight)}"]
    lhs_operand, lhs_type, lhs_numbers, lhs_side = "%x", tensor_type(("M", k), activation), "", Side(x)
    if lhs:
        group = weight.multiplier[1][1] if weight.multiplier else lhs.block[1] or weight.block[1]
        scales_type = tensor_type(("M", lhs.scale_shape((1, k))[1]), lhs.scale)
        sums_type = tensor_type(("M", exact.blocked_shape((1, k), (1, group))[1]), "i32")
        has_sums = weight.zp is not None
        codes_a, scales_a = exact.dynamic_quantize(x, lhs)
        lhs_operand, lhs_type = "%q", quantized(("M", k), lhs)
        lhs_side = Side(codes_a, lhs, scales_a)
        if has_sums:
            body.append(f"%q, %s, %sum = ptq.dynamic_quantize %x sums [1, {group}] : {tensor_type(('M', k), activation)} -> {lhs_type}, {scales_type}, {sums_type}")
            lhs_numbers = f"lhs(%s, sums %sum : {scales_type}, {sums_type})"
        else:
            body.append(f"%q, %s = ptq.dynamic_quantize %x : {tensor_type(('M', k), activation)} -> {lhs_type}, {scales_type}")
            lhs_numbers = f"lhs(%s : {scales_type})"
    out = tensor_type(("M", n), result)
    body += [f"%init = tensor.empty(%M) : {out}",
             f"%y = ptq.matmul ins({lhs_operand}, %w : {lhs_type}, {quantized((n, k), weight)}) {lhs_numbers} "
             f"rhs({numbers.operands()} : {numbers.types()}) outs(%init : {out}) -> {out}"]
    expected = exact.matmul(lhs_side, numbers.side(codes), result)
    return Case(name, inputs, "\n".join(body), [("%y", Tensor(result, expected, rows=True))])


def float_weight(name, seed, n, k, weight="f32", lhs=None):
    rng = np.random.default_rng(seed)
    x = make_activations(rng, (NUM_ROWS, k))
    w = exact.round_to(rng.standard_normal((n, k)), weight)
    inputs = {"x": Tensor("f32", x, rows=True), "w": Tensor(weight, w)}
    body, operand, kind, numbers, side = [], "%x", tensor_type(("M", k), "f32"), "", Side(x)
    if lhs:
        kind = quantized(("M", k), lhs)
        scales = tensor_type(("M", lhs.scale_shape((1, k))[1]), lhs.scale)
        body = [f"%q, %s = ptq.dynamic_quantize %x : {tensor_type(('M', k), 'f32')} -> {kind}, {scales}"]
        operand, numbers = "%q", f"lhs(%s : {scales})"
        codes, values = exact.dynamic_quantize(x, lhs)
        side = Side(codes, lhs, values)
    out = tensor_type(("M", n), "f32")
    body += [f"%init = tensor.empty(%M) : {out}",
             f"%y = ptq.matmul ins({operand}, %w : {kind}, {inputs['w'].type()}) {numbers} outs(%init : {out}) -> {out}"]
    return Case(name, inputs, "\n".join(body),
                [("%y", Tensor("f32", exact.matmul(side, Side(w)), rows=True))])


def static_linear(name, seed, n, k, weight):
    """Activations with given numbers, a zero point per tensor among them."""
    rng = np.random.default_rng(seed)
    lhs = Format("u8", (0, 0), zp="i32")
    x = make_activations(rng, (NUM_ROWS, k))
    codes = make_codes(rng, weight, (n, k))
    activation, numbers = Parameters(rng, lhs, x.shape, "a"), Parameters(rng, weight, (n, k), "w")
    group = weight.block[1]
    codes_a = activation.quantize(x)
    sums = exact.sum_codes(codes_a, (1, group))
    inputs = {"x": Tensor("f32", x, rows=True), "bytes": store(codes, weight, False),
              "sums": Tensor("i32", sums, rows=True), **activation.inputs, **numbers.inputs}
    x_type, q_type, out = tensor_type(("M", k), "f32"), quantized(("M", k), lhs), tensor_type(("M", n), "f32")
    body = [f"%w = ptq.storage_cast %bytes : {inputs['bytes'].type()} to {quantized((n, k), weight)}",
            f"%q = ptq.quantize %x, {activation.operands()} : {x_type}, {activation.types()} -> {q_type}",
            f"%init = tensor.empty(%M) : {out}",
            f"%y = ptq.matmul ins(%q, %w : {q_type}, {quantized((n, k), weight)}) "
            f"lhs({activation.operands()}, sums %sums : {activation.types()}, {inputs['sums'].type('M')}) "
            f"rhs({numbers.operands()} : {numbers.types()}) outs(%init : {out}) -> {out}"]
    expected = exact.matmul(activation.side(codes_a), numbers.side(codes))
    return Case(name, inputs, "\n".join(body), [("%y", Tensor("f32", expected, rows=True))])


def batch(name, seed, weight, lhs=None):
    rng = np.random.default_rng(seed)
    b, m, n, k = 3, 5, 7, 37
    x = make_activations(rng, (b * m, k)).reshape(b, m, k)
    codes = make_codes(rng, weight, (b, n, k))
    numbers = Parameters(rng, weight, (b, n, k), "w")
    inputs = {"x": Tensor("f32", x), "bytes": store(codes, weight, False), **numbers.inputs}
    w_type, out = quantized((b, n, k), weight), tensor_type((b, m, n), "f32")
    body = [f"%w = ptq.storage_cast %bytes : {inputs['bytes'].type()} to {w_type}"]
    operand, kind, parameters = "%x", inputs["x"].type(), ""
    sides = [Side(x[i]) for i in range(b)]
    if lhs:
        group = weight.block[2]
        codes_a, scales = exact.dynamic_quantize(x, lhs)
        row = Format(lhs.storage, lhs.block[1:], lhs.scale, range=lhs.range)
        sides = [Side(codes_a[i], row, scales[i]) for i in range(b)]
        operand, kind = "%q", quantized((b, m, k), lhs)
        scale_type = tensor_type(scales.shape, "f32")
        sums_type = tensor_type(exact.blocked_shape((b, m, k), (1, 1, group)), "i32")
        body.append(f"%q, %s, %sum = ptq.dynamic_quantize %x sums [1, 1, {group}] : {inputs['x'].type()} -> {kind}, {scale_type}, {sums_type}")
        parameters = f"lhs(%s, sums %sum : {scale_type}, {sums_type})"
    body += [f"%init = tensor.empty() : {out}",
             f"%y = ptq.batch_matmul ins({operand}, %w : {kind}, {w_type}) {parameters} "
             f"rhs({numbers.operands()} : {numbers.types()}) outs(%init : {out}) -> {out}"]
    row = Format(weight.storage, weight.block[1:], weight.scale, weight.zp, weight.range)
    expected = np.stack([exact.matmul(sides[i], Side(codes[i], row, numbers.scales[i])) for i in range(b)])
    return Case(name, inputs, "\n".join(body), [("%y", Tensor("f32", expected))])


def embedding(name, seed, table, k, result="f32", packed=False):
    rng = np.random.default_rng(seed)
    codes = make_codes(rng, table, (11, k))
    numbers = Parameters(rng, table, (11, k), "w")
    tokens = rng.integers(0, 11, NUM_ROWS)
    bytes_ = store(codes, table, packed)
    inputs = {"tokens": Tensor("i64", tokens, rows=True), "bytes": bytes_, **numbers.inputs}
    w_type, out = quantized((11, k), table), tensor_type(("M", k), result)
    body = (f"%w = ptq.storage_cast %bytes {'packed ' if packed else ''}: {bytes_.type()} to {w_type}\n"
            f"%init = tensor.empty(%M) : {out}\n"
            f"%y = ptq.embedding ins(%tokens, %w : tensor<Mxi64>, {w_type}) "
            f"rhs({numbers.operands()} : {numbers.types()}) outs(%init : {out}) -> {out}")
    expected = numbers.dequantize(codes, result)[tokens]
    return Case(name, inputs, body, [("%y", Tensor(result, expected, rows=True))])


#===- Elements ------------------------------------------------------------===#


def codes_result(fmt, shape, codes, rows, name="%q", stored="%stored"):
    """Codes leave a function as bytes."""
    bytes_ = tensor_type(shape, fmt.byte_type)
    return (f"{stored} = ptq.storage_cast {name} : {quantized(shape, fmt)} to {bytes_}",
            (stored, Tensor(fmt.byte_type, codes, rows)))


def elements(name, seed, fmt, kind="f32", shape=None):
    """quantize, dequantize and fake_quantize with one set of numbers; blocks of
    one row each unless a shape is given."""
    rng = np.random.default_rng(seed)
    rows = shape is None
    full = shape or (NUM_ROWS, 37)
    text = ("M", 37) if rows else full
    x = make_activations(rng, full, kind)
    numbers = Parameters(rng, fmt, full, "p", rows=rows and fmt.block[0] == 1)
    codes = make_codes(rng, fmt, full)
    inputs = {"x": Tensor(kind, x, rows), "bytes": Tensor(fmt.byte_type, codes, rows), **numbers.inputs}
    x_type, q_type = tensor_type(text, kind), quantized(text, fmt)
    cast, stored = codes_result(fmt, text, numbers.quantize(x), rows)
    body = (f"%q = ptq.quantize %x, {numbers.operands()} : {x_type}, {numbers.types()} -> {q_type}\n{cast}\n"
            f"%given = ptq.storage_cast %bytes : {inputs['bytes'].type('M')} to {q_type}\n"
            f"%d = ptq.dequantize %given, {numbers.operands()} : {q_type}, {numbers.types()} -> {x_type}\n"
            f"%f = ptq.fake_quantize %x, {numbers.operands()} as {fmt} : {x_type}, {numbers.types()} -> {x_type}")
    fake = numbers.dequantize(numbers.quantize(x), kind)
    return Case(name, inputs, body, [stored, ("%d", Tensor(kind, numbers.dequantize(codes, kind), rows)),
                                     ("%f", Tensor(kind, fake, rows))])


def dynamic(name, seed, fmt, group, kind="f32", shape=None):
    rng = np.random.default_rng(seed)
    rows = shape is None
    full = shape or (NUM_ROWS, 37)
    text = ("M", 37) if rows else full
    x = make_activations(rng, full, kind)
    codes, scales = exact.dynamic_quantize(x, fmt)
    sums = exact.sum_codes(codes, (1, group))
    lead = "M" if rows else None
    scale_type = tensor_type((lead or scales.shape[0], scales.shape[1]), fmt.scale)
    sums_type = tensor_type((lead or sums.shape[0], sums.shape[1]), "i32")
    x_type, q_type = tensor_type(text, kind), quantized(text, fmt)
    cast, stored = codes_result(fmt, text, codes, rows)
    body = f"%q, %s, %sum = ptq.dynamic_quantize %x sums [1, {group}] : {x_type} -> {q_type}, {scale_type}, {sums_type}\n{cast}"
    return Case(name, {"x": Tensor(kind, x, rows)}, body,
                [stored, ("%s", Tensor(fmt.scale, scales, rows)), ("%sum", Tensor("i32", sums, rows))])


def requantize(name, seed, fmt, mode):
    rng = np.random.default_rng(seed)
    shape = (NUM_ROWS, 9)
    acc = rng.integers(-(2**20), 2**20, shape)
    acc[1], acc[2, :2], acc[3] = 0, (2**31 - 1, -(2**31)), np.arange(9) * 2 - 9
    block_shape = fmt.scale_shape(shape)
    inputs = {"acc": Tensor("i32", acc, rows=True)}
    arguments = {}
    operands, types = "", ""
    if isinstance(fmt.zp, str):
        inputs["z"] = Tensor(fmt.zp, make_zero_points(rng, fmt, shape))
        arguments["zero_points"] = inputs["z"].values
        operands, types = ", zp %z", f", {inputs['z'].type()}"
    if mode == "float":
        factors = (rng.uniform(0.2, 2, block_shape) * 2.0 ** rng.integers(-14, 0, block_shape)).astype(F32)
        factors.flat[0] = 0.5
        codes = exact.requantize_float(acc, factors, fmt, **arguments)
        inputs["m"] = Tensor("f32", factors)
    else:
        factors = rng.integers(2**30, 2**31, block_shape)
        shifts = rng.integers(30, 50, block_shape)
        factors.flat[0], shifts.flat[0], shifts.flat[-1] = 2**30, 31, 62
        codes = exact.requantize_fixed(acc, factors, shifts, fmt, **arguments)
        inputs["m"], inputs["shift"] = Tensor("i32", factors), Tensor("i32", shifts)
        operands, types = ", shift %shift" + operands, f", {inputs['shift'].type()}" + types
    cast, stored = codes_result(fmt, ("M", 9), codes, True)
    body = f"%q = ptq.requantize %acc {mode} %m{operands} : tensor<Mx9xi32>, {inputs['m'].type()}{types} -> {quantized(('M', 9), fmt)}\n{cast}"
    return Case(name, inputs, body, [stored])


def storage(width, signed):
    rng = np.random.default_rng(width)
    fmt = Format(f"{'s' if signed else 'u'}{width}", (1, 0))
    codes = make_codes(rng, fmt, (NUM_ROWS, 37))
    packed = exact.pack(codes, width)
    bytes_, q_type = tensor_type(("M", packed.shape[1]), "i8"), quantized(("M", 37), fmt)
    cast, stored = codes_result(fmt, ("M", 37), codes, True)
    body = (f"%q = ptq.storage_cast %packed packed : {bytes_} to {q_type}\n{cast}\n"
            f"%again = ptq.storage_cast %given : tensor<Mx37xi8> to {q_type}\n"
            f"%out = ptq.storage_cast %again packed : {q_type} to {bytes_}")
    inputs = {"packed": Tensor("i8", packed, True), "given": Tensor("i8", codes, True)}
    return Case(f"storage_{'s' if signed else 'u'}{width}", inputs, body, [stored, ("%out", Tensor("i8", packed, True))])


#===- The list ------------------------------------------------------------===#


def make_cases():
    a8 = Format("s8", (1, 0), range=(-127, 127))
    def w8(scale="f32", block=(1, 0)):
        return Format("u8", block, scale, 128, (1, 255))
    def w4(group, scale="f16", block=None):
        return Format("u4", block or (1, group), scale, 8)
    a8_groups = Format("s8", (1, 32), range=(-127, 127))
    two_level = Format("u4", (1, 0), "f32", 8, multiplier=("s5<-15:15>", (1, 16)))
    shapes = [(5, 172), (17, 67), (1, 32), (19, 1)]
    cases = []
    for seed, (n, k) in enumerate(shapes):
        cases += [
            linear(f"w8a8_{n}x{k}", seed, n, k, w8(), lhs=a8),
            linear(f"w8a16_{n}x{k}", seed, n, k, w8(), "bf16", "bf16"),
            linear(f"w4a16_g32_{n}x{k}", seed, n, k, w4(32), packed=True),
            linear(f"w4a8_g32_{n}x{k}", seed, n, k, w4(32), packed=True, lhs=a8),
        ]
    for scale in ("f32", "f16", "bf16", "f8E8M0FNU"):
        cases += [
            linear(f"w8a8_scale_{scale}", 10, 7, 45, w8(scale), lhs=a8),
            linear(f"w8a16_scale_{scale}", 11, 7, 45, w8(scale), "f16", "f16"),
            linear(f"w4a8_g20_{scale}", 12, 7, 45, w4(20, scale), lhs=a8),
            linear(f"w4a16_g20_{scale}", 13, 7, 45, w4(20, scale)),
            linear(f"w8a8_activation_{scale}", 14, 7, 45, w8(), lhs=Format("s8", (1, 0), scale, range=(-127, 127))),
            dynamic(f"dynamic_scale_{scale}", 15, Format("s8", (1, 0), scale, range=(-127, 127)), 16),
            elements(f"elements_scale_{scale}", 16, Format("s8", (1, 16), scale)),
        ]
    cases += [
        linear("w4a16_g128", 20, 5, 172, w4(128), packed=True),
        linear("w4a8_g128", 20, 5, 172, w4(128), packed=True, lhs=a8),
        linear("w8a8_tensor", 21, 5, 37, w8(block=(0, 0)), lhs=a8),
        linear("w8a8_symmetric", 22, 5, 37, Format("s8", (1, 0), range=(-127, 127)), lhs=a8),
        linear("w3a16_g32", 23, 5, 37, Format("u3", (1, 32), "f16", 4), packed=True),
        linear("w6a8_g8", 24, 5, 37, Format("u6", (1, 8), "f16", 32), packed=True, lhs=a8),
        linear("w8a8_zero_points", 25, 5, 37, Format("u8", (1, 0), zp="i32"), lhs=a8),
        linear("w4a16_zero_points", 26, 5, 37, Format("u4", (1, 8), "f16", "i8"), packed=True),
        linear("w4a8_zero_points", 27, 5, 37, Format("u4", (1, 8), "f16", "i8"), lhs=a8),
        linear("w8a8_activation_groups", 28, 5, 70, w8(), lhs=a8_groups),
        linear("w4a8_activation_groups", 28, 5, 70, w4(32), lhs=a8_groups),
        linear("w4a8_two_level", 29, 5, 70, two_level, lhs=a8),
        linear("w8a8_f16", 30, 5, 37, w8(), "f16", "f16", lhs=a8),
        linear("w8a8_bf16", 31, 5, 37, w8(), "bf16", "bf16", lhs=a8),
        linear("w4a8_one_group", 32, 5, 20, w4(32), lhs=a8),
        static_linear("w8a8_static", 33, 5, 37, w8()),
        static_linear("w4a8_static", 34, 5, 37, w4(8)),
        float_weight("float", 35, 5, 37),
        float_weight("float_bf16", 36, 5, 37, "bf16"),
        float_weight("a8_float", 37, 5, 37, lhs=a8),
        float_weight("a8_groups_f16", 38, 5, 37, "f16", lhs=Format("s8", (1, 8), range=(-127, 127))),
        batch("batch_w8a8", 40, w8(block=(1, 1, 0)), Format("s8", (1, 1, 0), range=(-127, 127))),
        batch("batch_w4a8", 41, w4(8, block=(1, 1, 8)), Format("s8", (1, 1, 0), range=(-127, 127))),
        batch("batch_w4a16", 42, w4(8, block=(1, 1, 8))),
        embedding("embedding_w8", 50, w8(), 37),
        embedding("embedding_w4", 51, w4(16), 37, "bf16", packed=True),
        embedding("embedding_two_level", 52, two_level, 37),
        elements("elements_u4", 60, Format("u4", (1, 16), "f16", 8)),
        elements("elements_s16", 61, Format("s16", (1, 0))),
        elements("elements_zp_i8", 62, Format("u8", (1, 0), zp="i8"), "f16"),
        elements("elements_zp_i16", 63, Format("s12", (1, 16), zp="i16"), "bf16"),
        elements("elements_zp_i32", 64, Format("u8", (0, 0), zp="i32")),
        elements("elements_two_level", 65, Format("u4", (1, 0), "f32", 8, multiplier=("s5<-15:15>", (1, 16)))),
        elements("elements_blocks", 66, Format("s8", (2, 3)), shape=(7, 8)),
        elements("elements_columns", 67, Format("s8", (0, 1)), shape=(7, 8)),
        dynamic("dynamic_tensor", 70, Format("s8", (0, 0), range=(-127, 127)), 0, shape=(3, 37)),
        dynamic("dynamic_groups", 71, Format("s8", (1, 16), range=(-127, 127)), 16),
        dynamic("dynamic_f16", 72, Format("s8", (1, 0), range=(-127, 127)), 0, "f16"),
        dynamic("dynamic_bf16", 73, Format("s4", (1, 0), range=(-7, 7)), 5, "bf16"),
        requantize("requantize_float", 80, Format("s8", (0, 0)), "float"),
        requantize("requantize_float_zp", 81, Format("u8", (0, 1), zp="i32"), "float"),
        requantize("requantize_fixed", 82, Format("s8", (0, 0)), "fixed"),
        requantize("requantize_fixed_zp", 83, Format("u8", (0, 1), zp="i32"), "fixed"),
    ]
    cases += make_integer_cases(sys.modules[__name__])
    cases += [storage(width, signed) for width in range(2, 8) for signed in (False, True)]
    return cases
