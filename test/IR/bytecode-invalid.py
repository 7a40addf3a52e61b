# Files of a newer version, and broken ones, end with an error and not a crash.
#
# RUN: ptq-opt %S/bytecode.mlir --emit-bytecode -o %t.mlirbc
# RUN: %python %s %t.mlirbc %t.broken.mlirbc | FileCheck %s

import random
import subprocess
import sys

good = open(sys.argv[1], "rb").read()


def read(data):
    """Exit status and messages of ptq-opt on a file of these bytes."""
    with open(sys.argv[2], "wb") as file:
        file.write(data)
    result = subprocess.run(["ptq-opt", sys.argv[2]], capture_output=True)
    return result.returncode, result.stderr.decode(errors="replace")


# A section of dialect versions (7) with one byte of content: a number, twice
# it plus one. Of the dialects in the file only this one has a version.
assert good.count(b"\x07\x03\x03") == 1
# CHECK: newer: 1
# CHECK: error: expects version 1 to 1 of the ptq dialect, but got 2
status, message = read(good.replace(b"\x07\x03\x03", b"\x07\x03\x05"))
print("newer:", status, message)

# CHECK: older: 1
# CHECK: error: expects version 1 to 1 of the ptq dialect, but got 0
status, message = read(good.replace(b"\x07\x03\x03", b"\x07\x03\x01"))
print("older:", status, message)

# CHECK: truncated: all refused
statuses = {read(good[: len(good) * i // 16])[0] for i in range(1, 16)}
print("truncated:", "all refused" if statuses == {1} else statuses)

# A changed byte may still make sense; it never ends in a signal.
# CHECK: changed: 0 crashes
generator = random.Random(1)
crashes = 0
for _ in range(40):
    data = bytearray(good)
    data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    status, message = read(bytes(data))
    if status not in (0, 1) or (status == 1 and "error" not in message):
        crashes += 1
        print(status, message)
print("changed:", crashes, "crashes")
