"""200 broken files, none of which may do more than end in a message.

RUN: rm -rf %t && mkdir -p %t
RUN: cd %t && env PYTHONPATH=%S/../Import/Inputs %python %s %inputs/storyteller-1m

Valid files are cut and damaged, from a seed. A file cut short has to be refused:
exit status 1 and a message. A damaged one may happen to be valid; only those that
are refused count, until there are as many as asked for. Any other status, a
signal or a crash report fails the test, and leaves the file.
"""
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys

import numpy as np
from small_checkpoint import CONFIG, make_tensors, pack_safetensors, write_folder

SEED = 3
TIMEOUT = 60
MODEL = sys.argv[1]

MODULE = """
!w4 = !ptq.q<u4:f32, block = [1, 2], scale = f16, zp = 8>
module attributes {test.note = "some text"} {
  func.func @linear(%x: tensor<?x4xf32>) -> tensor<?x3xf32> {
    %w = arith.constant dense_resource<weight> : tensor<3x4xf32>
    %c0 = arith.constant 0 : index
    %rows = tensor.dim %x, %c0 : tensor<?x4xf32>
    %empty = tensor.empty(%rows) : tensor<?x3xf32>
    %zero = arith.constant 0.0 : f32
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x3xf32>) -> tensor<?x3xf32>
    %y = linalg.matmul
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                       affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<?x4xf32>, tensor<3x4xf32>) outs(%init : tensor<?x3xf32>)
      -> tensor<?x3xf32>
    return %y : tensor<?x3xf32>
  }
  func.func @dequantize(%bytes: tensor<3x2xi8>, %s: tensor<3x2xf16>) -> tensor<3x4xf32> {
    %q = ptq.storage_cast %bytes packed : tensor<3x2xi8> to tensor<3x4x!w4>
    %x = ptq.dequantize %q, %s : tensor<3x4x!w4>, tensor<3x2xf16> -> tensor<3x4xf32>
    return %x : tensor<3x4xf32>
  }
}
{-#
  dialect_resources: {
    builtin: {
      weight: "0x04000000WEIGHT"
    }
  }
#-}
""".replace("WEIGHT", np.arange(12, dtype=np.float32).tobytes().hex())

FLOAT_MODULE = """
func.func @relu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>,
                       affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %zero : tensor<?x4xf32>, tensor<f32>) outs(%x : tensor<?x4xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %max = arith.maximumf %a, %b : f32
      linalg.yield %max : f32
  } -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
"""

RECIPE = """\
rules:
  - name: "^linear"
    format: w8a8
    scale: signed_max
  - name: ".*"
    format: w4a8-g32
"""


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def run(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          timeout=TIMEOUT)


class Kind:
    """A kind of file: a valid one, and how to have `path` read."""

    def __init__(self, name, count, suffix, valid, command, damageable=None):
        self.name, self.count, self.suffix = name, count, suffix
        self.valid, self.command = valid, command
        # Bytes whose change a reader can notice: not those of weights.
        self.damageable = damageable or len(valid)

    def run(self, path):
        return run(self.command(path))


def cut(generator, kind):
    # A text without its last newline is whole.
    return kind.valid[:generator.randrange(len(kind.valid.rstrip()))]


def damage(generator, kind):
    data = bytearray(kind.valid)
    for _ in range(generator.choice([1, 1, 2, 8])):
        position = generator.randrange(kind.damageable)
        choice = generator.randrange(3)
        if choice == 0:
            data[position] ^= 1 << generator.randrange(8)
        elif choice == 1:
            data[position] = generator.choice(b'\x00\xff"{[(<-9e\\\n')
        else:
            end = min(position + generator.randrange(1, 16), kind.damageable)
            data[position:end] = bytes(end - position)
    return bytes(data)


def in_folder(name, command):
    """A command that reads a folder in which the file `name` is the broken one."""
    def make(path):
        folder = path + ".model"
        shutil.rmtree(folder, ignore_errors=True)
        write_folder(folder)
        shutil.copy(path, os.path.join(folder, name))
        return [argument.replace("FOLDER", folder) for argument in command]
    return make


