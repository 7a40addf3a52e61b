# RUN: %python %s %t
"""Random formulas of codes and values: whatever the pass makes of them has the
bits that the formula has, computed here step by step.

Each formula is a body of one linalg.generic, with zero points, roundings, clamps
and casts in random order, so that most are near misses. Where a step is
undefined, as a conversion out of range is, any result will do.
"""

import pathlib
import random
import re
import subprocess
import sys

import numpy as np

NUM_FORMULAS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
WIDTHS = {"i8": 8, "i16": 16, "i32": 32}
SHAPE = (2, 64)
ROWS = "affine_map<(d0, d1) -> (d0)>"
ELEMENTS = "affine_map<(d0, d1) -> (d0, d1)>"


class Formula:
    """Writes a body and computes it at the same time. Integers are held in int64,
    wrapped to their width as signed; `poison` marks undefined elements."""

    def __init__(self):
        self.lines, self.inputs, self.poison = [], [], np.zeros(SHAPE, bool)

    def input(self, array, type, map):
        self.inputs.append((array, type, map))
        return f"%b{len(self.inputs) - 1}"

    def emit(self, text):
        self.lines.append(f"    %e{len(self.lines)} = {text}")
        return f"%e{len(self.lines) - 1}"

    def constant(self, number, type):
        return self.emit(f"arith.constant {number} : {type}")


def wrap(values, width):
    values = values & ((1 << width) - 1)
    return np.where(values >= 1 << (width - 1), values - (1 << width), values)


def unsigned(values, width):
    return values & ((1 << width) - 1)


def to_float(formula, name, values, type, pick):
    isUnsigned = pick([False, False, False, True])
    numbers = unsigned(values, WIDTHS[type]) if isUnsigned else values
    return formula.emit(f"arith.{'uitofp' if isUnsigned else 'sitofp'} {name} : {type} to f32"), numbers.astype(np.float32)


def extend(formula, name, values, type, pick):
    """A code in a wider integer, or as it is."""
    wide = pick(["i8", "i16", "i32", "i32", "i32"])
    if wide == type:
        return name, values, type
    isUnsigned = pick([False, True])
    values = unsigned(values, WIDTHS[type]) if isUnsigned else values
    return formula.emit(f"arith.{'extui' if isUnsigned else 'extsi'} {name} : {type} to {wide}"), values, wide


def dequantize(pick, random):
    formula = Formula()
    codes = random.integers(-128, 128, SHAPE)
    name = formula.input(codes, "i8", ELEMENTS)
    name, values, type = extend(formula, name, codes, "i8", pick)
    zero = pick(["none", "constant", "constant", "row", "float"])
    if zero == "constant":
        number = pick([3, -5, 128, 200, -128])
        number = wrap(np.int64(number), WIDTHS[type])
        op = pick(["subi", "subi", "addi"])
        name = formula.emit(f"arith.{op} {name}, {formula.constant(number, type)} : {type}")
        values = wrap(values - number if op == "subi" else values + number, WIDTHS[type])
    elif zero == "row":
        zeros = random.integers(-128, 128, (2,))
        row = formula.input(zeros, "i8", ROWS)
        numbers = zeros
        if type != "i8":
            isUnsigned = pick([False, True])
            row = formula.emit(f"arith.{'extui' if isUnsigned else 'extsi'} {row} : i8 to {type}")
            numbers = unsigned(zeros, 8) if isUnsigned else zeros
        name = formula.emit(f"arith.subi {name}, {row} : {type}")
        values = wrap(values - numbers[:, None], WIDTHS[type])
    name, floats = to_float(formula, name, values, type, pick)
    if zero == "float":
        number = pick([3.0, 128.0, -5.0, 2.5])
        name = formula.emit(f"arith.subf {name}, {formula.constant(number, 'f32')} : f32")
        floats = floats - np.float32(number)
    if pick([True, False]):
        scales = (random.integers(1, 100, (2,)) / np.float32(7)).astype(np.float32)
        scale, numbers = formula.input(scales, "f32", ROWS), scales[:, None]
    else:
        numbers = np.float32(pick([0.1, 0.5, -0.3]))
        scale = formula.constant(f"{numbers:.9e}", "f32")
    operands = pick([(name, scale), (scale, name)])
    name = formula.emit(f"arith.mulf {operands[0]}, {operands[1]} : f32")
    floats = floats * numbers
    if pick([False, False, True]):
        name = formula.emit(f"arith.addf {name}, {formula.constant('1.0', 'f32')} : f32")
        floats = floats + np.float32(1)
    return formula, name, floats, "f32"


