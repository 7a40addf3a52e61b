"""Prints what the innermost loop of the largest tile has: MNEMONIC < assembly.

    64 sdot, 12 loads, 8 arithmetic, 0 stack

The loop is a block that ends in a jump to its own beginning: the one with most of
the instruction. Loads are instructions that read memory, arithmetic the others on
vector registers; stack are those of either kind that touch the stack. With a
second argument, the loop is written to that file.
"""

import re
import sys

mnemonic = sys.argv[1]
best, label, body = [], None, []
for line in sys.stdin:
    line = line.split("//")[0].strip()
    if re.match(r"[.\w]+:", line):
        label, body = line[:-1], []
    elif line and not line.startswith("."):
        body.append(line)
        if re.match(r"(b\.|cbn?z|tbn?z)", line) and line.split()[-1] == label:
            count = [sum(text.split()[0] == mnemonic for text in loop) for loop in (body, best)]
            if count[0] > count[1]:
                best = body
            body = []
names = [text.split()[0] for text in best]
loads = [text for text in best if text.startswith("ld")]
vector = [text for text in best if re.search(r"\b[vqdszh]\d+\b", text) and not text.startswith(("ld", "st", mnemonic))]
stack = sum("[sp" in text for text in best)
print(f"{names.count(mnemonic)} {mnemonic}, {len(loads)} loads, {len(vector)} arithmetic, {stack} stack")
if len(sys.argv) > 2:
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("\n".join(best) + "\n")
