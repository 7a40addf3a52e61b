#!/usr/bin/env python3
"""Prints a tokenizer.json with a small vocabulary.

    make-tokenizer.py FAMILY [KEY=JSON]...

FAMILY is gpt2, llama3, qwen2 (byte level) or sentencepiece, metaspace (byte
fallback). KEY=JSON replaces a member of the result; a dot enters an
object or, before a number, an array.
"""
import json
import sys

HEAD = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
PATTERNS = {
    "gpt2": "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    "llama3": HEAD + "\\p{N}{1,3}" + TAIL,
    "qwen2": HEAD + "\\p{N}" + TAIL,
}
SPACE = "\u2581"


def byte_alphabet():
    printing = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printing]
    symbols = {byte: chr(byte) for byte in printing}
    symbols.update({byte: chr(0x100 + i) for i, byte in enumerate(others)})
    return [symbols[byte] for byte in range(256)]


def byte_level(family):
    space = byte_alphabet()[0x20]
    split = {"type": "Split", "pattern": {"Regex": PATTERNS[family]}, "behavior": "Isolated"}
    bytes_only = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    return byte_alphabet(), space, {
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, bytes_only]},
        "decoder": {"type": "ByteLevel"},
    }


def byte_fallback(family):
    symbols = [f"<0x{byte:02X}>" for byte in range(256)] + list("abcdeghilnorstwy 1") + [SPACE]
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    prepend = {"type": "Prepend", "prepend": SPACE}
    steps = {"normalizer": {"type": "Sequence", "normalizers": [prepend, replace]}}
    if family == "metaspace":
        steps = {"pre_tokenizer": {"type": "Metaspace", "replacement": SPACE, "split": True,
                                   "prepend_scheme": "first"}}
    return symbols, SPACE, {**steps, "decoder": {"type": "Sequence", "decoders": []}}


def main():
    family, *changes = sys.argv[1:]
    make = byte_level if family in PATTERNS else byte_fallback
    symbols, space, members = make(family)
    merges = [["t", "h"], ["th", "e"], [space, "the"], [space, space], ["l", "l"], ["1", "1"],
              ["11", "11"], [space + space, space + space]]
    vocabulary = {symbol: index for index, symbol in enumerate(symbols)}
    for merge in merges:
        vocabulary.setdefault("".join(merge), len(vocabulary))
    end = {"id": len(vocabulary), "content": "</s>", "special": True}
    tool = {"id": len(vocabulary) + 1, "content": "<tool>", "special": False}
    root = {
        "added_tokens": [end, tool],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        **members,
        "model": {"type": "BPE", "byte_fallback": True, "vocab": vocabulary, "merges": merges},
    }
    for change in changes:
        path, value = change.split("=", 1)
        *parents, key = path.split(".")
        target = root
        for parent in parents:
            target = target[int(parent) if parent.isdigit() else parent]
        target[key] = json.loads(value)
    json.dump(root, sys.stdout)


main()
