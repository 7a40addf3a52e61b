"""What is done, and how long the rest takes, is shown on a terminal, and only there.

RUN: rm -rf %t && mkdir -p %t
RUN: %python %src_dir/tools/dev/make-random-llama %t/model --hidden 32 --intermediate 48 --layers 1 --heads 2 --kv-heads 1 --vocabulary 300 --context 48
RUN: %python %s %t | FileCheck %s

CHECK: quantize on a terminal: quantizing: 100 %, 0 s left
CHECK: quantize for a program: nothing
CHECK: quantize to a file: nothing
CHECK: perplexity on a terminal: 2 of 2 documents, 0 s left
CHECK: perplexity for a program: nothing
CHECK: perplexity to a file: nothing
CHECK: calibrate on a terminal: 3 of 3 sequences, 0 s left
CHECK: calibrate for a program: nothing
CHECK: calibrate to a file: nothing
"""
import os
import pty
import re
import subprocess
import sys


def run(command, stderr):
    subprocess.run(["ptq-llm", *command], check=True, stdout=subprocess.DEVNULL, stderr=stderr)


def run_on_terminal(command):
    reader, writer = pty.openpty()
    run(command, writer)
    os.close(writer)
    shown = b""
    try:
        while part := os.read(reader, 65536):
            shown += part
    except OSError:  # how a terminal ends
        pass
    os.close(reader)
    return shown.decode()


def run_to_file(command, path):
    with open(path, "w+") as file:
        run(command, file)
        file.seek(0)
        return file.read()


def describe(shown):
    return (re.findall(r"\033\[K([^\r\033]*s left)", shown) or [shown or "nothing"])[-1]


def main():
    work = sys.argv[1]
    text = os.path.join(work, "text")
    with open(text, "w") as file:
        file.write("A dog runs in the garden.\n\nThe cat sleeps on the mat.\n")
    model = os.path.join(work, "model")
    for command in (["quantize", model, "-o", os.path.join(work, "package")],
                    ["perplexity", os.path.join(work, "package"), "--text", text],
                    ["calibrate", model, "--text", text, "--seq", "16", "--observers=absmax",
                     "-o", os.path.join(work, "stats")]):
        print(f"{command[0]} on a terminal:", describe(run_on_terminal(command)))
        print(f"{command[0]} for a program:", describe(run_on_terminal([*command, "--json"])))
        print(f"{command[0]} to a file:", describe(run_to_file(command, os.path.join(work, "stderr"))), flush=True)


main()
