# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Language models: quantize them, generate text, measure perplexity.

    model = ptq.llm.load("TinyLlama-1.1B").quantize(recipe="w4a8-g32")
    print(model.generate("Once upon a time", tokens=64))
"""

import os
import tempfile
from typing import Callable, NamedTuple, Optional, Union

import numpy as np

from . import _ptq
from .decisions import Decisions, make_options
from .statistics import Statistics
from .statistics import make_options as make_calibrate_options

Path = Union[str, "os.PathLike[str]"]


class Generation(str):
    """The prompt and what follows it; `tokens` are those that were generated,
    and the speeds are in tokens per second."""

    tokens: list[int]
    prefill_speed: float
    decode_speed: float


class Perplexity(NamedTuple):
    """How well a model predicts a text. What compares with a reference is None
    without one."""

    perplexity: float
    num_tokens: int
    """Number of predicted tokens."""
    reference_perplexity: Optional[float] = None
    mean_divergence: Optional[float] = None
    """Of the distributions of the next token, reference || model, in nats."""
    divergence_99: Optional[float] = None
    max_divergence: Optional[float] = None
    same_top1: Optional[float] = None
    """Fraction of tokens for which both models expect the same one most."""


def load(
    folder: Path, *, context: int = 0, cpu: Optional[str] = None, threads: int = 0, verify: bool = False
) -> "Model":
    """Opens a Hugging Face checkpoint of a Llama, Mistral or Qwen2, or a package
    that `Model.quantize` made of one.

    context: longest sequence to prepare for, in tokens; 0 is what the
        checkpoint was made for.
    cpu: as LLVM names it; default this machine's.
    threads: 0 is one for each processor.
    verify: check the checksums of a package's large files, too.

    It is compiled when it is first run. Raises `ptq.Error` if `folder` has no
    model.
    """
    return Model(folder, context=context, cpu=cpu, threads=threads, verify=verify)


class Model:
    """A language model in a folder. Made by `load` and by `quantize`."""

    def __init__(self, folder: Path, *, context=0, cpu=None, threads=0, verify=False):
        self.path = os.fspath(folder)
        self.decisions = Decisions()
        """Of the linears, if `quantize` made this model."""
        self.float_bytes: Optional[int] = None
        self.bytes: Optional[int] = None
        """Of all weight files, before and after, if `quantize` made this model."""
        self._options = {"context": context, "cpu": cpu, "threads": threads, "verify": verify}
        self._folder: Optional[tempfile.TemporaryDirectory] = None
        self._native: Optional[_ptq.LanguageModel] = None
        if not os.path.exists(os.path.join(self.path, "config.json")):
            from .errors import Error

            raise Error(f"{self.path}: expects a folder with a config.json")

    def _compiled(self) -> "_ptq.LanguageModel":
        if self._native is None:
            o = self._options
            self._native = _ptq.LanguageModel(self.path, o["cpu"], o["threads"], o["context"], o["verify"])
        return self._native

    def quantize(
        self,
        recipe: str = "w8a8",
        *,
        output: Optional[Path] = None,
        statistics: Optional[Statistics] = None,
        range: Optional[str] = None,
        smoothquant: Optional[float] = None,
        skip: Optional[str] = None,
        scale: Optional[str] = None,
        recipe_file: Optional[Path] = None,
        fail_on_fallback: bool = False,
        progress: Optional[Callable[[str, int, int], object]] = None,
    ) -> "Model":
        """Quantizes a checkpoint; gives the model of the package.

        output: folder to write, which is replaced if it is a package. Without
            it, the package is in a temporary folder that goes with the model.
        statistics: of `calibrate` or `ptq-llm calibrate`.
        progress: called with the step, and what of how much is done (0 of 0 if
            that is not known).

        The other options are those of `ptq.Module.quantize`. The decisions are
        in `decisions` of the result.
        """
        folder = None
        if output is None:
            folder = tempfile.TemporaryDirectory(prefix="ptq-")
            output = os.path.join(folder.name, "package")
        options = make_options(
            recipe=recipe,
            recipe_file=recipe_file,
            skip=skip,
            scale=scale,
            range=range,
            smoothquant=smoothquant,
            fail_on_fallback=fail_on_fallback,
        )
        options.statistics = None if statistics is None else statistics._native
        rows, float_bytes, package_bytes = _ptq.quantize_language_model(
            self.path, os.fspath(output), options, self._options["context"], progress
        )
        model = Model(output, **self._options)
        model._folder = folder
        model.decisions = Decisions(rows)
        model.float_bytes, model.bytes = float_bytes, package_bytes
        return model

    def calibrate(
        self,
        text: str,
        *,
        observers: str = "all",
        samples: int = 128,
        length: int = 512,
        seed: int = 0,
        recipe: Optional[str] = None,
        recipe_file: Optional[Path] = None,
        skip: Optional[str] = None,
        skip_positions: int = 0,
        progress: Optional[Callable[[str, int, int], object]] = None,
    ) -> Statistics:
        """Runs a checkpoint on sequences of the documents of `text`, which blank
        lines separate; gives statistics of the inputs of its linears.

        samples: sequences to take, 0 takes all; `seed` is of their choice.
        length: tokens of a sequence.

        The other options are those of `ptq.calibrate` and `quantize`.
        """
        options = make_calibrate_options(
            observers=observers,
            recipe=recipe,
            recipe_file=recipe_file,
            skip=skip,
            skip_positions=skip_positions,
            cpu=self._options["cpu"],
            threads=self._options["threads"],
        )
        return Statistics(
            _ptq.calibrate_language_model(self.path, text, length, samples, seed, options, progress)
        )

    def generate(
        self,
        prompt: str,
        *,
        tokens: int = 128,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        stream: Optional[Callable[[str], object]] = None,
    ) -> Generation:
        """Continues `prompt` by at most `tokens` tokens.

        temperature: 0 takes the most likely token.
        top_p: sample from the most likely tokens that have this probability
            together, in (0, 1].
        seed: of the random numbers: the same seed gives the same text.
        stream: called with each piece of text as it is generated.
        """
        write = None if stream is None else _make_decoder(stream)
        text, numbers, prefill, decode = self._compiled().generate(prompt, tokens, temperature, top_p, seed, write)
        if write:
            write(b"", final=True)
        result = Generation(text.decode(errors="replace"))
        result.tokens, result.prefill_speed, result.decode_speed = numbers, prefill, decode
        return result

    def perplexity(
        self,
        text: str,
        *,
        against: Optional["Model"] = None,
        window: int = 0,
        progress: Optional[Callable[[str, int, int], object]] = None,
    ) -> Perplexity:
        """Measures how well the model predicts the documents of `text`, which
        blank lines separate.

        against: model to compare the predictions with, such as the float one.
        window: tokens of a sequence; 0 is the context length.
        """
        reference = None if against is None else against._compiled()
        return Perplexity(**self._compiled().measure_perplexity(text, reference, window, progress))

    def tokenize(self, text: str) -> np.ndarray:
        """The tokens of `text`, i64, without any that mark its beginning or end."""
        return self._compiled().tokenize(text)

    def detokenize(self, tokens) -> str:
        """The text that `tokens` spell."""
        return self._compiled().detokenize(tokens).decode(errors="replace")

    def logits(self, tokens, position: int = 0) -> np.ndarray:
        """The logits after each of `tokens`: [tokens, vocabulary], f32.

        They come behind the first `position` tokens of the sequence; 0 starts a
        new one.
        """
        return self._compiled().forward(tokens, position)

    @property
    def vocabulary_size(self) -> int:
        return self._compiled().vocabulary_size

    @property
    def context_length(self) -> int:
        """Number of tokens that a sequence may have."""
        return self._compiled().context_length

    def __repr__(self) -> str:
        bits = self.decisions.bits_per_weight
        return f"<ptq.llm.Model {self.path}" + (f", {bits:.2f} bits per weight>" if bits else ">")


def _make_decoder(stream):
    """Gives `stream` text of pieces of bytes that may split a character."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def write(piece: bytes, final: bool = False) -> None:
        text = decoder.decode(piece, final)
        if text:
            stream(text)

    return write
