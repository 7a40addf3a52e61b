# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recipes, and what became of each linear."""

import html
from typing import NamedTuple, Optional

from . import _ptq


class Decision(NamedTuple):
    """What became of one linear."""

    name: str
    format: str
    """As a recipe file spells it: "w8a8", "w4a8-g32", ..., or "float"."""
    bits_per_weight: Optional[float] = None
    """With scales; None for "float"."""
    sqnr: Optional[float] = None
    """Signal to quantization noise ratio of the weight in dB, infinite without
    noise; None for "float"."""
    num_weights: int = 0
    """0 for "float"."""
    reason: Optional[str] = None
    """Why it is "float"; else None."""


class Decisions(tuple[Decision, ...]):
    """Decisions in the order of the module. Printed, they are a table."""

    def __new__(cls, rows=()):
        return super().__new__(cls, (Decision(*row) for row in rows))

    def __getitem__(self, key):
        """A decision by its index, or by the name of the linear."""
        if not isinstance(key, str):
            return super().__getitem__(key)
        for decision in self:
            if decision.name == key:
                return decision
        raise KeyError(key)

    @property
    def bits_per_weight(self) -> Optional[float]:
        """The mean over the weights that are quantized; None if none is."""
        quantized = [d for d in self if d.bits_per_weight is not None]
        total = sum(d.num_weights for d in quantized)
        return sum(d.bits_per_weight * d.num_weights for d in quantized) / total if total else None

    def _rows(self) -> list[tuple[str, str, str, str, str]]:
        def number(value):
            return "" if value is None else f"{value:.2f}"

        return [(d.name, d.format, number(d.bits_per_weight), number(d.sqnr), d.reason or "") for d in self]

    def __str__(self) -> str:
        rows = [("linear", "format", "bits", "dB", "reason"), *self._rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        return "\n".join(
            f"{n:<{widths[0]}}  {f:<{widths[1]}}  {b:>{widths[2]}}  {s:>{widths[3]}}  {r}".rstrip()
            for n, f, b, s, r in rows
        )

    def __repr__(self) -> str:
        return f"<ptq.Decisions on {len(self)} linears>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("linear", "format", "bits", "dB", "reason"))
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self._rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def make_options(**values) -> _ptq.QuantizeOptions:
    """Options of the extension from those that are not None."""
    options = _ptq.QuantizeOptions()
    for name, value in values.items():
        if value is not None:
            setattr(options, name, value if isinstance(value, (bool, str)) else str(value))
    return options


def get_format(
    linear: str,
    *,
    recipe: str = "w8a8",
    recipe_file: Optional[str] = None,
    skip: Optional[str] = None,
    is_table: bool = False,
) -> str:
    """The format that a recipe gives a linear of this name.

    `is_table`: the weight is the table of an embedding, too. The other options
    are those of `Module.quantize`. Raises `ptq.Error` for a bad recipe.

    >>> ptq.get_format("lm_head", recipe="w4a8-g32")
    'w8a8'
    """
    options = make_options(recipe=recipe, recipe_file=recipe_file, skip=skip)
    return _ptq.get_format(options, linear, is_table)


Decision.__module__ = Decisions.__module__ = get_format.__module__ = "ptq"
