# What is installed needs libMLIR.so and defines nothing that libMLIR.so or
# libLLVM.so define: a second copy of MLIR would have a pass registry of its own.
#
# REQUIRES: install
# RUN: %python %s %prefix %mlir_lib_dir | FileCheck %s
#
# CHECK-DAG: PTQPlugin.so: ok
# CHECK-DAG: libptq-c.so: ok
# CHECK-DAG: ptq-llm: ok
# CHECK-DAG: ptq-lsp-server: ok
# CHECK-DAG: ptq-opt: ok
# CHECK-DAG: ptq-reduce: ok
# CHECK-DAG: ptq-run: ok
# CHECK-DAG: ptq-translate: ok

import pathlib
import re
import subprocess
import sys


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(path, kinds, *options):
    fields = (line.split() for line in run("nm", "--defined-only", *options, path).splitlines())
    return {name[2].split("@")[0] for name in fields if len(name) == 3 and name[1] in kinds}


def main():
    prefix, mlir = map(pathlib.Path, sys.argv[1:])
    # Those that are no copies of inline code. In what is ours, hidden symbols
    # have become local ones.
    foreign = symbols(mlir / "libMLIR.so", "TDBRS", "-D") | symbols(mlir / "libLLVM.so", "TDBRS", "-D")
    core = {"_ZN4mlir11MLIRContextC1ENS0_9ThreadingE", "_ZN4llvm11raw_ostream5writeEPKcm"}
    assert core <= foreign, f"expects {core - foreign} in libMLIR.so and libLLVM.so"
    failed = 0
    for path in sorted([*prefix.glob("bin/*"), *prefix.rglob("*.so")]):
        if path.read_bytes()[:4] != b"\x7fELF":
            continue
        own = symbols(path, "TDBRStdbrs")
        assert own, f"expects symbols in {path}"
        if copies := sorted(own & foreign):
            print(f"{path.name}: defines {len(copies)} symbols of MLIR and LLVM, such as {copies[0]}")
        elif not {"libMLIR.so", "libptq-c.so"} & set(re.findall(r"\[(\w.*?\.so)", run("readelf", "-d", path))):
            print(f"{path.name}: needs neither libMLIR.so nor libptq-c.so, which does")
        else:
            print(f"{path.name}: ok")
            continue
        failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
