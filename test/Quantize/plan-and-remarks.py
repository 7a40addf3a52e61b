# Tools read the plan as JSON and the remarks as YAML, and both say the same of
# every linear.
#
# RUN: split-file %S/print-plan.mlir %t
# DEFINE: %{options} = recipe=w4a8-g2 recipe-file=%t/rules.yaml skip=skipped
# RUN: ptq-opt %t/model.mlir --ptq-print-plan="%{options} json output=%t/plan.json" -o /dev/null
# RUN: ptq-opt %t/model.mlir --ptq-quantize="%{options}" -o /dev/null --remarks-filter=ptq-quantize --remark-format=yaml --remarks-output-file=%t/remarks.yaml
# RUN: %python %s %t/plan.json %t/remarks.yaml | FileCheck %s
#
# The reader of LLVM's own tools, on both of its formats.
# RUN: llvm-remarkutil count --parser=yaml --count-by=remark-name --group-by=function %t/remarks.yaml | FileCheck %s --check-prefix=COUNT
# RUN: ptq-opt %t/model.mlir --ptq-quantize="%{options}" -o /dev/null --remarks-filter=ptq-quantize --remark-format=bitstream --remarks-output-file=%t/remarks.bin
# RUN: llvm-remarkutil count --parser=bitstream --count-by=remark-name --group-by=function %t/remarks.bin | FileCheck %s --check-prefix=COUNT
#
# CHECK: 6 linears agree, 3 of them quantized
# CHECK: totals: {'quantized': 3, 'skipped': 1, 'refused': 1, 'activations': 1, 'bytes': 64, 'quantized_bytes': 28}
# COUNT: decode,5
# COUNT: prefill,1

import json
import re
import sys

OUTCOME = {
    "Quantized": "quantized",
    "Skipped": "skipped",
    "LeftFloat": "refused",
    "ActivationProduct": "activations",
}


def read_remarks(path):
    """Each document of a YAML file of remarks as a flat dictionary."""
    with open(path) as file:
        documents = re.findall(r"^--- !\w+\n(.*?)^\.\.\.$", file.read(), re.S | re.M)
    for document in documents:
        flat = re.sub(r",\s*\n\s+", ", ", document)
        yield {key: value.strip("'\"") for key, value in re.findall(r"^[ -]*(\w+): +(.*)$", flat, re.M)}


def check(linear, remark):
    assert linear["outcome"] == OUTCOME[remark["Name"]], (linear, remark)
    op = linear["ops"][0]
    assert op["function"] == remark["Function"]
    line, column = op["location"].split(":")[-2:]
    assert re.search(rf"Line: {line}, +Column: {column} ", remark["DebugLoc"]), (op, remark)
    if linear["outcome"] != "quantized":
        assert linear["reason"] == remark["Reason"].replace("''", "'"), (linear, remark)
        return False
    assert linear["format"] == remark["Format"]
    weight = linear["weight"]
    assert f"{weight['bits_per_weight']:.3f}" == remark["BitsPerWeight"]
    assert weight["bits_per_weight"] * weight["shape"][0] * weight["shape"][1] == 8 * weight["quantized_bytes"]
    return True


with open(sys.argv[1]) as file:
    plan = json.load(file)
linears = {linear["name"]: linear for linear in plan["linears"]}
remarks = {remark["Linear"]: remark for remark in read_remarks(sys.argv[2])}
assert linears.keys() == remarks.keys(), (linears.keys(), remarks.keys())
quantized = sum(check(linear, remarks[name]) for name, linear in linears.items())
assert linears["q_proj"]["weight"]["index"] == linears["twin"]["weight"]["index"] == 0
print(f"{len(linears)} linears agree, {quantized} of them quantized")
print("totals:", plan["totals"])
