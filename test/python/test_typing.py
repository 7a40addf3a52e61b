# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The stub of the extension says what is there; the package is documented."""

import ast
import inspect
import pathlib

import pytest

import ptq
from ptq import _ptq

FOLDER = pathlib.Path(ptq.__file__).parent


def read_stub():
    """Members of each class of the stub, and what is outside of them under ""."""
    members = {"": set()}
    for node in ast.parse((FOLDER / "_ptq.pyi").read_text()).body:
        if isinstance(node, ast.ClassDef):
            members[node.name] = {
                part.target.id if isinstance(part, ast.AnnAssign) else part.name
                for part in node.body
                if isinstance(part, (ast.AnnAssign, ast.FunctionDef))
            }
        elif isinstance(node, ast.FunctionDef):
            members[""].add(node.name)
    return members


def is_shown(name):
    return not name.startswith("_")


def test_the_package_is_typed():
    assert (FOLDER / "py.typed").exists()


def test_the_stub_has_each_class_and_function():
    stub = read_stub()
    there = {name for name in vars(_ptq) if is_shown(name)}
    assert there == {name for name in stub if name} | stub[""]


@pytest.mark.parametrize("name", sorted(name for name in read_stub() if name))
def test_the_stub_has_each_member(name):
    there = {member for member in vars(getattr(_ptq, name)) if is_shown(member)}
    assert there == {member for member in read_stub()[name] if is_shown(member)}


@pytest.mark.parametrize("name", sorted(set(ptq.__all__) - {"numpy_reference", "llm"}))
def test_public_names_are_documented(name):
    value = getattr(ptq, name)
    assert inspect.getdoc(value)
    if not inspect.isclass(value) or issubclass(value, (tuple, Exception)):
        return
    for member, part in vars(value).items():
        if is_shown(member) and (callable(part) or isinstance(part, (property, staticmethod))):
            assert inspect.getdoc(part), f"{name}.{member}"
