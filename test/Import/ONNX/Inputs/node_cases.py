# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The node conformance cases that python3-onnx carries, merged into few models.

A merged model holds every case of one operator set version, its names prefixed
with the case: one import, one compilation and one call run them all.
"""

import importlib
import os
import pkgutil
import subprocess
import warnings

import numpy as np

# The generators are older than NumPy 1.24.
for _name, _type in {"bool": bool, "float": float, "int": int, "object": object}.items():
    if _name not in np.__dict__:
        setattr(np, _name, _type)
warnings.filterwarnings("ignore")

import onnx
import onnx.backend.test.case.base as case_base
import onnx.backend.test.case.node as node_module
from onnx import TensorProto, helper, numpy_helper

#: Generators of ops that are not imported; the others may use some as well.
SKIPPED_MODULES = {
    "adagrad", "adam", "bernoulli", "bitshift", "blackmanwindow", "compress", "convtranspose", "det",
    "dft", "einsum", "eyelike", "gridsample", "gru", "hammingwindow", "hannwindow", "hardmax", "if",
    "loop", "lrn", "lstm", "maxunpool", "melweightmatrix", "momentum", "negativeloglikelihoodloss",
    "nonmaxsuppression", "nonzero", "onehot", "optionalgetelement", "optionalhaselement", "resize",
    "reversesequence", "rnn", "roialign", "scan", "scatter", "scatterelements", "scatternd",
    "sequence_map", "sequenceinsert", "shrink", "softmaxcrossentropy", "stft", "stringnormalizer",
    "tfidfvectorizer", "topk", "unique", "upsample"}


def collect(part=1, parts=1):
    """The cases of one part of the generators, each of which starts from a fixed
    seed."""
    case_base.process_snippet = lambda *_: ("", "")  # text for a page on the cases
    names = sorted(module.name for module in pkgutil.iter_modules(node_module.__path__))
    names = [name for name in names if name not in SKIPPED_MODULES]
    for name in names[part - 1::parts]:
        importlib.import_module(f"{node_module.__name__}.{name}")
    cases = {}
    for case in node_module._NodeTestCases:
        cases[case.name] = case  # a few are made twice
    return list(cases.values())


def is_tensor(info):
    return info.type.HasField("tensor_type") and info.type.tensor_type.elem_type != TensorProto.STRING


def opset(case):
    return next((o.version for o in case.model.opset_import if o.domain in ("", "ai.onnx")), 1)


def bind(case, constants):
    """The model with the inputs of these names as constants."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    inputs, values = [], []
    for info, value in zip(model.graph.input, case.data_sets[0][0]):
        # Some cases of bfloat16 declare other shapes than they have.
        dims = info.type.tensor_type.shape.dim
        del dims[np.ndim(value):]
        for dim, size in zip(dims, np.shape(value)):
            dim.dim_value = size
        if info.name in constants:
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), info.name))
        else:
            inputs.append(info)
            values.append(np.asarray(value))
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    return model, values


def prefixed(graph, prefix):
    """The graph with every name under the prefix; an empty name stays empty."""
    result = onnx.GraphProto()
    result.CopyFrom(graph)
    for node in result.node:
        node.input[:] = [name and prefix + name for name in node.input]
        node.output[:] = [name and prefix + name for name in node.output]
        node.name = prefix + node.name
    for item in (*result.input, *result.output, *result.initializer):
        item.name = prefix + item.name
    return result


def merge(graphs, version):
    merged = onnx.GraphProto(name="cases")
    for index, graph in enumerate(graphs):
        part = prefixed(graph, f"case{index}_")
        merged.node.extend(part.node)
        merged.input.extend(part.input)
        merged.output.extend(part.output)
        merged.initializer.extend(part.initializer)
    return helper.make_model(merged, opset_imports=[helper.make_opsetid("", version),
                                                    helper.make_opsetid("com.microsoft", 1)])


def to_bits(array, onnx_type):
    """What ptq-run reads: integers have no sign there, bfloat16 is two bytes."""
    array = np.ascontiguousarray(array) if np.ndim(array) else np.asarray(array)
    if onnx_type == TensorProto.BFLOAT16:
        return array.view("V2")
    signed = {"uint16": np.int16, "uint32": np.int32, "uint64": np.int64}.get(array.dtype.name)
    return array.view(signed) if signed else array


def run(model, inputs, folder, name, options=()):
    """Imports and compiles a model and calls it; the outputs, or an error."""
    path = os.path.join(folder, name)
    onnx.save(model, path + ".onnx")
    steps = [["ptq-translate", "--import-onnx", path + ".onnx", "-o", path + ".mlir"],
             ["ptq-run", path + ".mlir", *options]]
    for index, value in enumerate(inputs):
        np.save(f"{path}.in{index}.npy", to_bits(value, model.graph.input[index].type.tensor_type.elem_type))
        steps[1].append(f"--input={path}.in{index}.npy")
    outputs = [f"{path}.out{index}.npy" for index in range(len(model.graph.output))]
    steps[1] += [f"--output={output}" for output in outputs]
    for step in steps:
        result = subprocess.run(step, capture_output=True, text=True)
        if result.returncode:
            return None, f"{step[0]} ended with {result.returncode}: {result.stderr[:2000]}"
    return [np.load(output) for output in outputs], None


def compare(expected, actual, rtol=1e-3, atol=1e-7):
    """What is wrong, if anything: integers have to be equal, floats near."""
    expected = np.asarray(expected)
    is_bfloat = actual.dtype.kind == "V"  # the cases hold its bits
    if is_bfloat:
        actual = actual.view(np.uint16)
    if expected.dtype.name in ("uint8", "uint16", "uint32", "uint64"):
        actual = actual.view(expected.dtype) if actual.dtype.itemsize == expected.dtype.itemsize else actual
    if actual.dtype != expected.dtype:
        return f"expects {expected.dtype}, but got {actual.dtype}"
    if actual.shape != expected.shape:
        return f"expects shape {expected.shape}, but got {actual.shape}"
    if expected.dtype.kind != "f" and not is_bfloat:
        wrong = int(np.sum(expected != actual))
        return f"{wrong} of {expected.size} integers differ" if wrong else None
    try:
        np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)
    except AssertionError as error:
        return " ".join(str(error).split())[:200]
    return None
