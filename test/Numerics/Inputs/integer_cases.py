# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cases of ops of integer modules: accumulators, convolutions, sums of codes."""

import numpy as np

from ptq import numpy_reference as exact
from ptq.numpy_reference import F32, Format


def windows(images, kernel, strides, dilations):
    """[N, H, W, C] as [N, OH, OW, KY, KX, C]."""
    n, h, w, c = images.shape
    sizes = [(size - (k - 1) * d - 1) // s + 1 for size, k, s, d in zip((h, w), kernel, strides, dilations)]
    result = np.zeros((n, *sizes, *kernel, c), np.int64)
    for y, x, i, j in np.ndindex(*sizes, *kernel):
        result[:, y, x, i, j] = images[:, y * strides[0] + i * dilations[0], x * strides[1] + j * dilations[1]]
    return result


def convolve(images, weights, kernel, strides, dilations, channels_first, depthwise):
    if channels_first:
        images = images.transpose(0, 2, 3, 1)
    seen = windows(images, kernel, strides, dilations)
    if depthwise:
        acc = np.einsum("nyxijc,cij->nyxc", seen, weights.reshape(-1, *kernel))
    else:
        order = (weights.reshape(weights.shape[0], -1, *kernel).transpose(0, 2, 3, 1) if channels_first
                 else weights.reshape(weights.shape[0], *kernel, -1))
        acc = np.einsum("nyxijc,fijc->nyxf", seen, order)
    return acc.transpose(0, 3, 1, 2) if channels_first else acc


def fixed(total, shift, zero, fmt):
    """Python's integers do not overflow."""
    result = np.zeros(total.shape, np.int64)
    for index in np.ndindex(*total.shape):
        value = ((int(total[index]) + (1 << (int(shift) - 1))) >> int(shift)) + zero
        result[index] = min(max(value, fmt.lo), fmt.hi)
    return result


def make_integer_cases(cases):
    """`cases` is the module that asks, for its parts."""
    Case, Tensor, quantized, tensor_type = cases.Case, cases.Tensor, cases.quantized, cases.tensor_type
    rows = cases.NUM_ROWS

    def given(name, fmt, shape, codes, stored):
        return f"{name} = ptq.storage_cast {stored} : {tensor_type(shape, fmt.byte_type)} to {quantized(shape, fmt)}"

    def accumulators(name, seed, weight, n=7, k=45):
        rng = np.random.default_rng(seed)
        lhs = Format("s8", (0, 0), zp=-77)
        a, w = cases.make_codes(rng, lhs, (rows, k)), cases.make_codes(rng, weight, (n, k))
        inputs = {"a": Tensor("i8", a, rows=True), "w": Tensor(weight.byte_type, w)}
        body = [given("%q", lhs, ("M", k), a, "%a"), given("%v", weight, (n, k), w, "%w")]
        numbers = ""
        if weight.zp is not None:
            inputs["sums"] = Tensor("i32", exact.sum_codes(a, (1, 0)), rows=True)
            numbers = f"lhs(sums %sums : {inputs['sums'].type('M')}) "
        out = tensor_type(("M", n), "i32")
        body += [f"%init = tensor.empty(%M) : {out}",
                 f"%y = ptq.matmul ins(%q, %v : {quantized(('M', k), lhs)}, {quantized((n, k), weight)}) {numbers}"
                 f"outs(%init : {out}) -> {out}"]
        expected = exact.center(a, lhs) @ exact.center(w, weight).T
        return Case(name, inputs, "\n".join(body), [("%y", Tensor("i32", expected, rows=True))])

    def convolution(name, seed, kernel, strides, dilations, channels_first=False, depthwise=False, result="i32", zp=-77):
        rng = np.random.default_rng(seed)
        lhs = Format("s8", (0, 0, 0, 0), zp=zp)
        weight = Format("s8", (1, 0), range=(-127, 127))
        channels, outputs = 5, 5 if depthwise else 19
        shape = (2, channels, 9, 8) if channels_first else (2, 9, 8, channels)
        columns = kernel[0] * kernel[1] * (1 if depthwise else channels)
        a, w = cases.make_codes(rng, lhs, shape), cases.make_codes(rng, weight, (outputs, columns))
        acc = convolve(exact.center(a, lhs), w, kernel, strides, dilations, channels_first, depthwise)
        inputs = {"a": Tensor("i8", a), "w": Tensor("i8", w)}
        numbers, expected = "", acc
        if result != "i32":
            scale = cases.make_scales(rng, lhs, shape)
            scales = cases.make_scales(rng, weight, w.shape)
            inputs["s"], inputs["ws"] = Tensor("f32", scale), Tensor("f32", scales)
            numbers = f"lhs(%s : {inputs['s'].type()}) rhs(%ws : {inputs['ws'].type()}) "
            spread = scales.reshape((1, -1, 1, 1) if channels_first else (1, 1, 1, -1))
            with np.errstate(all="ignore"):
                expected = exact.round_to((acc.astype(F32) * spread) * scale, result)
        out = tensor_type(acc.shape, result)
        name_of_op = "depthwise_conv_2d" if depthwise else "conv_2d"
        body = [given("%q", lhs, shape, a, "%a"), given("%v", weight, w.shape, w, "%w"),
                f"%init = tensor.empty() : {out}",
                f"%y = ptq.{name_of_op} {'channels_first ' if channels_first else ''}kernel {list(kernel)} strides {list(strides)} "
                f"dilations {list(dilations)} ins(%q, %v : {quantized(shape, lhs)}, {quantized(w.shape, weight)}) {numbers}"
                f"outs(%init : {out}) -> {out}"]
        return Case(name, inputs, "\n".join(body), [("%y", Tensor(result, expected))])

    def biased(name, seed, mode, from_codes=False):
        """requantize with a bias for each column and codes of one scale."""
        rng = np.random.default_rng(seed)
        columns = 19
        fmt = Format("s8", (0, 0), zp=-5, range=(-5, 120))
        source = Format("s8", (0, 0), zp=33)
        if from_codes:
            stored = cases.make_codes(rng, source, (rows, columns))
            acc = exact.center(stored, source)
            inputs = {"a": Tensor("i8", stored, rows=True)}
            body = [given("%acc", source, ("M", columns), stored, "%a")]
            kind = quantized(("M", columns), source)
        else:
            acc = rng.integers(-(2**20), 2**20, (rows, columns))
            acc[1, :2] = 2**31 - 1, -(2**31)  # plus a bias, these wrap
            inputs, body, kind = {"acc": Tensor("i32", acc, rows=True)}, [], tensor_type(("M", columns), "i32")
        bias = rng.integers(-(2**10), 2**10, (1, columns))
        bias[0, :2] = 7, -7
        inputs["b"] = Tensor("i32", bias)
        total = (acc + bias).astype(np.int32).astype(np.int64)
        per = Format("s8", (0, 1), zp=-5, range=(-5, 120))
        if mode == "float":
            factors = (rng.uniform(0.2, 2, (1, columns)) * 2.0 ** rng.integers(-14, 0, (1, columns))).astype(F32)
            codes = exact.requantize_float(total, factors, per)
            inputs["m"], shift, shift_type = Tensor("f32", factors), "", ""
        else:
            factors, shifts = rng.integers(2**30, 2**31, (1, columns)), rng.integers(30, 50, (1, columns))
            codes = exact.requantize_fixed(total, factors, shifts, per)
            inputs["m"], inputs["shift"] = Tensor("i32", factors), Tensor("i32", shifts)
            shift, shift_type = ", shift %shift", f", {inputs['shift'].type()}"
        cast, stored = cases.codes_result(fmt, ("M", columns), codes, True)
        body += [f"%q = ptq.requantize %acc {mode} %m{shift}, bias %b per [0, 1] : {kind}, {inputs['m'].type()}{shift_type}, "
                 f"{inputs['b'].type()} -> {quantized(('M', columns), fmt)}", cast]
        return Case(name, inputs, "\n".join(body), [stored])

    def addition(name, seed, mode):
        rng = np.random.default_rng(seed)
        shape, text = (rows, 19), ("M", 19)
        lhs, rhs, fmt = Format("s8", (0, 0), zp=-128), Format("s8", (0, 0), zp=11), Format("s8", (0, 0), zp=-20)
        a, b = cases.make_codes(rng, lhs, shape), cases.make_codes(rng, rhs, shape)
        inputs = {"a": Tensor("i8", a, rows=True), "b": Tensor("i8", b, rows=True)}
        x, y = exact.center(a, lhs), exact.center(b, rhs)
        if mode == "float":
            ma, mb = np.array([[0.5]], F32), np.array([[-0.7]], F32)
            with np.errstate(all="ignore"):
                total = exact.fma(y.astype(F32), np.broadcast_to(mb, shape), x.astype(F32) * ma)
            codes = exact.clamp(np.rint(total) + F32(-20), fmt)
            kind, shift, shift_type = "f32", "", ""
        else:
            ma, mb = np.array([[2**30]]), np.array([[-(2**29) - 12345]])
            codes = fixed(x * int(ma[0, 0]) + y * int(mb[0, 0]), 31, -20, fmt)
            inputs["shift"] = Tensor("i32", np.array([[31]]))
            kind, shift, shift_type = "i32", ", shift %shift", f", {inputs['shift'].type()}"
        inputs["ma"], inputs["mb"] = Tensor(kind, ma), Tensor(kind, mb)
        cast, stored = cases.codes_result(fmt, text, codes, True)
        body = [given("%x", lhs, text, a, "%a"), given("%y", rhs, text, b, "%b"),
                f"%q = ptq.add %x, %y {mode} %ma, %mb{shift} : {quantized(text, lhs)}, {quantized(text, rhs)}, "
                f"{inputs['ma'].type()}, {inputs['mb'].type()}{shift_type} -> {quantized(text, fmt)}", cast]
        return Case(name, inputs, "\n".join(body), [stored])

    return [
        accumulators("accumulators", 90, Format("s8", (1, 0), range=(-127, 127))),
        accumulators("accumulators_zp", 91, Format("u8", (1, 0), zp=128, range=(1, 255))),
        convolution("conv", 92, (3, 3), (1, 1), (1, 1)),
        convolution("conv_strides", 93, (3, 2), (2, 3), (1, 2)),
        convolution("conv_channels_first", 94, (2, 3), (2, 1), (1, 2), channels_first=True),
        convolution("conv_f32", 95, (3, 3), (1, 2), (2, 1), result="f32"),
        convolution("conv_f16", 96, (1, 1), (1, 1), (1, 1), channels_first=True, result="f16"),
        convolution("conv_symmetric", 97, (3, 3), (1, 1), (1, 1), zp=None),
        convolution("depthwise", 98, (3, 3), (1, 1), (1, 1), depthwise=True),
        convolution("depthwise_strides", 99, (3, 2), (2, 1), (1, 3), depthwise=True),
        convolution("depthwise_channels_first", 100, (3, 3), (1, 2), (2, 1), channels_first=True, depthwise=True, result="f32"),
        biased("requantize_bias_float", 101, "float"),
        biased("requantize_bias_fixed", 102, "fixed"),
        biased("requantize_codes_float", 103, "float", from_codes=True),
        biased("requantize_codes_fixed", 104, "fixed", from_codes=True),
        addition("add_float", 105, "float"),
        addition("add_fixed", 106, "fixed"),
    ]