def with_path(*command):
    return lambda path: [argument.replace("FILE", path) for argument in command]


def make_kinds():
    write("module.mlir", MODULE.encode())
    write("float.mlir", FLOAT_MODULE.encode())
    write("text.txt", b"Once upon a time")
    np.save("x.npy", np.ones((2, 4), np.float32))
    subprocess.run(["ptq-opt", "module.mlir", "--emit-bytecode", "-o", "module.mlirbc"], check=True)
    safetensors = pack_safetensors(make_tensors())
    header_end = 8 + int.from_bytes(safetensors[:8], "little")
    translate = ["ptq-translate", "--import-llama", "FOLDER", "-o", "FOLDER.mlir"]
    call = ["ptq-run", "float.mlir", "--entry=relu", "--input=FILE", "--output=FILE.y"]
    config = json.dumps(CONFIG, indent=1).encode()
    return [
        Kind("safetensors", 40, ".safetensors", safetensors,
             in_folder("model.safetensors", translate), header_end),
        Kind("config", 25, ".json", config, in_folder("config.json", translate)),
        Kind("tokenizer", 25, ".json", read(os.path.join(MODEL, "tokenizer.json")),
             in_folder("tokenizer.json", ["ptq-llm", "tokenize", "FOLDER", "--text", "text.txt"])),
        Kind("npy", 20, ".npy", read("x.npy"), with_path(*call), 80),
        Kind("text", 35, ".mlir", MODULE.encode(),
             with_path("ptq-opt", "FILE", "--ptq-quantize", "-o", "FILE.out")),
        Kind("bytecode", 35, ".mlirbc", read("module.mlirbc"),
             with_path("ptq-opt", "FILE", "--ptq-quantize", "-o", "FILE.out")),
        Kind("recipe", 20, ".yaml", RECIPE.encode(),
             with_path("ptq-opt", "module.mlir", "--ptq-quantize=recipe-file=FILE",
                       "-o", "FILE.out")),
    ]


def judge(result, must_fail):
    """None if nobody may complain."""
    message = result.stderr.decode(errors="replace")
    if result.returncode == 0 and not must_fail:
        return None
    if result.returncode != 1:
        return f"ends with {result.returncode}"
    if not message.strip():
        return "ends without a message"
    for crash in ("PLEASE submit a bug report", "Stack dump", "Sanitizer", "LLVM ERROR"):
        if crash in message:
            return f"says '{crash}'"
    return None


def check_kind(kind):
    """Returns the complaints, and the number of files that were refused."""
    generator = random.Random(f"{SEED} {kind.name}")
    valid = kind.name + "-valid" + kind.suffix
    write(valid, kind.valid)
    result = kind.run(valid)
    if result.returncode != 0:
        return [f"{valid}: is refused: {result.stderr.decode(errors='replace')}"], 0
    complaints, refused = [], 0
    for attempt in range(4 * kind.count):
        if refused == kind.count:
            break
        # What is left of a cut recipe may be a recipe.
        is_cut = attempt % 2 == 0
        path = f"{kind.name}-{attempt}{kind.suffix}"
        write(path, (cut if is_cut else damage)(generator, kind))
        result = kind.run(path)
        complaint = judge(result, must_fail=is_cut and kind.name != "recipe")
        if complaint:
            complaints.append(f"{path}: {complaint}: {result.stderr[:300].decode(errors='replace')}")
        refused += result.returncode == 1
        if not complaint:
            os.remove(path)
    return complaints, refused


def main():
    kinds = make_kinds()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(check_kind, kinds))
    total = 0
    for kind, (complaints, refused) in zip(kinds, results):
        print(f"{kind.name}: {refused} of {kind.count} refused")
        print("".join("  " + complaint + "\n" for complaint in complaints), end="")
        total += refused
    expected = sum(kind.count for kind in kinds)
    if total != expected or any(complaints for complaints, _ in results):
        sys.exit(f"expects {expected} files refused and no complaints, but got {total}")


main()
