# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiled functions take NumPy arrays of every type and layout."""

import threading

import numpy as np
import pytest

import ptq
from conftest import make_linear

F32 = np.float32


@pytest.mark.parametrize("name, dtype", [("f16", np.float16), ("i8", np.int8), ("i64", np.int64)])
def test_element_types(functions, name, dtype):
    x = np.array([1, -2, 3, 100], dtype)
    with np.errstate(over="ignore"):
        expected = x + x
    y = functions[name](x)
    assert y.dtype == dtype and (y == expected).all()


def test_booleans(functions):
    y = functions.i1(np.array([True, True, False]), np.array([True, False, False]))
    assert y.dtype == bool and y.tolist() == [False, True, False]


def test_bf16_travels_as_its_bits(functions):
    bits = (np.array([1.5, -3, 1e30], F32).view(np.uint32) >> 16).astype(np.uint16)
    y = functions.bf16(bits)
    assert y.dtype == np.uint16
    assert ((y.astype(np.uint32) << 16).view(F32) == 2 * (bits.astype(np.uint32) << 16).view(F32)).all()


def test_i8_takes_unsigned_bytes(functions):
    assert functions.i8(np.array([200], np.uint8)).tolist() == [-112]


@pytest.mark.parametrize("rows", [0, 1, 5, 1000])
def test_dynamic_sizes(functions, rows):
    x = np.arange(3 * rows, dtype=F32).reshape(rows, 3)
    y = functions.add(x, x)
    assert y.shape == (rows, 3) and (y == 2 * x).all()


def make_layouts():
    base = np.arange(48, dtype=np.int32).reshape(6, 8)
    padded = np.zeros((6, 8), np.dtype([("a", np.int32), ("b", np.int8)]))
    padded["a"] = base
    yield "transposed", base.T
    yield "every other", base[::2, ::2]
    yield "backwards", base[::-1, ::-1]
    yield "broadcast", np.broadcast_to(base[0], (3, 8))
    yield "fortran", np.asfortranarray(base)
    yield "field", padded["a"]  # strides of 5 bytes
    yield "misaligned", np.frombuffer(b"\0" + base.tobytes(), np.int32, offset=1).reshape(6, 8)
    yield "read-only", np.frombuffer(base.tobytes(), np.int32).reshape(6, 8)
    yield "empty", base[:0]
    yield "one column", base[:, :1]


@pytest.mark.parametrize("x", [pytest.param(x, id=name) for name, x in make_layouts()])
def test_layouts(functions, x):
    y = functions.i32(x)
    assert y.shape == x.shape and (y == 2 * x).all()
    assert y.flags.c_contiguous and y.flags.writeable


def test_many_dimensions():
    rank = 12
    kind = "tensor<" + "?x" * rank + "f32>"
    text = f"func.func @f(%x: {kind}) -> {kind} {{\n  %0 = arith.addf %x, %x : {kind}\n  return %0 : {kind}\n}}"
    x = np.arange(2**rank, dtype=F32).reshape((2,) * rank).T
    assert (ptq.Module.parse(text).compile()(x) == 2 * x).all()


def test_memrefs_are_written_in_place(functions):
    x = np.zeros((3, 2), F32)
    assert functions.fill(x, 1.5) is None
    assert (x == 1.5).all()


def test_memrefs_cannot_be_copies(functions):
    with pytest.raises(ptq.Error, match="dense and aligned, for it is written in place, as input 0"):
        functions.fill(np.zeros((2, 2), F32).T[:1].T, 1.0)
    with pytest.raises(ValueError, match="expects memref<.x2xf32> as input 0, which is written in place.*read-only"):
        functions.fill(np.frombuffer(bytes(16), F32).reshape(2, 2), 1.0)


def test_scalars(functions):
    x, y, i = functions.scalars(2**40, 0.5, 7)
    assert (x, y, i) == (2**41, 1.0, 14) and y.dtype == F32
    assert functions.scalars(np.int64(3), np.array(1, F32), 1)[:2] == (6, 2.0)
    assert functions.sum(np.ones(100, F32)) == 100
    assert functions.scalars(1, 3, 1)[1] == 6  # an integer will do for a float