def clamp_float(formula, name, floats, pick):
    isMin = pick([True, False])
    limit = np.float32(pick([-128.0, -127.0, 0.0, -8.0]) if isMin else pick([127.0, 255.0, 100.0, 7.0]))
    constant = formula.constant(f"{limit:.1f}", "f32")
    kind = pick(["imum", "num", "select"])
    if kind == "select":
        predicate = pick(["ult", "olt"]) if isMin else pick(["ugt", "ogt"])
        condition = formula.emit(f"arith.cmpf {predicate}, {name}, {constant} : f32")
        name = formula.emit(f"arith.select {condition}, {constant}, {name} : f32")
        holds = (floats < limit) if isMin else (floats > limit)
        holds |= np.isnan(floats) if predicate[0] == "u" else False
        return name, np.where(holds, limit, floats)
    name = formula.emit(f"arith.{'max' if isMin else 'min'}{kind}{'f'} {name}, {constant} : f32")
    clamped = np.maximum(floats, limit) if isMin else np.minimum(floats, limit)
    if kind == "num":
        clamped = np.where(np.isnan(floats), limit, clamped)
    return name, clamped


def quantize(pick, random):
    formula = Formula()
    values = (random.integers(-600, 600, SHAPE) / np.float32(8)).astype(np.float32)
    values[0, :6] = [np.nan, np.inf, -np.inf, 1e30, -1e30, -0.0]
    name = formula.input(values, "f32", ELEMENTS)
    scaling = pick(["factor", "factor", "divisor", "reciprocal"])
    floats = values
    if scaling == "reciprocal":
        scales = (random.integers(1, 100, (2,)) / np.float32(7)).astype(np.float32)
        scale = formula.input(scales, "f32", ROWS)
        inverse = formula.emit(f"arith.divf {formula.constant('1.0', 'f32')}, {scale} : f32")
        name, floats = formula.emit(f"arith.mulf {name}, {inverse} : f32"), floats * (np.float32(1) / scales)[:, None]
    else:
        number = np.float32(pick([2.0, 10.0, 3.0, 0.25, 7.0]) if scaling == "factor" else pick([0.5, 4.0, 0.3]))
        constant = formula.constant(f"{number:.9e}", "f32")
        op = "mulf" if scaling == "factor" else "divf"
        name = formula.emit(f"arith.{op} {name}, {constant} : f32")
        floats = floats * number if scaling == "factor" else floats / number
    steps = pick([["round"], ["round", "clamp"], ["round", "clamp", "clamp"], ["round", "zero", "clamp", "clamp"],
                  ["clamp", "round", "zero", "clamp"], ["zero", "round", "clamp", "clamp"], ["clamp", "clamp", "round"],
                  ["round", "zero", "clamp"], ["clamp", "clamp"]])
    for step in steps:
        if step == "clamp":
            name, floats = clamp_float(formula, name, floats, pick)
        elif step == "zero":
            number = np.float32(pick([3.0, -8.0, 100.0]))
            name = formula.emit(f"arith.addf {name}, {formula.constant(f'{number:.1f}', 'f32')} : f32")
            floats = floats + number
        else:
            op, function = pick([("roundeven", np.rint)] * 5 + [("floor", np.floor)])
            name, floats = formula.emit(f"math.{op} {name} : f32"), function(floats)
    isUnsigned = pick([False, False, True])
    type = pick(["i8", "i8", "i32"])
    low, high = (0, 2 ** WIDTHS[type]) if isUnsigned else (-(2 ** (WIDTHS[type] - 1)), 2 ** (WIDTHS[type] - 1))
    with np.errstate(invalid="ignore"):
        truncated = np.trunc(floats)
        formula.poison |= ~((truncated >= low) & (truncated < high))
        integers = wrap(np.where(formula.poison, 0, truncated).astype(np.int64), WIDTHS[type])
    name = formula.emit(f"arith.{'fptoui' if isUnsigned else 'fptosi'} {name} : f32 to {type}")
    if type == "i32":
        for step in pick([["zero", "min", "max"], ["min", "max"], ["max", "zero", "min"], []]):
            number = pick([5, 100, 128]) if step == "zero" else pick([127, 255, 100]) if step == "min" else pick([-128, 0])
            op = {"zero": "addi", "min": "minsi", "max": "maxsi"}[step]
            name = formula.emit(f"arith.{op} {name}, {formula.constant(number, 'i32')} : i32")
            integers = {"zero": lambda: wrap(integers + number, 32), "min": lambda: np.minimum(integers, number),
                        "max": lambda: np.maximum(integers, number)}[step]()
        name, integers = formula.emit(f"arith.trunci {name} : i32 to i8"), wrap(integers, 8)
    return formula, name, integers, "i8"


