# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the node conformance cases of the ops that can be imported.

    run_node_cases.py FOLDER PART/PARTS   a part of them, such as 1/3
    run_node_cases.py FOLDER RE           these cases, each in a model of its own
"""

import collections
import os
import re
import subprocess
import sys

import node_cases as nodes

#: Cases that are left out although their ops are in the table, and why.
EXCLUDED = {
    name: reason
    for names, reason in (
        (("test_training_dropout", "test_training_dropout_default", "test_training_dropout_default_mask",
          "test_training_dropout_mask", "test_training_dropout_zero_ratio", "test_training_dropout_zero_ratio_mask"),
         "Dropout is imported for inference"),
        ([f"test_reduce_log_sum_exp_{kind}_{data}" for data in ("example", "random") for kind in
          ("default_axes_keepdims", "do_not_keepdims", "keepdims", "negative_axes_keepdims")],
         "no exp of double in compiled code: it would be a call of the mathematical library"),
    )
    for name in names
}

#: Operands that say how many dimensions there are, or which: constants in the
#: models that people have, and here.
CONSTANTS = {("ReduceSum", 1), ("Squeeze", 1), ("Unsqueeze", 1)}


#: Nodes in one function. Compilation takes about linear time up to here, and
#: starting the tools as long as three cases.
NODES = 48


def split(cases):
    """Lists of cases that are compiled together."""
    parts, count = [[]], 0
    for case in cases:
        size = len(case.model.graph.node)
        if parts[-1] and count + size > NODES:
            parts.append([])
            count = 0
        parts[-1].append(case)
        count += size
    return parts


def structural_inputs(case):
    return {node.input[index] for node in case.model.graph.node for op, index in CONSTANTS
            if node.op_type == op and len(node.input) > index}


def select(part, parts):
    ops = set(subprocess.run(["ptq-translate", "--list-onnx-ops"], check=True, capture_output=True, text=True).stdout.split())
    cases = []
    for case in nodes.collect(part, parts):
        graph = case.model.graph
        if not all(map(nodes.is_tensor, (*graph.input, *graph.output))):
            continue  # sequences and strings
        if all((node.domain + "." if node.domain else "") + node.op_type in ops for node in graph.node):
            cases.append(case)
    return cases


def check(cases, folder, name):
    """Runs cases of one version together; yields a case and what is wrong."""
    models = [nodes.bind(case, structural_inputs(case)) for case in cases]
    merged = nodes.merge([model.graph for model, _ in models], nodes.opset(cases[0]))
    outputs, error = nodes.run(merged, [value for _, values in models for value in values], folder, name)
    position = 0
    for case in cases:
        expected = case.data_sets[0][1]
        problems = [error] if error else [
            nodes.compare(value, outputs[position + i], case.rtol, case.atol) for i, value in enumerate(expected)]
        position += len(expected)
        yield case, next(filter(None, problems), None)


def main():
    folder, which = sys.argv[1:]
    numbers = re.fullmatch(r"(\d+)/(\d+)", which)
    pattern = None if numbers else which
    groups = collections.defaultdict(list)
    cases = select(*map(int, numbers.groups())) if numbers else select(1, 1)
    left_out = [case for case in cases if case.name in EXCLUDED]
    cases = [case for case in cases if case.name not in EXCLUDED]
    if pattern:
        cases = [case for case in cases if re.search(pattern, case.name)]
    for case in cases:
        groups[case.name if pattern else f"opset{nodes.opset(case)}"].append(case)
    failed = 0
    for name, group in sorted(groups.items()):
        for index, part in enumerate(split(group)):
            for case, problem in check(part, folder, f"{name}-{index}"):
                if problem:
                    failed += 1
                    print(f"{case.name}: {problem}")
    for case in left_out:
        print(f"excluded {case.name}: {EXCLUDED[case.name]}")
    constant = sum(any(info.name in structural_inputs(case) for info in case.model.graph.input) for case in cases)
    print(f"{len(cases) - failed} cases passed, {failed} failed, {constant} with constant axes, {len(left_out)} excluded")


if __name__ == "__main__":
    main()
