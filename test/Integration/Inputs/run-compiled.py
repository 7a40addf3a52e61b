"""Runs what ptq-llm compile has made for Arm, and holds it against what ptq-llm
generate --json says of the same model: tokens and hash of the logits.

    run-compiled.py FOLDER JSON MACHINE...     machines of qemu
"""

import json
import os
import subprocess
import sys

folder, expected = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
openmp = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Run/Inputs/serial-openmp.c")
subprocess.run(
    ["aarch64-linux-gnu-gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-O1", "-static", f"-I{folder}"]
    + [f"{folder}/model.c", openmp, f"{folder}/model.o", "-o", f"{folder}/model"],
    check=True,
)
prompt = [str(token) for token in expected["prompt_tokens"]]
for machine in sys.argv[3:]:
    command = ["qemu-aarch64", "-cpu", machine, f"{folder}/model", folder, str(len(expected["tokens"])), *prompt]
    tokens, logits = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    same_tokens = [int(token) for token in tokens.split()] == expected["tokens"]
    same_logits = logits == f"logits {expected['logits_hash']}"
    print(f"{machine}: {len(expected['tokens'])} tokens {same_tokens}, logits {same_logits}")