def write(index, formula, result, type):
    """A function of the formula's inputs."""
    names = [f"%a{i}" for i in range(len(formula.inputs))]
    types = [f"tensor<{'x'.join(map(str, array.shape))}x{element}>" for array, element, _ in formula.inputs]
    maps = [map for _, _, map in formula.inputs] + [ELEMENTS]
    arguments = ", ".join(f"{name}: {kind}" for name, kind in zip(names, types))
    block = ", ".join([f"%b{i}: {element}" for i, (_, element, _) in enumerate(formula.inputs)] + [f"%old: {type}"])
    output = f"tensor<2x64x{type}>"
    return types, output, "\n".join([
        f"func.func private @f{index}({arguments}) -> {output} {{",
        f"  %empty = tensor.empty() : {output}",
        f"  %r = linalg.generic {{indexing_maps = [{', '.join(maps)}], iterator_types = [\"parallel\", \"parallel\"]}}"
        f" ins({', '.join(names)} : {', '.join(types)}) outs(%empty : {output}) {{",
        f"  ^bb0({block}):", *formula.lines, f"    linalg.yield {result} : {type}", f"  }} -> {output}",
        f"  return %r : {output}", "}", ""])


def write_entry(functions):
    arguments, calls, results = [], [], []
    for index, (types, output, _) in enumerate(functions):
        names = [f"%x{len(arguments) + i}" for i in range(len(types))]
        arguments += [f"{name}: {type}" for name, type in zip(names, types)]
        calls.append(f"  %y{index} = call @f{index}({', '.join(names)}) : ({', '.join(types)}) -> {output}")
        results.append((f"%y{index}", output))
    outputs = ", ".join(type for _, type in results)
    return "\n".join([f"func.func @entry({', '.join(arguments)}) -> ({outputs}) {{", *calls,
                      f"  return {', '.join(name for name, _ in results)} : {outputs}", "}", ""])


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    pick, numbers = random.Random(SEED).choice, np.random.default_rng(SEED)
    with np.errstate(over="ignore", invalid="ignore"):
        formulas = [pick([dequantize, quantize])(pick, numbers) for _ in range(NUM_FORMULAS)]
    functions = [write(i, formula, name, type) for i, (formula, name, _, type) in enumerate(formulas)]
    (folder / "before.mlir").write_text("".join(text for _, _, text in functions) + write_entry(functions))
    subprocess.run(["ptq-opt", folder / "before.mlir", "--ptq-import-idioms", "-o", folder / "after.mlir"], check=True)
    imported = re.findall(r"@f(\d+)\((?:(?!func\.func).)*?ptq\.(?:de)?quantize", (folder / "after.mlir").read_text(), re.S)
    # Both kinds occur, or nothing was tested.
    if not NUM_FORMULAS / 8 < len(imported) < NUM_FORMULAS:
        sys.exit(f"expects some of {NUM_FORMULAS} formulas to be imported, but got {len(imported)}")
    command = ["ptq-run", folder / "after.mlir", "--entry=entry"]
    inputs = [(array, element) for formula, _, _, _ in formulas for array, element, _ in formula.inputs]
    for index, (array, element) in enumerate(inputs):
        np.save(folder / f"in{index}.npy", array.astype({"i8": np.int8, "f32": np.float32}[element]))
        command.append(f"--input={folder / f'in{index}.npy'}")
    command += [f"--output={folder / f'out{index}.npy'}" for index in range(NUM_FORMULAS)]
    subprocess.run([str(word) for word in command], check=True)
    for index in map(int, imported):
        formula, _, expected, type = formulas[index]
        actual = np.load(folder / f"out{index}.npy")
        expected = expected.astype(actual.dtype)
        differs = (actual.view(np.uint8 if type == "i8" else np.uint32) != expected.view(np.uint8 if type == "i8" else np.uint32))
        differs &= ~formula.poison
        if differs.any():
            where = tuple(np.argwhere(differs)[0])
            sys.exit(f"expects {expected[where]} at {where}, but got {actual[where]}, "
                     f"of\n{functions[index][2]}")
    print(f"{len(imported)} of {NUM_FORMULAS} formulas imported, the same bits")


if __name__ == "__main__":
    main()
