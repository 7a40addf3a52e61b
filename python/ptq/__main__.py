# Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""python3 -m ptq: modules on the command line; `ptq-llm` is for language models."""

import argparse
import sys
import warnings

import numpy as np

import ptq


def show(arguments):
    """Print a module without its large constants, and what was decided on its linears."""
    module = ptq.Module.load(arguments.module)
    print(module.text(arguments.elements))
    if module.decisions:
        print(module.decisions)


def quantize(arguments):
    """Quantize a module, print what became of each linear."""
    module = ptq.Module.load(arguments.module)
    decisions = module.quantize(
        arguments.recipe,
        skip=arguments.skip,
        scale=arguments.scale,
        statistics=ptq.Statistics.load(arguments.statistics) if arguments.statistics else None,
        range=arguments.range,
        smoothquant=arguments.smoothquant,
        recipe_file=arguments.recipe_file,
        fail_on_fallback=arguments.fail_on_fallback,
    )
    module.save(arguments.output)
    print(decisions)


def call(arguments):
    """Compile a module and call a function of it on .npy files."""
    compiled = ptq.Module.load(arguments.module).compile(cpu=arguments.cpu, threads=arguments.threads)
    names = [function.name for function in compiled]
    if arguments.entry not in names and (arguments.entry or len(names) != 1):
        raise ptq.Error(f"expects --entry to be one of: {', '.join(names)}")
    function = compiled[arguments.entry or names[0]]
    results = function(*(np.load(path, allow_pickle=False) for path in arguments.inputs))
    results = results if isinstance(results, tuple) else () if results is None else (results,)
    if arguments.output and len(arguments.output) != len(results):
        raise ptq.Error(f"expects --output once for each of {len(results)} results, but got {len(arguments.output)}")
    for path, result in zip(arguments.output, results):
        np.save(path, result)
    if not arguments.output:
        print(*results, sep="\n")


def emit(arguments):
    """Compile a module into a file: LLVM IR, assembly, an object, a shared library."""
    ptq.Module.load(arguments.module).emit(
        arguments.kind, arguments.output, cpu=arguments.cpu, target=arguments.target
    )


def generate(arguments):
    """Continue a text with a language model."""
    model = ptq.llm.load(arguments.model, threads=arguments.threads)
    print(
        model.generate(
            arguments.prompt,
            tokens=arguments.tokens,
            temperature=arguments.temperature,
            top_p=arguments.top_p,
            seed=arguments.seed,
        )
    )


def perplexity(arguments):
    """Measure how well a language model predicts a text."""
    with open(arguments.text, encoding="utf-8") as file:
        text = file.read()
    model = ptq.llm.load(arguments.model, threads=arguments.threads)
    against = ptq.llm.load(arguments.against, threads=arguments.threads) if arguments.against else None
    for name, value in model.perplexity(text, against=against)._asdict().items():
        if value is not None:
            print(f"{name:<20} {value}")


def make_parser():
    parser = argparse.ArgumentParser(prog="python3 -m ptq", description=ptq.__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=ptq.__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(run, *names):
        command = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        for name in names:
            command.add_argument(name)
        return command

    command = add(show, "module")
    command.add_argument("--elements", type=int, default=16, help="of the largest constant to print")

    command = add(quantize, "module")
    command.add_argument("-o", "--output", required=True, help="text, or bytecode if it ends in .mlirbc")
    command.add_argument("--recipe", default="w8a8", help="w8a8 (default), w8a8-static, w8a16, w4a16-gN, w4a8-gN, w4a8-gNx")
    command.add_argument("--recipe-file", help="YAML rules by name of linears")
    command.add_argument("--skip", help="regular expression on the names of linears that stay float")
    command.add_argument("--scale", choices=("absmax", "signed_max", "search"), help="how scales are found")
    command.add_argument("--statistics", help="file of ptq.Statistics.save or of ptq-run --calibrate, for w8a8-static")
    command.add_argument("--range", help="how to find the range of static activations: mse (default), minmax, ...")
    command.add_argument("--smoothquant", type=float, metavar="ALPHA", help="move outliers of activations to weights")
    command.add_argument("--fail-on-fallback", action="store_true", help="fail if a linear stays float unasked")

    command = add(call, "module")
    command.add_argument("inputs", nargs="*", help=".npy files")
    command.add_argument("--entry", help="function to call; not needed if there is one")
    command.add_argument("--output", action="append", default=[], help=".npy file for each result; else they are printed")
    command.add_argument("--cpu", default="host")
    command.add_argument("--threads", type=int, default=0, help="default one for each processor")

    command = add(emit, "module")
    command.add_argument("kind", choices=("llvm", "asm", "obj", "shared"))
    command.add_argument("-o", "--output", required=True)
    command.add_argument("--cpu", help="as LLVM names it; default this machine's")
    command.add_argument("--target", help="triple of another machine")

    command = add(generate, "model")
    command.add_argument("--prompt", default="")
    command.add_argument("--tokens", type=int, default=128)
    command.add_argument("--temperature", type=float, default=0.0, help="0 takes the most likely token")
    command.add_argument("--top-p", type=float, default=1.0)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--threads", type=int, default=0)

    command = add(perplexity, "model")
    command.add_argument("--text", required=True, help="file")
    command.add_argument("--against", help="model to compare the predictions with")
    command.add_argument("--threads", type=int, default=0)
    return parser


def main(argv=None) -> int:
    arguments = make_parser().parse_args(argv)
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    try:
        arguments.run(arguments)
    except (ptq.Error, OSError, TypeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
