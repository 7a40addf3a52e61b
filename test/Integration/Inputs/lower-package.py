"""Copies a package, with its module lowered for an instruction set that need not be
here, its instructions spelled out: PACKAGE COPY ISA. Prints how many weights
are packed in which layout."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

package, copy, isa = sys.argv[1:]
shutil.copytree(package, copy, dirs_exist_ok=True)
module = f"{copy}/model.mlirbc"
passes = [f"--ptq-select-kernels=isa={isa}", "--ptq-to-llvm=emulates=true packs-on-load=true"]
text = subprocess.run(["ptq-opt", f"{package}/model.mlirbc", *passes], check=True, stdout=subprocess.PIPE).stdout
subprocess.run(["ptq-opt", "-", "--emit-bytecode", "-o", module], input=text, check=True)
pattern = r'pack_on_load<#ptq.packed<.*?layout = <(.*?)>>, <".*?", "(.*?)">'
layouts = [layout for layout, _ in set(re.findall(pattern, text.decode()))]
for layout in sorted(set(layouts)):
    print(f"{layouts.count(layout)} weights: {layout}")
with open(f"{copy}/manifest.json", encoding="utf-8") as file:
    manifest = json.load(file)
with open(module, "rb") as file:
    manifest["files"]["model.mlirbc"] = {"bytes": os.path.getsize(module), "sha256": hashlib.sha256(file.read()).hexdigest()}
with open(f"{copy}/manifest.json", "w", encoding="utf-8") as file:
    json.dump(manifest, file)
