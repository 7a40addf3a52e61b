"""Prints what the innermost loop of the largest tile has: MNEMONIC < assembly.

    64 sdot, 12 loads, 8 arithmetic, 0 stack

The loop is a block that ends in a jump to its own beginning: the one with most of
the instruction, and of those the shortest, which does not expand codes. Loads are instructions that read memory, arithmetic the others on
vector registers; stack are those of either kind that touch the stack.
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
            rank = [(sum(text.split()[0] == mnemonic for text in loop), -len(loop)) for loop in (body, best)]
            if rank[0] > rank[1] and rank[0][0] > 0:
                best = body
            body = []
names = [text.split()[0] for text in best]
loads = [text for text in best if text.startswith("ld")]
vector = [text for text in best if re.search(r"\b[vqdszh]\d+\b", text) and not text.startswith(("ld", "st", mnemonic))]
stack = sum("[sp" in text for text in best)
print(f"{names.count(mnemonic)} {mnemonic}, {len(loads)} loads, {len(vector)} arithmetic, {stack} stack")
