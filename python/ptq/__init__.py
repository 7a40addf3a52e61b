# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Python side of ptq.

`ptq.numpy_reference` is the exact arithmetic of docs/spec.md in NumPy: an
oracle that shares no code with the C++ reference, for tests.
"""
