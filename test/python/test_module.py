# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Modules are read, shown, transformed and written."""

import pytest

import ptq
from conftest import LINEAR, make_linear


def test_text_and_bytecode_round_trip(linear, tmp_path):
    for name in ("linear.mlir", "linear.mlirbc"):
        linear.save(tmp_path / name)
        assert str(ptq.Module.load(tmp_path / name)) == str(linear)
    assert (tmp_path / "linear.mlirbc").read_bytes()[:4] == b"ML\xefR"
    bytecode = (tmp_path / "linear.mlirbc").read_bytes()
    assert str(ptq.Module.parse(bytecode)) == str(linear)


def test_repr_names_functions(linear):
    assert repr(linear) == "<ptq.Module with fc>"


def test_notebooks_show_decisions_and_escaped_text(linear):
    assert "<table>" not in linear._repr_html_()
    linear.quantize()
    shown = linear._repr_html_()
    assert "<td>fc.matmul.0</td><td>w8a8</td>" in shown
    assert "tensor&lt;?x8xf32&gt;" in shown and "tensor<" not in shown


def test_large_constants_are_left_out_on_demand(linear):
    assert "__elided__" not in str(linear)
    assert "__elided__" in linear.text(4)


def test_run_changes_this_module_and_no_clone_of_it(linear):
    clone = linear.clone()
    assert linear.run("builtin.module(ptq-quantize{recipe=w4a16-g4},cse)") is linear
    assert "ptq.matmul" in str(linear) and "ptq.matmul" not in str(clone)


def test_a_pipeline_that_fails_leaves_the_module(linear):
    before = str(linear)
    with pytest.raises(ptq.Error, match="^linear.mlir: expects attribute ptq.linears$"):
        linear.run("canonicalize,ptq-verify-quantized")
    assert str(linear) == before


def test_wrong_pipelines_are_named(linear):
    with pytest.raises(ptq.Error, match="'no-such-pass' does not refer to a registered pass"):
        linear.run("no-such-pass")


def test_errors_say_where():
    with pytest.raises(ptq.Error) as caught:
        ptq.Module.parse(LINEAR.replace("tensor.empty(%m)", "tensor.empty()").replace("WEIGHT", "dense<0.0>"), "wrong.mlir")
    assert str(caught.value).startswith("wrong.mlir:7:")
    first = caught.value.diagnostics[0]
    assert (first.severity, first.file, first.line) == ("error", "wrong.mlir", 7)
    assert str(first) == str(caught.value)


def test_notes_follow_their_error():
    with pytest.raises(ptq.Error) as caught:
        ptq.Module.parse("func.func @f() {\n  return\n}\nfunc.func @f() {\n  return\n}\n", "twice.mlir")
    assert [(d.severity, d.line) for d in caught.value.diagnostics] == [("error", 4), ("note", 1)]


def test_missing_files_are_named(tmp_path):
    with pytest.raises(ptq.Error, match="no-such.mlir: No such file or directory"):
        ptq.Module.load(tmp_path / "no-such.mlir")
    with pytest.raises(ptq.Error, match="no-such/x.mlir: No such file or directory"):
        make_linear().save(tmp_path / "no-such" / "x.mlir")
    with pytest.raises(ptq.Error, match="config.json: No such file or directory"):
        ptq.Module.import_llama(tmp_path)


def test_broken_bytecode_is_refused(linear, tmp_path):
    linear.save(tmp_path / "linear.mlirbc")
    whole = (tmp_path / "linear.mlirbc").read_bytes()
    for size in range(4, len(whole), 101):
        with pytest.raises(ptq.Error):
            ptq.Module.parse(whole[:size], "broken.mlirbc")


def test_checkpoints_are_imported(checkpoint):
    module = ptq.Module.import_llama(checkpoint, context=16)
    assert repr(module) == "<ptq.Module with prefill, decode>"


def test_public_names_exist():
    for name in ptq.__all__:
        assert getattr(ptq, name) is not None
    assert set(ptq.__all__) < set(dir(ptq))
    with pytest.raises(AttributeError, match="no_such"):
        ptq.no_such
