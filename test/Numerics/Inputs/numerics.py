# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Modules that hold the reference against NumPy and against compiled code.

    numerics.py expected             functions of constants, to evaluate
    numerics.py compare EVALUATED    their results against NumPy
    numerics.py checks [RE]          compiled functions beside constants to evaluate
    numerics.py prints [RE]          the same with a @main that prints
    numerics.py report COUNTS [RE]   what they counted: .npy, or text of a memref

RE names the cases to take.
"""

import re
import sys

import numpy as np

import cases as lists
from ptq import numpy_reference as exact

ROWS = (1, 2, 3, 7, 16, 33)
INFINITY = {"f32": 0x7F800000, "f16": 0x7C00, "bf16": 0x7F80}


def attribute(tensor):
    bits = exact.to_bits(tensor.values, tensor.kind)
    return f'arith.constant dense<"0x{bits.tobytes().hex().upper()}"> : {tensor.type()}'


def constants(case):
    lines = [f"%{name} = {attribute(tensor)}" for name, tensor in case.inputs.items()]
    return lines + [f"%M = arith.constant {lists.NUM_ROWS} : index"]


def static_body(case):
    """The ops with the number of rows in the types."""
    text = case.text(lists.NUM_ROWS)
    return text.replace("tensor.empty(%M)", "tensor.empty()")


def function(signature, lines, indent="  "):
    return "\n".join([f"func.func {signature} {{", *(indent + line for line in lines), "}"])


def comma(items):
    return ", ".join(items)


#===- Evaluated -----------------------------------------------------------===#


def expected_function(case):
    names, types = comma(n for n, _ in case.results), comma(t.type() for _, t in case.results)
    lines = [*constants(case), *static_body(case).split("\n"), f"return {names} : {types}"]
    return function(f"@{case.name}() -> ({types})", lines)


CONSTANT = re.compile(r"(%\S+) = arith.constant dense<(.*)> : tensor<((?:\d+x)*)(\w+)>$")


def parse_constant(text, shape, kind):
    """Bits of a dense attribute: hexadecimal, or one number for all."""
    width = {"f32": 4, "f16": 2, "bf16": 2, "f8E8M0FNU": 1}.get(kind) or int(kind[1:]) // 8
    dtype = f"uint{8 * width}"
    if text.startswith('"'):
        return np.frombuffer(bytes.fromhex(text[3:-1]), dtype).reshape(shape)
    if text.startswith("0x"):
        bits = np.array([int(text, 16)], dtype)
    elif kind[0] == "i":
        bits = exact.to_bits(np.array([int(text)]), kind)
    else:
        bits = exact.to_bits(np.array([float(text)], np.float32), kind)
    return np.broadcast_to(bits, shape)


def read_results(lines):
    """Function name -> bits of its results."""
    results, known, name = {}, {}, None
    for line in map(str.strip, lines):
        if line.startswith("func.func @"):
            name, known = line.split("@")[1].split("(")[0], {}
        elif match := CONSTANT.match(line):
            value, text, shape, kind = match.groups()
            known[value] = parse_constant(text, [int(s) for s in shape.split("x") if s], kind)
        elif line.startswith("return "):
            values = line[len("return "):].split(" : ")[0].split(", ")
            results[name] = [known.get(value) for value in values]
    return results


def same(bits, tensor):
    """Equal bits; a NaN equals any other."""
    wanted = exact.to_bits(tensor.values, tensor.kind)
    if bits is None or bits.shape != wanted.shape:
        return np.zeros(wanted.shape, bool)
    if tensor.kind not in INFINITY:
        return bits == wanted
    magnitude = bits & (0x7FFFFFFF if tensor.kind == "f32" else 0x7FFF)
    return (bits == wanted) | (np.isnan(tensor.values) & (magnitude > INFINITY[tensor.kind]))


def compare(path):
    with open(path) as file:
        results = read_results(file)
    failures = 0
    for case in lists.make_cases():
        for (name, tensor), bits in zip(case.results, results[case.name]):
            equal = same(bits, tensor)
            if not equal.all():
                where = np.argwhere(~equal)[0]
                print(f"{case.name} {name}: {np.sum(~equal)} of {equal.size} differ, first at {where.tolist()}"
                      + (" (not evaluated)" if bits is None else ""))
                failures += 1
    print(f"{len(results)} cases, {failures} results differ")


#===- Compiled ------------------------------------------------------------===#


def dynamic(kind, rank):
    return "tensor<" + "?x" * rank + kind + ">"


def differ_function(kind, rank):
    """Counts elements whose bits differ, but for two NaN."""
    names = comma(f"d{i}" for i in range(rank))
    is_float = kind in INFINITY
    mask, infinity = (1 << 31 if kind == "f32" else 1 << 15) - 1, INFINITY.get(kind)
    integer = {"f32": "i32", "f16": "i16", "bf16": "i16", "f8E8M0FNU": "i8"}.get(kind, kind)
    body = ["^bb0(%x: KIND, %y: KIND, %count: i64):"]
    if kind == integer:
        body += ["%differ = arith.cmpi ne, %x, %y : KIND"]
    else:
        body += ["%xb = arith.bitcast %x : KIND to INT", "%yb = arith.bitcast %y : KIND to INT",
                 "%other = arith.cmpi ne, %xb, %yb : INT"]
        if is_float:  # a NaN is what has more bits than infinity
            body += [f"%mask = arith.constant {mask} : INT", f"%inf = arith.constant {infinity} : INT",
                     "%xm = arith.andi %xb, %mask : INT", "%ym = arith.andi %yb, %mask : INT",
                     "%xn = arith.cmpi sgt, %xm, %inf : INT", "%yn = arith.cmpi sgt, %ym, %inf : INT",
                     "%nan = arith.andi %xn, %yn : i1", "%true = arith.constant true",
                     "%number = arith.xori %nan, %true : i1", "%differ = arith.andi %other, %number : i1"]
        else:
            body += ["%true = arith.constant true", "%differ = arith.andi %other, %true : i1"]
    body += ["%one = arith.extui %differ : i1 to i64", "%sum = arith.addi %count, %one : i64",
             "linalg.yield %sum : i64"]
    same_map, none = f"affine_map<({names}) -> ({names})>", f"affine_map<({names}) -> ()>"
    lines = ["%zero = arith.constant dense<0> : tensor<i64>",
             f"%r = linalg.generic {{indexing_maps = [{same_map}, {same_map}, {none}], "
             f"iterator_types = [{comma(['%s' % chr(34) + 'reduction' + chr(34)] * rank)}]}} "
             f"ins(%a, %b : {dynamic(kind, rank)}, {dynamic(kind, rank)}) outs(%zero : tensor<i64>) {{",
             *body, "} -> tensor<i64>", "%c = tensor.extract %r[] : tensor<i64>", "return %c : i64"]
    text = function(f"private @differ_{kind}_{rank}(%a: {dynamic(kind, rank)}, %b: {dynamic(kind, rank)}) -> i64", lines)
    return text.replace("KIND", kind).replace("INT", integer)


def compiled_function(case):
    arguments = comma(f"%{name}: {tensor.type('?')}" for name, tensor in case.inputs.items())
    types = comma(tensor.type("?") for _, tensor in case.results)
    lines = []
    if case.rows:
        name, tensor = next((n, t) for n, t in case.inputs.items() if t.rows)
        lines = ["%zero = arith.constant 0 : index", f"%M = tensor.dim %{name}, %zero : {tensor.type('?')}"]
    lines += [*case.text("?").split("\n"), f"return {comma(n for n, _ in case.results)} : {types}"]
    # Not inlined into its constant arguments: LLVM would evaluate it.
    # A function that has no type of NumPy cannot be called from outside.
    visibility = "private " if "f8E8M0FNU>" in arguments + types else ""
    return function(f'{visibility}@{case.name}({arguments}) -> ({types}) attributes {{passthrough = ["noinline"]}}', lines)


def slice_rows(result, source, tensor):
    """The first %rows rows."""
    shape, rank = tensor.values.shape, tensor.values.ndim
    sizes = comma(["%rows", *(str(size) for size in shape[1:])])
    return (f"{result} = tensor.extract_slice {source}[{comma(['0'] * rank)}] [{sizes}] [{comma(['1'] * rank)}] : "
            f"{tensor.type()} to {tensor.type('?')}")


def check_function(case):
    """How many elements of the first %rows rows differ from what is evaluated."""
    lines = [*constants(case), *static_body(case).split("\n")]
    operands = []
    for name, tensor in case.inputs.items():
        operands.append(f"%{name}_rows" if tensor.rows else f"%{name}")
        if tensor.rows:
            lines.append(slice_rows(operands[-1], f"%{name}", tensor))
    got = [f"%got{i}" for i in range(len(case.results))]
    lines.append(f"{comma(got)} = call @{case.name}({comma(operands)}) : "
                 f"({comma(t.type('?') for t in case.inputs.values())}) -> ({comma(t.type('?') for _, t in case.results)})")
    counts = []
    for i, (name, tensor) in enumerate(case.results):
        wanted, kind, rank = name, tensor.kind, tensor.values.ndim
        if tensor.rows:
            wanted = f"%want{i}"
            lines.append(slice_rows(wanted, name, tensor))
        general = dynamic(kind, rank)
        for side, value in ("a", got[i]), ("b", wanted):
            lines.append(f"%{side}{i} = tensor.cast {value} : {tensor.type('?')} to {general}"
                         if tensor.type("?") != general else f"%{side}{i}_none = arith.constant 0 : i1")
        sides = [value if tensor.type("?") == general else f"%{side}{i}" for side, value in (("a", got[i]), ("b", wanted))]
        lines.append(f"%count{i} = call @differ_{kind}_{rank}({comma(sides)}) : ({general}, {general}) -> i64")
        counts.append(f"%count{i}")
    total = counts[0]
    for i, count in enumerate(counts[1:]):
        lines.append(f"%total{i} = arith.addi {total}, {count} : i64")
        total = f"%total{i}"
    return function(f"private @check_{case.name}(%rows: index) -> i64", [*lines, f"return {total} : i64"])


#: Two of these differ: 2 from 3, and 0 from -0. A comparison that cannot fail
#: would not notice.
ALARM = [
    '%left = arith.constant dense<"0x000080400000004000000000FFFFFFFF"> : tensor<1x4xf32>',
    '%right = arith.constant dense<"0x0000804000004040000000800000C07F"> : tensor<1x4xf32>',
    "%left_any = tensor.cast %left : tensor<1x4xf32> to tensor<?x?xf32>",
    "%right_any = tensor.cast %right : tensor<1x4xf32> to tensor<?x?xf32>",
    "%alarm = call @differ_f32_2(%left_any, %right_any) : (tensor<?x?xf32>, tensor<?x?xf32>) -> i64",
]


def run_function(cases):
    lines, totals = [f"%rows{m} = arith.constant {m} : index" for m in ROWS] + ALARM, []
    for case in cases:
        total = None
        for m in ROWS if case.rows else ROWS[-1:]:
            count = f"%{case.name}_{m}"
            lines.append(f"{count} = call @check_{case.name}(%rows{m}) : (index) -> i64")
            if total:
                lines.append(f"{count}_total = arith.addi {total}, {count} : i64")
                count = f"{count}_total"
            total = count
        totals.append(total)
    totals.append("%alarm")
    kind = f"tensor<{len(totals)}xi64>"
    return function(f"@run() -> {kind}", [*lines, f"%counts = tensor.from_elements {comma(totals)} : {kind}", f"return %counts : {kind}"])


PRINT = """func.func private @printMemrefI64(tensor<*xi64>) attributes {llvm.emit_c_interface}
func.func @main() {
  %counts = call @run() : () -> tensor<NUMxi64>
  %any = tensor.cast %counts : tensor<NUMxi64> to tensor<*xi64>
  call @printMemrefI64(%any) : (tensor<*xi64>) -> ()
  return
}"""


def checks(cases, prints):
    kinds = dict.fromkeys((t.kind, t.values.ndim) for case in cases for _, t in case.results)
    parts = [differ_function(*kind) for kind in kinds]
    for case in cases:
        parts += [compiled_function(case), check_function(case)]
    parts.append(run_function(cases))
    if prints:
        parts.append(PRINT.replace("NUM", str(len(cases) + 1)))
    return "\n".join(parts)


def select(pattern=""):
    return [case for case in lists.make_cases() if re.search(pattern, case.name)]


def report(path, pattern=""):
    cases = select(pattern)
    if path.endswith(".npy"):
        counts = np.load(path)
    else:
        with open(path) as file:
            counts = [int(count) for count in re.findall(r"-?\d+", file.read().split("data =")[1])]
    *counts, alarm = counts
    assert len(counts) == len(cases) and alarm == 2, "expects a count for each case and 2"
    for case, count in zip(cases, counts):
        if count:
            print(f"{case.name}: {count} elements differ")
    print(f"{len(cases)} cases, {sum(map(bool, counts))} differ")


def main():
    verb, *arguments = sys.argv[1:]
    if verb == "expected":
        print("\n".join(map(expected_function, lists.make_cases())))
    elif verb == "compare":
        compare(*arguments)
    elif verb in ("checks", "prints"):
        print(checks(select(*arguments), prints=verb == "prints"))
    elif verb == "report":
        report(*arguments)


if __name__ == "__main__":
    main()
