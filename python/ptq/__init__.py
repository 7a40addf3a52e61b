# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Quantize MLIR modules and language models, and run them on NumPy arrays.

    import numpy as np
    import ptq

    module = ptq.Module.load("linear.mlir")
    for decision in module.quantize(recipe="w8a8"):
        print(decision.name, decision.format, decision.sqnr)
    fc = module.compile(threads=2)
    y = fc(np.ones((3, 64), np.float32))

    model = ptq.llm.load("TinyLlama-1.1B").quantize(recipe="w4a8-g32")
    print(model.generate("Once upon a time", tokens=64))

`ptq.numpy_reference` is the exact arithmetic of docs/spec.md in NumPy: an
oracle that shares no code with the compiler, and needs nothing but NumPy.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import llm, numpy_reference
    from ._ptq import Compiled, Function, __version__
    from .decisions import Decision, Decisions, get_format
    from .errors import Diagnostic, Error, Warning
    from .module import Module
    from .statistics import ObservedTensor, Statistics, calibrate

# Loaded when they are first asked for: numpy_reference needs no extension.
_HOMES = {
    "Compiled": "_ptq",
    "Decision": "decisions",
    "Decisions": "decisions",
    "Diagnostic": "errors",
    "Error": "errors",
    "Function": "_ptq",
    "Module": "module",
    "ObservedTensor": "statistics",
    "Statistics": "statistics",
    "Warning": "errors",
    "__version__": "_ptq",
    "calibrate": "statistics",
    "get_format": "decisions",
}
_MODULES = ("llm", "numpy_reference")

__all__ = [*(name for name in _HOMES if not name.startswith("_")), *_MODULES]


def __getattr__(name: str):
    import importlib

    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module 'ptq' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
