# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MLIR modules: read, quantize, compile, write."""

import html
import os
import re
from typing import Any, Optional, Union

import numpy as np

from . import _ptq
from .decisions import Decisions, make_options
from .errors import Error
from .statistics import Statistics

Path = Union[str, "os.PathLike[str]"]

# Constants of more elements are left out where a person looks at a module.
SHOWN_ELEMENTS = 16


class Module:
    """A `builtin.module`: functions, and the weights they use.

    Made by `parse`, `load`, `import_onnx` or `import_llama`. `str(module)` is its text. What
    changes a module (`quantize`, `run`) leaves it as it was if it fails.
    Warnings of the compiler are Python warnings of the category `ptq.Warning`;
    its errors raise `ptq.Error`, which says where.
    """

    def __init__(self, native: "_ptq.Module"):
        self._native = native
        self._statistics: Optional[Statistics] = None

    @staticmethod
    def parse(source: Union[str, bytes], name: str = "<string>") -> "Module":
        """Reads MLIR text or bytecode.

        `name` is the file that diagnostics name; the folder it is in is where
        external parameters are looked for.
        """
        data = source.encode() if isinstance(source, str) else bytes(source)
        return Module(_ptq.Module.parse(data, name))

    @staticmethod
    def load(path: Path) -> "Module":
        """Reads a file of MLIR text or bytecode, or imports an ONNX model, if
        the name ends in `.onnx`."""
        name = os.fspath(path)
        return Module.import_onnx(name) if name.endswith(".onnx") else Module(_ptq.Module.load(name))

    @staticmethod
    def import_onnx(path: Path) -> "Module":
        """Imports an ONNX model as one function, named like its graph.

        docs/onnx.md lists the ops. Raises `ptq.Error` that names all ops of the
        model that are not among them, or says that ptq was built without ONNX.
        """
        return Module(_ptq.Module.import_onnx(os.fspath(path)))

    @staticmethod
    def import_llama(folder: Path, context: int = 0) -> "Module":
        """Imports the Hugging Face checkpoint of a Llama, Mistral or Qwen2.

        The functions are `prefill` and `decode`. Weights stay in their files.
        `context` is the longest sequence to prepare for, in tokens; 0 is what
        the checkpoint was made for.
        """
        return Module(_ptq.Module.import_llama(os.fspath(folder), context))

    def clone(self) -> "Module":
        """A copy. Constants are shared."""
        copy = Module(self._native.clone())
        copy._statistics = self._statistics
        return copy

    def save(self, path: Path) -> None:
        """Writes text, or bytecode if `path` ends in `.mlirbc`."""
        self._native.write(os.fspath(path))

    def run(self, pipeline: str) -> "Module":
        """Runs a pipeline of any passes, ours and MLIR's, in place; gives the
        module.

        >>> module.run("canonicalize,cse,ptq-quantize{recipe=w4a8-g32}")
        """
        self._native.run(pipeline)
        return self

    def quantize(
        self,
        recipe: str = "w8a8",
        *,
        statistics: Optional[Statistics] = None,
        range: Optional[str] = None,
        smoothquant: Optional[float] = None,
        skip: Optional[str] = None,
        scale: Optional[str] = None,
        recipe_file: Optional[Path] = None,
        fail_on_fallback: bool = False,
        parameters: Optional[Path] = None,
        root: Optional[Path] = None,
    ) -> Decisions:
        """Quantizes the linears of a float module in place.

        recipe: "w8a8", "w8a8-static", "w8a8-integer" (or "-fixed"), "w8a16",
            "w4a16-gN" or "w4a8-gN"; N is the size of groups.
        statistics: of `ptq.calibrate` on this module, which "w8a8-static" and
            `smoothquant` need; by default `module.statistics`, if the module
            is still the one that they are of.
        range: how the range of static activations is chosen: "minmax",
            "moving_average", "percentile:P", "entropy" or "mse" (default).
        smoothquant: move outliers of activations to weights; the alpha of
            SmoothQuant, from 0 to 1.
        skip: regular expression on the names of linears that stay float.
        scale: how scales are found: "absmax", "signed_max" or "search".
        recipe_file: YAML file of rules by name, which go before `recipe`.
        fail_on_fallback: raise if a linear stays float though no rule says so;
            else that is a `ptq.Warning`.
        parameters: safetensors file that receives the weights, which are else
            constants of the module.
        root: folder of the files that external parameters name; by default
            that of the module.

        Gives the decisions on all linears of the module. Raises `ptq.Error`
        for a bad recipe, for statistics that are missing or of another module,
        or for a weight that is not finite.
        """
        options = make_options(
            recipe=recipe,
            recipe_file=recipe_file,
            skip=skip,
            scale=scale,
            range=range,
            smoothquant=smoothquant,
            fail_on_fallback=fail_on_fallback,
            parameters=parameters,
            root=root,
        )
        if statistics is None:
            statistics = self._get_current_statistics(root)
        options.statistics = None if statistics is None else statistics._native
        return Decisions(self._native.quantize(options))

    def _get_current_statistics(self, root: Optional[Path]) -> Optional[Statistics]:
        """Those that are attached, unless the module has changed since."""
        if self._statistics is None:
            return None
        try:
            self._native.check_statistics(self._statistics._native, root if root is None else os.fspath(root))
        except Error:
            return None
        return self._statistics

    @property
    def statistics(self) -> Optional[Statistics]:
        """What the module's activations are like: set by `ptq.calibrate`, or to
        `ptq.Statistics.load(path)`; None before. Raises `ptq.Error` if set to
        statistics of another module."""
        return self._statistics

    @statistics.setter
    def statistics(self, statistics: Optional[Statistics]) -> None:
        if statistics is not None:
            self._native.check_statistics(statistics._native, None)
        self._statistics = statistics

    @property
    def decisions(self) -> Decisions:
        """What `quantize` decided, or a pass `ptq-quantize`; empty before."""
        return Decisions(self._native.get_decisions())

    def compile(
        self,
        cpu: str = "host",
        threads: int = 0,
        *,
        features: Optional[str] = None,
        root: Optional[Path] = None,
    ) -> "_ptq.Compiled":
        """Compiles the public functions for this machine.

        The result holds them as items and attributes, and can be called itself
        if there is only one: with a NumPy array for each tensor or memref, of
        its shape and element type, and a number for each scalar. It needs this
        module no more.

        cpu, features: as LLVM names them: "znver5", "+avx512vnni".
        threads: of a call; 0 is one for each processor. Results do not depend
            on it.

        >>> y = module.compile(threads=2)(x)
        """
        options = _ptq.CompileOptions()
        options.cpu, options.features = cpu, features
        options.threads = threads
        options.root = None if root is None else os.fspath(root)
        return self._native.compile(options)

    def emit(
        self,
        kind: str,
        path: Path,
        *,
        cpu: Optional[str] = None,
        features: Optional[str] = None,
        target: Optional[str] = None,
    ) -> None:
        """Compiles the module and writes its code to `path`.

        kind: "llvm" (text), "asm", "obj" or "shared"; the latter two with a C
            header beside them.
        target: triple of another machine, such as "aarch64-linux-gnu".
        """
        kinds = ("llvm", "asm", "obj", "shared")
        if kind not in kinds:
            raise ValueError(f"expects one of {', '.join(kinds)}, but got '{kind}'")
        options = _ptq.CompileOptions()
        options.cpu, options.features, options.triple = cpu, features, target
        self._native.emit(kinds.index(kind), os.fspath(path), options)

    def evaluate(self, name: str, *inputs: np.ndarray, num_results: int = 1) -> Any:
        """Computes the function `name` by the exact arithmetic, without code.

        Slow; of ptq ops and what folds. Gives an array, or a tuple of them if
        `num_results`, which has to be the function's, is not 1.
        """
        results = self._native.evaluate(name, [np.asarray(x) for x in inputs], num_results)
        return results[0] if num_results == 1 else tuple(results)

    def text(self, max_elements: Optional[int] = None) -> str:
        """The text of the module, without constants of more than `max_elements`
        elements; it cannot be parsed if some were left out."""
        return self._native.print(-1 if max_elements is None else max_elements)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        text = self.text(SHOWN_ELEMENTS)
        names = re.findall(r"^  func\.func (?!private)@(\S+?)\(", text, re.MULTILINE)
        return f"<ptq.Module with {', '.join(names) or 'no function'}>"

    def _repr_html_(self) -> str:
        decisions = self.decisions
        table = decisions._repr_html_() if decisions else ""
        return f"{table}<pre>{html.escape(self.text(SHOWN_ELEMENTS))}</pre>"
