# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Objects keep alive what they need, and memory goes when they do."""

import gc
import threading
import weakref

import numpy as np

import ptq
from conftest import FUNCTIONS, make_linear

F32 = np.float32


def test_a_function_outlives_its_module():
    module = make_linear()
    function = module.compile().fc
    del module
    gc.collect()
    assert function(np.ones((2, 8), F32)).shape == (2, 3)


def test_results_outlive_the_code():
    compiled = make_linear().compile()
    y = compiled(np.ones((2, 8), F32))
    expected, view = y.copy(), y[1:]
    del compiled, y
    gc.collect()
    assert (view == expected[1:]).all()


def test_results_of_calls_are_apart(functions):
    x = np.ones((2, 3), F32)
    first, second = functions.add(x, x), functions.add(x, 2 * x)
    first[:] = 7
    assert (second == 3).all()


def test_inputs_may_be_temporaries(functions):
    for i in range(100):
        assert (functions.add(np.full((4, 3), i, F32), np.full((4, 3), 1, F32)[:]) == i + 1).all()


def test_results_are_freed(functions):
    x = np.zeros((1 << 20, 3), F32)
    y = functions.add(x, x)
    freed = weakref.ref(y)
    del y
    gc.collect()
    assert freed() is None
    before = peak_memory()
    for _ in range(40):  # 12 MB each
        functions.add(x, x)
    assert peak_memory() - before < 200 << 20


def peak_memory():
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_modules_are_freed():
    module = make_linear()
    freed = weakref.ref(module)
    module.quantize()
    del module
    gc.collect()
    assert freed() is None


def test_the_gil_is_released():
    """Another thread counts while code is compiled."""
    count, done = 0, threading.Event()

    def tick():
        nonlocal count
        while not done.wait(0.001):
            count += 1

    thread = threading.Thread(target=tick)
    module = ptq.Module.parse(FUNCTIONS)
    thread.start()
    before = count
    module.compile()
    during = count - before
    done.set()
    thread.join()
    assert during >= 10


def test_one_module_in_many_threads():
    module = make_linear()
    texts = []

    def work():
        clone = module.clone()
        clone.quantize(recipe="w4a8-g4")
        texts.append(str(clone))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 4
    assert "ptq.matmul" not in str(module)
