# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What goes wrong, and where."""

import os
import sys
import warnings
from typing import NamedTuple, Optional


class Diagnostic(NamedTuple):
    """What the compiler says of a place in a file."""

    severity: str
    """"error", "warning", "note" (on the one before it) or "remark"."""
    message: str
    file: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in self[2:] if part is not None)
        return f"{place}: {self.message}" if place else self.message


class Error(Exception):
    """A module, file, option or array is not what it has to be.

    The text is one line, which begins with the file, line and column if they
    are known. `diagnostics` holds all that was said, with the notes.
    """

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()):
        super().__init__(message)
        self.diagnostics = diagnostics


class Warning(UserWarning):
    """A linear stays float, or something else that may not be meant.

    `diagnostic` says where.
    """

    def __init__(self, diagnostic: Diagnostic):
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


def warn(diagnostic: Diagnostic) -> None:
    """Warns as of the code that called the package. Notes and remarks, which
    add to a warning, are left to what it says."""
    if diagnostic.severity != "warning":
        return
    folder = os.path.dirname(__file__)
    level, frame = 1, sys._getframe()
    while frame is not None and os.path.dirname(frame.f_code.co_filename) == folder:
        level, frame = level + 1, frame.f_back
    warnings.warn(Warning(diagnostic), stacklevel=level)


# As which they are known.
for _type in (Diagnostic, Error, Warning):
    _type.__module__ = "ptq"
