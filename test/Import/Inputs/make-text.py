#!/usr/bin/env python3
"""Writes pseudo-random UTF-8 text to standard output: make-text.py SEED SIZE"""
import random
import sys

PIECES = ["the", " the", "'s", "'RE", "'\u017f", "</s>", "<tool>", "<0x41>", " ", "  ", "\n", "\r\n",
          "\t", "\u2581", "\u00a0", "\u3000", "11", "\u00b2", "e\u0301", "\u00e9", "\ufb01", "\0",
          "\ufeff", "\U0001f642", "\U0001f44d\U0001f3fd", "!?", "'"]


def main():
    generator = random.Random(int(sys.argv[1]))
    text = []
    for _ in range(int(sys.argv[2])):
        if generator.random() < 0.7:
            text.append(generator.choice(PIECES))
            continue
        code = generator.randrange(generator.choice([0x80, 0x800, 0x10000, 0x110000]))
        if not 0xD800 <= code < 0xE000:
            text.append(chr(code))
    sys.stdout.buffer.write("".join(text).encode())


main()