def test_several_results_are_a_tuple(functions):
    x = np.array([[1, 2], [3, 4]], np.int8)
    a, b = functions.echo(x)
    assert (a == x).all() and (b == x).all()
    a[0, 0] = 9
    assert b[0, 0] == 1 and x[0, 0] == 1


def test_functions_say_what_they_take(functions):
    assert len(functions) == 11 and [f.name for f in functions][:2] == ["add", "bf16"]
    assert functions.scalars.arguments == ("i64", "f32", "index")
    assert functions["add"].results == ("tensor<?x3xf32>",)
    assert repr(functions.sum) == "<ptq.Function sum(tensor<?xf32>) -> (f32)>"
    assert {"add", "sum"} <= set(dir(functions))
    assert "add" in repr(functions)


@pytest.mark.parametrize(
    "name, inputs, kind, message",
    [
        ("add", (np.ones((2, 3), F32),), TypeError, "'add' expects 2 inputs, but got 1"),
        ("add", (np.ones((2, 3), F32), np.ones((2, 3))), ptq.Error, "expects tensor<.x3xf32> as input 1, but got 2x3xf64"),
        ("add", (np.ones((2, 4), F32),) * 2, ptq.Error, "expects tensor<.x3xf32> as input 0, but got 2x4xf32"),
        ("add", (np.ones(3, F32),) * 2, ptq.Error, "expects tensor<.x3xf32> as input 0, but got 3xf32"),
        ("add", (np.ones((2, 3), complex),) * 2, TypeError, "input 0, but got the dtype complex128"),
        ("add", (np.ones((2, 3), ">f4"),) * 2, TypeError, "input 0, but got the dtype >f4"),
        ("add", (np.ones((2, 3), object),) * 2, TypeError, "input 0, but got the dtype object"),
        ("add", ([[1.0, 2.0, 3.0]],) * 2, TypeError, "expects tensor<.x3xf32> as input 0, but got list"),
        ("add", (None, None), TypeError, "but got NoneType"),
        ("scalars", (1.5, 1.0, 1), TypeError, "expects i64 as input 0, but got float"),
        ("scalars", ("1", 1.0, 1), TypeError, "expects i64 as input 0, but got str"),
        ("scalars", (np.ones(1, np.int64), 1.0, 1), ptq.Error, "expects i64 as input 0, but got 1xi64"),
        ("scalars", (2**64, 1.0, 1), OverflowError, "too"),
    ],
)
def test_wrong_inputs_are_errors(functions, name, inputs, kind, message):
    with pytest.raises(kind, match=message):
        functions[name](*inputs)


def test_unknown_functions_are_errors(functions):
    with pytest.raises(AttributeError, match="expects one of the functions add, .*, but got 'no_such'"):
        functions.no_such
    with pytest.raises(KeyError):
        functions["no_such"]
    with pytest.raises(TypeError, match="expects a module of one function to be called"):
        functions(np.ones((1, 3), F32))


def test_threads_call_at_once(functions):
    wrong = []

    def work(seed):
        x = np.random.default_rng(seed).standard_normal((64, 3)).astype(F32)
        for _ in range(50):
            if not (functions.add(x, x) == 2 * x).all():
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_results_do_not_depend_on_threads():
    x = np.random.default_rng(3).standard_normal((40, 8)).astype(F32)
    module = make_linear()
    module.quantize()
    one, two = (module.compile(threads=n)(x) for n in (1, 2))
    assert (one.view(np.uint32) == two.view(np.uint32)).all()


def test_wrong_targets_are_errors(linear):
    with pytest.raises(ptq.Error, match="no-such-cpu"):
        linear.compile(cpu="no-such-cpu")
    with pytest.raises(ptq.Error, match="cannot pass a tensor<.xi5> from outside"):
        ptq.Module.parse("func.func @f(%x: tensor<?xi5>) {\n  return\n}").compile()
