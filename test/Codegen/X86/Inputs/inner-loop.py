"""Prints what the innermost loop of the largest tile has: MNEMONIC [COUNT] < assembly.

    16 vpmaddubsw, 8 loads, 0 stack

The loop is a block that ends in a jump to its own beginning: the one with most of
the instruction for each load, of those that have COUNT of it, if given. Loads are operands in memory that is not on the
stack, stack those that are.
"""

import re
import sys

mnemonic = sys.argv[1]
wanted = int(sys.argv[2]) if len(sys.argv) > 2 else None
best, label, body = (0, 0, 0, 0), None, []
stack_registers = ("(%rsp",)
for line in sys.stdin:
    line = line.split("#")[0].strip()
    if re.match(r"[A-Za-z_]\w*:", line):  # a function
        stack_registers = ("(%rsp",)
    elif re.match(r"movq\s+%rsp, %rbp$", line):
        stack_registers = ("(%rsp", "(%rbp")
    elif re.match(r"\.LBB\w+:", line):
        label, body = line[:-1], []
    elif line and not line.startswith("."):
        body.append(line)
        if re.match(r"j\w+\s", line) and line.split()[-1] == label:
            count = sum(text.split()[0] == mnemonic for text in body)
            memory = [text for text in body if "(" in text and not text.startswith(("lea", "prefetch"))]
            stack = sum(any(register in text for register in stack_registers) for text in memory)
            if wanted is None or count == wanted:
                best = max(best, (count / max(len(memory), 1), count, len(memory) - stack, stack))
print(f"{best[1]} {mnemonic}, {best[2]} loads, {best[3]} stack")
