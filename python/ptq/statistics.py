# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calibration: run a module on samples, see what its activations are like."""

import os
import sys
from typing import TYPE_CHECKING, Callable, Iterable, Iterator, Optional, Sequence, Union

import numpy as np

from . import _ptq

if TYPE_CHECKING:
    from .module import Module

Path = Union[str, "os.PathLike[str]"]
Sample = Union[np.ndarray, Sequence[np.ndarray]]
Progress = Union[bool, Callable[[int, Optional[int]], object]]


class ObservedTensor:
    """What is known of the input of some linears, seen as rows of channels.

    `tensor[observer]` is what an observer found:

    | observer                          | array                              |
    |-----------------------------------|------------------------------------|
    | "minmax", "moving_average"        | f32 [2], smallest and largest      |
    | "absmax"                          | f32 scalar                         |
    | "channel_absmax"                  | f32 [channels]                     |
    | "token_absmax"                    | i64 [64], rows in each octave      |
    | "mean", "mean_abs", "mean_square" | f64 [channels]                     |
    | "histogram", "histogram_edges"    | i64 [bins], f64 [bins + 1]         |
    | "gram"                            | f64 [channels, channels], the mean |

    Raises `ptq.Error` for one that did not watch, or saw nothing.
    """

    name: str
    linears: tuple[str, ...]
    observers: tuple[str, ...]
    num_channels: int
    samples: int
    tokens: int
    """Rows that the observers saw; `values` counts the values in them."""
    values: int
    skipped_rows: int
    non_finite_rows: int
    masked_rows: int

    def __init__(self, owner: "_ptq.Statistics", index: int):
        self._owner, self._index = owner, index
        vars(self).update(owner.get_tensor(index))

    def __getitem__(self, observer: str) -> np.ndarray:
        return self._owner.get_values(self._index, observer)

    def __repr__(self) -> str:
        return f"<ptq.ObservedTensor {self.name}: {self.tokens} tokens of {self.samples} samples>"


class Statistics:
    """What the inputs of the linears of one model are like.

    A sequence of `ObservedTensor`; an item may also be asked for by the name of
    the tensor, or of a linear whose input it is.
    """

    def __init__(self, native: "_ptq.Statistics"):
        self._native = native

    @staticmethod
    def load(path: Path) -> "Statistics":
        """Reads a file of `save` or of `ptq-llm calibrate`."""
        return Statistics(_ptq.Statistics.load(os.fspath(path)))

    def save(self, path: Path) -> None:
        """Writes a safetensors file: the same statistics, the same bytes."""
        self._native.save(os.fspath(path))

    def merge(self, other: "Statistics") -> "Statistics":
        """Adds what was seen in another run on the same model; gives itself.

        Shards of whole samples, merged in any order, give the bits of one run.
        """
        self._native.merge(other._native)
        return self

    @property
    def model(self) -> str:
        """The hash of the model."""
        return self._native.model

    def __len__(self) -> int:
        return len(self._native)

    def __iter__(self) -> Iterator[ObservedTensor]:
        return (self._get(index) for index in range(len(self)))

    def __getitem__(self, key: Union[int, str]) -> ObservedTensor:
        if isinstance(key, str):
            for tensor in self:
                if key == tensor.name or key in tensor.linears:
                    return tensor
            raise KeyError(key)
        return self._get(range(len(self))[key])

    def _get(self, index: int) -> ObservedTensor:
        return ObservedTensor(self._native, index)

    def __repr__(self) -> str:
        return f"<ptq.Statistics of {len(self)} tensors>"


def make_options(**values) -> "_ptq.CalibrateOptions":
    """Options of the extension from those that are not None."""
    options = _ptq.CalibrateOptions()
    for name, value in values.items():
        if value is not None:
            setattr(options, name, os.fspath(value) if isinstance(value, os.PathLike) else value)
    return options


def calibrate(
    module: "Module",
    batches: Iterable[Sample],
    *,
    entry: Optional[str] = None,
    observers: str = "all",
    recipe: Optional[str] = None,
    recipe_file: Optional[Path] = None,
    skip: Optional[str] = None,
    skip_positions: int = 0,
    threads: int = 0,
    progress: Progress = True,
) -> Statistics:
    """Runs a float module on samples; gives statistics of the inputs of the
    linears that `recipe` would quantize, and attaches them to the module.

    batches: samples, each an array or, for a function of several arguments, a
        sequence of arrays.
    entry: the function to run; not needed if there is only one.
    observers: "all", or some of those of `ObservedTensor`, with commas between.
    skip_positions: rows left out at the start of each sample.
    progress: True shows how far it is on a terminal, and nothing elsewhere; or
        a function of the samples that are done, and of all (None if that is
        not known).

    Raises `ptq.Error` if a sample does not fit the function.
    """
    options = make_options(
        observers=observers,
        recipe=recipe,
        recipe_file=recipe_file,
        skip=skip,
        skip_positions=skip_positions,
        threads=threads,
    )
    calibrator = module._native.create_calibrator(entry, options)
    total = len(batches) if hasattr(batches, "__len__") else None
    report = _show_progress if progress is True else progress or (lambda done, total: None)
    for done, sample in enumerate(batches, start=1):
        arrays = [sample] if isinstance(sample, np.ndarray) else list(sample)
        calibrator.run([np.asarray(array) for array in arrays])
        report(done, total)
    if progress is True:
        _show_progress(None, None)
    statistics = Statistics(calibrator.copy_statistics())
    module.statistics = statistics
    return statistics


def _show_progress(done: Optional[int], total: Optional[int]) -> None:
    """One line of a terminal; the line is cleared without `done`."""
    if not sys.stderr.isatty():
        return
    text = "" if done is None else f"{done} of {total} samples" if total else f"{done} samples"
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


for _type in (ObservedTensor, Statistics, calibrate):
    _type.__module__ = "ptq"
