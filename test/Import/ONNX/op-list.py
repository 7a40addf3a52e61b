# RUN: %python %s %src_dir/docs/onnx.md | FileCheck %s
"""The page on ONNX lists the ops that can be imported: each, and no others."""

# CHECK: {{^}}0 differ

import subprocess
import sys

with open(sys.argv[1]) as page:
    section = page.read().split("## Ops\n")[1].split("\n## ")[0]
rows = [line.split("|")[2].split() for line in section.splitlines() if line.startswith("|")][2:]
documented = [name for row in rows for name in row]
known = subprocess.run(["ptq-translate", "--list-onnx-ops"], check=True, capture_output=True, text=True).stdout.split()
differ = set(documented) ^ set(known)
for name in sorted(differ):
    print(f"{name}: only {'in the page' if name in documented else 'in the tool'}")
print(f"{len(differ) + len(documented) - len(set(documented))} differ")
