# RUN: %python %s %t
"""Random well-formed modules around quantized types and formulas: each pass of
the phase takes them, or refuses them with one error. Nothing crashes.

Modules are written into one file, apart by `// -----`, so that a pass is one
process; the line of an error says whose it is. The seed is fixed: a failure
comes again.
"""

import pathlib
import random
import re
import subprocess
import sys

NUM_MODULES = 300
PASSES = [
    "ptq-import-quant",
    "ptq-import-quant,ptq-export-quant",
    "ptq-export-quant",
    "ptq-import-idioms",
    "ptq-import-idioms{relaxed=true},ptq-fuse-dequantize,canonicalize,cse",
    "ptq-import-quant,ptq-fuse-dequantize,ptq-export-quant{max-scales=2}",
]
pick = random.Random(20).choice
chance = random.Random(21).random


def tensor(shape, element):
    return "tensor<" + "".join(f"{size}x" for size in shape) + element + ">"


#===----------------------------------------------------------------------===#
# The quant dialect
#===----------------------------------------------------------------------===#

def number():
    zero = pick([0, 0, 1, -3, 100, 200, -200])
    return f"{pick(['0.5', '0.1', '2.0', '1.0e-30', '3.0e+5'])}" + (f":{zero}" if zero else "")


def quant_type(shape):
    storage = pick(["i8", "u8", "i4", "u4", "i16", "i8<-127:127>", "u2", "i32", "i1", "u12"])
    expressed = pick(["f32", "f32", "f32", "f16", "bf16", "f64"])
    kind = pick(["tensor", "tensor", "axis", "axis", "block", "any", "calibrated"])
    sizes = [size for size in shape if size != "?"]
    if kind == "any":
        return f"!quant.any<{storage}:{expressed}>"
    if kind == "calibrated":
        return f"!quant.calibrated<{expressed}<-1.0:1.0>>"
    if kind == "axis" and sizes:
        axis = pick(range(len(shape)))
        size = 2 if shape[axis] == "?" else shape[axis]
        axis = axis + 3 if chance() < 0.1 else axis
        return f"!quant.uniform<{storage}:{expressed}:{axis}, {{{', '.join(number() for _ in range(size))}}}>"
    if kind == "block" and len(shape) == 2 and len(sizes) == 2:
        size = pick([size for size in (1, 2, shape[1]) if shape[1] % size == 0])
        rows = ", ".join("{" + ", ".join(number() for _ in range(shape[1] // size)) + "}" for _ in range(shape[0]))
        return f"!quant.uniform<{storage}:{expressed}:{{0:1, 1:{size}}}, {{{rows}}}>"
    return f"!quant.uniform<{storage}:{expressed}, {number()}>"


def expressed_of(type):
    match = re.search(r":(f32|f16|bf16|f64)", type)
    return match.group(1) if match else "f32"


def storage_of(type):
    match = re.search(r"<[iu](\d+)", type)
    return f"i{match.group(1)}" if match else "i8"


def quant_module():
    shape = pick([(2, 4), (2, 4), (3,), ("?", 4), (), (2, 2, 2), ("?",)])
    element = quant_type(shape)
    float_type, quantized = tensor(shape, expressed_of(element)), tensor(shape, element)
    if chance() < 0.05:
        float_type, quantized = expressed_of(element), element
    elif chance() < 0.05:
        float_type, quantized = f"tensor<*x{expressed_of(element)}>", f"tensor<*x{element}>"
    storage = float_type.replace(expressed_of(element), storage_of(element))
    lines = [f"func.func @f(%x: {float_type}, %q: {quantized}, %c: i1, %n: index, %i: {storage}) -> {quantized} {{"]
    value = "%q"
    hasStorage = "calibrated" not in element
    for step in range(pick([1, 2, 3, 4])):
        new = f"%v{step}"
        flat = tensor((8,), element)
        lines += pick([
            [f"  {new} = quant.qcast %x : {float_type} to {quantized}"],
            [f"  {new} = quant.scast %i : {storage} to {quantized}"],
            [f"  %d{step} = quant.dcast {value} : {quantized} to {float_type}",
             f"  {new} = quant.qcast %d{step} : {float_type} to {quantized}"],
            [f"  %s{step} = quant.scast {value} : {quantized} to {storage}",
             f"  {new} = quant.scast %s{step} : {storage} to {quantized}"],
            [f"  {new} = scf.if %c -> {quantized} {{", f"    scf.yield {value} : {quantized}", "  } else {",
             f"    scf.yield %q : {quantized}", "  }"],
            [f"  {new} = scf.while (%w{step} = {value}) : ({quantized}) -> {quantized} {{",
             f"    scf.condition(%c) %w{step} : {quantized}", "  } do {", f"  ^bb0(%b{step}: {quantized}):",
             f"    scf.yield %b{step} : {quantized}", "  }"],
            [f"  {new} = func.call @f(%x, {value}, %c, %n, %i) : ({float_type}, {quantized}, i1, index, {storage}) -> {quantized}"],
            [f"  {new} = arith.select %c, {value}, %q : {quantized}"],
            # Constraints of TOSA look for a storage type that !quant.calibrated lacks.
            [f"  {new} = tosa.identity {value} : ({quantized}) -> {quantized}"] if hasStorage else
            [f"  {new} = quant.qcast %x : {float_type} to {quantized}"],
            [f"  {new} = tosa.reverse {value} {{axis = 0 : i32}} : ({quantized}) -> {quantized}"] if hasStorage else
            [f"  {new} = quant.scast %i : {storage} to {quantized}"],
            [f"  {new} = tensor.cast {value} : {quantized} to {quantized}"],
            [f"  {new} = builtin.unrealized_conversion_cast {value} : {quantized} to {quantized}"],
            [f"  %flat{step} = tensor.collapse_shape {value} [[0, 1]] : {quantized} into {flat}",
             f"  {new} = tensor.expand_shape %flat{step} [[0, 1]] output_shape [2, 4] : {flat} into {quantized}"],
            [f"  %t{step} = tensor.extract {value}[%n, %n] : {quantized}",
             f"  {new} = tensor.insert %t{step} into {value}[%n, %n] : {quantized}"],
        ])
        value = new
    return lines + [f"  return {value} : {quantized}", "}"]


#===----------------------------------------------------------------------===#
# Quantized ops
#===----------------------------------------------------------------------===#

def ptq_module():
    storage = pick(["s8", "u8", "u4", "s8<-127:127>", "s16", "u12"])
    block, scales = pick([("[0, 0]", (1, 1)), ("[1, 0]", (2, 1)), ("[1, 2]", (2, 2)), ("[0, 3]", (1, 2)), ("[1, 1]", (2, 4))])
    zero = pick(["", "", ", zp = 3", ", zp = i8"])
    scale_type = pick(["f32", "f32", "f16"])
    element = f"!ptq.q<{storage}:f32, block = {block}, scale = {scale_type}{zero}>"
    quantized, scale = tensor((2, 4), element), tensor(scales, scale_type)
    operands = "%s, zp %z" if "i8" in zero else "%s"
    types = scale + (f", {tensor(scales, 'i8')}" if "i8" in zero else "")
    lines = [f"func.func @f(%x: tensor<2x4xf32>, %q: {quantized}, %a: {scale}, %c: i1, %y: tensor<3x4xf32>, %i: tensor<2x4xi8>) -> tensor<2x4xf32> {{",
             f"  %s = arith.constant dense<{pick(['0.5', '0.5', '-0.5', '0.0'])}> : {scale}" if chance() < 0.8
             else f"  %s = tensor.cast %a : {scale} to {scale}",
             f"  %z = arith.constant dense<{pick([0, 3, 5])}> : {tensor(scales, 'i8')}",
             "  %init = tensor.empty() : tensor<3x2xf32>"]
    value = "%q"
    for step in range(pick([1, 2, 3])):
        new = f"%v{step}"
        lines += pick([
            [f"  {new} = ptq.quantize %x, {operands} : tensor<2x4xf32>, {types} -> {quantized}"],
            [f"  {new} = ptq.storage_cast %i : tensor<2x4xi8> to {quantized}"],
            [f"  {new} = scf.if %c -> {quantized} {{", f"    scf.yield {value} : {quantized}", "  } else {",
             f"    scf.yield %q : {quantized}", "  }"],
            [f"  {new} = arith.select %c, {value}, %q : {quantized}"],
            [f"  %w{step} = ptq.dequantize {value}, {operands} : {quantized}, {types} -> tensor<2x4xf32>",
             f"  %m{step} = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]"
             f" ins(%y, %w{step} : tensor<3x4xf32>, tensor<2x4xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>",
             f"  {new} = ptq.quantize %w{step}, {operands} : tensor<2x4xf32>, {types} -> {quantized}"],
        ])
        value = new
    return lines + [f"  %d = ptq.dequantize {value}, {operands} : {quantized}, {types} -> tensor<2x4xf32>",
                    "  return %d : tensor<2x4xf32>", "}"]


#===----------------------------------------------------------------------===#
# Formulas
#===----------------------------------------------------------------------===#

def grow(pool, step):
    """One op of a body, on values of the pool; the pool has values by type."""
    new = f"%e{step}"

    def value(type):
        return pick(pool[type]) if pool.get(type) else None

    integer, floating = pick(["i4", "i8", "i16", "i32"]), pick(["f32", "f32", "f16", "bf16"])
    widths = {"i4": 4, "i8": 8, "i16": 16, "i32": 32, "f16": 16, "bf16": 16, "f32": 32}
    kind = pick(["widen", "widen", "narrow", "integer", "integer", "convert", "convert", "float", "float", "float",
                 "round", "back", "select", "constant"])
    if kind == "constant":
        type = pick([integer, floating])
        number = pick(["0", "3", "-5", "15", "4", "127", "-128"]) if type[0] == "i" else pick(["0.5", "0.1", "3.0", "-128.0", "127.0", "1.0", "2.5"])
        number = "3" if type == "i4" else number
        return f"arith.constant {number} : {type}", type
    a, b = value(integer), value(integer)
    x, y = value(floating), value(floating)
    if kind == "widen" and a:
        wide = pick(["i8", "i16", "i32"])
        if widths[wide] > widths[integer]:
            return f"arith.{pick(['extsi', 'extui'])} {a} : {integer} to {wide}", wide
    if kind == "narrow" and a:
        narrow = pick(["i4", "i8", "i16"])
        if widths[narrow] < widths[integer]:
            return f"arith.trunci {a} : {integer} to {narrow}", narrow
    if kind == "integer" and a:
        return f"arith.{pick(['subi', 'addi', 'andi', 'shrui', 'shrsi', 'shli', 'maxsi', 'minsi', 'muli'])} {a}, {b} : {integer}", integer
    if kind == "convert" and a:
        return f"arith.{pick(['sitofp', 'sitofp', 'uitofp'])} {a} : {integer} to {floating}", floating
    if kind == "float" and x:
        op = pick(["subf", "addf", "mulf", "mulf", "mulf", "divf", "maximumf", "minimumf", "maxnumf", "minnumf"])
        return f"arith.{op} {x}, {y} : {floating}", floating
    if kind == "round" and x:
        return f"math.{pick(['roundeven', 'roundeven', 'round', 'floor'])} {x} : {floating}", floating
    if kind == "back" and x:
        return f"arith.{pick(['fptosi', 'fptosi', 'fptoui'])} {x} : {floating} to {integer}", integer
    if kind == "select" and x:
        return (f"arith.cmpf {pick(['ult', 'olt', 'ugt', 'ogt'])}, {x}, {y} : {floating}\n"
                f"    {new}_ = arith.select {new}, {x}, {y} : {floating}"), floating
    return None


def index_map(rank):
    dims = ", ".join(f"d{i}" for i in range(rank))
    results, shape = [], []
    sizes = [2, 4, 6][:rank]
    for i in pick([range(rank), range(rank), range(1), range(rank - 1, rank), []]):
        kind = pick(["d", "d", "d", "d", "0", "div", "mod", "swap"])
        if kind == "div":
            results.append(f"d{i} floordiv 2"), shape.append(sizes[i] // 2)
        elif kind == "mod":
            results.append(f"d{i} mod 2"), shape.append(2)
        elif kind == "0":
            results.append("0"), shape.append(1)
        else:
            i = i if kind == "d" else rank - 1 - i
            results.append(f"d{i}"), shape.append(sizes[i])
    return f"affine_map<({dims}) -> ({', '.join(results)})>", tuple(shape), sizes


def formula_module():
    rank = pick([1, 2, 2, 2, 3])
    count = pick([1, 2, 3])
    arguments, maps, pool, body = [], [], {}, []
    for i in range(count):
        map, shape, sizes = index_map(rank)
        element = "i8" if i == 0 else pick(["f32", "f32", "f16", "i8", "i4", "i32", "i16"])
        if i == 0:
            map, shape = f"affine_map<({', '.join(f'd{j}' for j in range(rank))}) -> ({', '.join(f'd{j}' for j in range(rank))})>", tuple(sizes)
        arguments.append((f"%a{i}", tensor(shape, element)))
        maps.append(map)
        pool.setdefault(element, []).append(f"%b{i}")
        body.append((f"%b{i}", element))
    lines = []
    for step in range(pick([4, 8, 12, 16])):
        grown = grow(pool, step)
        if not grown:
            continue
        text, type = grown
        lines.append(f"    %e{step} = {text}")
        name = f"%e{step}_" if "\n" in text else f"%e{step}"
        # The latest value is the likeliest operand: formulas get deep.
        pool.setdefault(type, []).extend([name] * 4)
        last, last_type = name, type
    if not lines:
        last, last_type = body[0]
    result = tensor(sizes, last_type)
    identity = maps[0]
    iterators = ", ".join(['"parallel"'] * rank)
    names = ", ".join(name for name, _ in arguments)
    types = ", ".join(type for _, type in arguments)
    block = ", ".join(f"{name}: {type}" for name, type in body + [("%old", last_type)])
    return [
        f"func.func @f({', '.join(f'{name}: {type}' for name, type in arguments)}) -> {result} {{",
        f"  %empty = tensor.empty() : {result}",
        f"  %r = linalg.generic {{indexing_maps = [{', '.join(maps + [identity])}], iterator_types = [{iterators}]}}"
        f" ins({names} : {types}) outs(%empty : {result}) {{",
        f"  ^bb0({block}):", *lines, f"    linalg.yield {last} : {last_type}", f"  }} -> {result}",
        f"  return %r : {result}", "}"]


def rescale_module():
    input, output = pick(["i8", "i16", "i32", "i32", "i48"]), pick(["i8", "i8", "i16", "i32"])
    wide = chance() < 0.7 and input != "i48"
    channels = pick([1, 1, 4])
    multiplier = f"dense<{pick([1073741824, 2147483647, 3, 0]) if wide else pick([16384, 32767, 1])}>"
    kind = "i32" if wide else "i16"
    shape = pick([(2, 4), ("?", 4), (4,)])
    const = lambda name, value, type: f'  {name} = "tosa.const"() <{{values = {value} : {type}}}> : () -> {type}'
    attributes = (f"scale32 = {str(wide).lower()}, rounding_mode = {pick(['SINGLE_ROUND', 'DOUBLE_ROUND', 'INEXACT_ROUND'])}, "
                  f"per_channel = {str(channels > 1).lower()}, input_unsigned = {pick(['false', 'false', 'true'])}, output_unsigned = {pick(['false', 'true'])}")
    types = [tensor(shape, input), tensor((channels,), kind), tensor((channels,), "i8"), tensor((1,), input), tensor((1,), output)]
    return [
        f"func.func @f(%x: {types[0]}) -> {tensor(shape, output)} {{",
        const("%m", multiplier, types[1]), const("%s", f"dense<{pick([20, 31, 35, 40, 62])}>", types[2]),
        const("%zi", f"dense<{pick([0, 0, 3])}>", types[3]), const("%zo", f"dense<{pick([0, 5])}>", types[4]),
        f"  %r = tosa.rescale %x, %m, %s, %zi, %zo {{{attributes}}} : ({', '.join(types)}) -> {tensor(shape, output)}",
        f"  return %r : {tensor(shape, output)}", "}"]


#===----------------------------------------------------------------------===#
# Passes
#===----------------------------------------------------------------------===#

def run(folder, modules, passes):
    """Errors of each module; fails if the process did not end by itself."""
    path = folder / "modules.mlir"
    starts, line, text = [], 1, []
    for module in modules:
        starts.append(line)
        text += module + ["// -----"]
        line += len("\n".join(module + ["// -----"]).split("\n"))
    path.write_text("\n".join(text) + "\n")
    command = ["ptq-opt", str(path), "--split-input-file", "-o", str(folder / "out.mlir")]
    if passes:
        command.append(f"--pass-pipeline=builtin.module({passes})")
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode not in (0, 1):
        (folder / "crash.mlir").write_text(path.read_text())
        sys.exit(f"{passes}: status {process.returncode}, see {folder / 'crash.mlir'}\n{process.stderr[-3000:]}")
    errors = [[] for _ in modules]
    for match in re.finditer(r"modules\.mlir:(\d+):\d+: error: (.*)", process.stderr):
        index = max(i for i, start in enumerate(starts) if start <= int(match.group(1)))
        errors[index].append(match.group(2))
    if (process.returncode == 1) != any(errors):
        sys.exit(f"{passes}: status {process.returncode}, but {sum(map(len, errors))} errors\n{process.stderr[-3000:]}")
    return errors


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    makers = [quant_module, quant_module, ptq_module, formula_module, formula_module, rescale_module]
    modules = [pick(makers)() for _ in range(NUM_MODULES)]
    modules = [module for module, errors in zip(modules, run(folder, modules, "")) if not errors]
    if len(modules) < NUM_MODULES / 2:
        sys.exit(f"expects most modules to be well-formed, but got {len(modules)}")
    for passes in PASSES:
        errors = run(folder, modules, passes)
        for module, found in zip(modules, errors):
            if len(found) > 1:
                sys.exit(f"{passes}: expects one error, but got {found} for\n" + "\n".join(module))
        refused = sum(map(len, errors))
        print(f"{passes}: {len(modules) - refused} taken, {refused} refused")
        # A pass that refuses nothing, or everything, was not tested.
        if refused == len(modules):
            sys.exit(f"{passes}: expects to take some modules")


if __name__ == "__main__":
    main()
