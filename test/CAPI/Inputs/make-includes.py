# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make-includes.py HEADERS OUT: a C and a C++ file for each header, and their names."""
import pathlib
import sys

headers, out = map(pathlib.Path, sys.argv[1:])
out.mkdir(exist_ok=True)
names = sorted(path.stem for path in headers.glob("*.h"))
(out / "names").write_text(" ".join(names) + "\n")
for name in names:
    for suffix in ("c", "cpp"):
        (out / f"{name}.{suffix}").write_text(f'#include "ptq-c/{name}.h"\n')
