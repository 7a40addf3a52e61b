# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Modules that tests share. Without an installed package, that of the build in
build/ is tested."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

if importlib.util.find_spec("ptq") is None:
    sys.path.insert(0, str(ROOT / "build" / "python"))

import ptq  # noqa: E402

def can_import_onnx():
    """Whether ptq was built with ONNX, and there is something to make models with."""
    try:
        ptq.Module.import_onnx("no-such.onnx")
    except ptq.Error as error:
        return "built without ONNX" not in str(error) and importlib.util.find_spec("onnx") is not None


collect_ignore = [] if can_import_onnx() else ["test_onnx.py"]

LINEAR = """
func.func @fc(%x: tensor<?x8xf32>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x8xf32>
  %w = arith.constant WEIGHT : tensor<8x3xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%m) : tensor<?x3xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x3xf32>) -> tensor<?x3xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x3xf32>) outs(%init : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
"""

FUNCTIONS = """
func.func @add(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = arith.addf %x, %y : tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}
func.func @f16(%x: tensor<?xf16>) -> tensor<?xf16> {
  %0 = arith.addf %x, %x : tensor<?xf16>
  return %0 : tensor<?xf16>
}
func.func @bf16(%x: tensor<?xbf16>) -> tensor<?xbf16> {
  %0 = arith.addf %x, %x : tensor<?xbf16>
  return %0 : tensor<?xbf16>
}
func.func @i8(%x: tensor<?xi8>) -> tensor<?xi8> {
  %0 = arith.addi %x, %x : tensor<?xi8>
  return %0 : tensor<?xi8>
}
func.func @i32(%x: tensor<?x?xi32>) -> tensor<?x?xi32> {
  %0 = arith.addi %x, %x : tensor<?x?xi32>
  return %0 : tensor<?x?xi32>
}
func.func @i64(%x: tensor<?xi64>) -> tensor<?xi64> {
  %0 = arith.addi %x, %x : tensor<?xi64>
  return %0 : tensor<?xi64>
}
func.func @i1(%x: tensor<?xi1>, %y: tensor<?xi1>) -> tensor<?xi1> {
  %0 = arith.xori %x, %y : tensor<?xi1>
  return %0 : tensor<?xi1>
}
func.func @echo(%x: tensor<2x2xi8>) -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  return %x, %x : tensor<2x2xi8>, tensor<2x2xi8>
}
func.func @fill(%x: memref<?x2xf32>, %value: f32) {
  linalg.fill ins(%value : f32) outs(%x : memref<?x2xf32>)
  return
}
func.func @scalars(%x: i64, %y: f32, %i: index) -> (i64, f32, index) {
  %0 = arith.addi %x, %x : i64
  %1 = arith.addf %y, %y : f32
  %2 = arith.addi %i, %i : index
  return %0, %1, %2 : i64, f32, index
}
func.func @sum(%x: tensor<?xf32>) -> f32 {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %0 = linalg.reduce ins(%x : tensor<?xf32>) outs(%zero : tensor<f32>) dimensions = [0]
    (%a: f32, %b: f32) {
      %1 = arith.addf %a, %b : f32
      linalg.yield %1 : f32
    }
  %2 = tensor.extract %0[] : tensor<f32>
  return %2 : f32
}
"""

WEIGHT = np.random.default_rng(7).standard_normal((8, 3)).astype(np.float32)


def make_linear(weight=WEIGHT, name="linear.mlir"):
    return ptq.Module.parse(LINEAR.replace("WEIGHT", f"dense<{weight.tolist()}>"), name)


def run_tool(name, *arguments):
    """Runs a tool of the package's prefix, of the path, or of build/."""
    folders = [pathlib.Path(ptq.__file__).parents[4] / "bin", *os.get_exec_path(), ROOT / "build" / "bin"]
    tool = shutil.which(name, path=os.pathsep.join(map(str, folders)))
    assert tool, f"expects {name} to be installed"
    return subprocess.run([tool, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def linear():
    return make_linear()


@pytest.fixture(scope="session")
def functions():
    """Compiled, with every way to pass a value."""
    return ptq.Module.parse(FUNCTIONS, "functions.mlir").compile(threads=2)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """A Llama of one layer with random weights."""
    folder = tmp_path_factory.mktemp("checkpoint") / "llama"
    shape = "--hidden 32 --intermediate 48 --layers 1 --heads 2 --kv-heads 1 --vocabulary 300 --context 48".split()
    subprocess.run([sys.executable, ROOT / "tools/dev/make-random-llama", folder, *shape], check=True)
    return folder
