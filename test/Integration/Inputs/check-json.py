#!/usr/bin/env python3
"""Checks the JSON object in a file: check-json.py FILE EXPRESSION...

An expression is Python in which the members of the object are variables, and
`members` is the object. The first one that is false ends the check with exit
status 1.
"""
import json
import sys


def main():
    path, *expressions = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        members = json.load(file)
    print(members)
    for expression in expressions:
        if not eval(expression, {**members, "members": members}):
            sys.exit(f"not true: {expression}")


main()
