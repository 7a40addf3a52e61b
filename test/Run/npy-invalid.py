# RUN: rm -rf %t && mkdir %t && %python %s %t
# A file that is not an array is refused with its name and the byte at fault.
import struct
import subprocess
import sys

folder = sys.argv[1]
path = f"{folder}/x.npy"
with open(f"{folder}/m.mlir", "w") as module:
    module.write("func.func @f(%x: tensor<2xf32>) { return }")


def file(header, data=b"\0" * 8, version=b"\1\0", length=None):
    header = header.encode("latin-1")
    form = "<H" if version[0] == 1 else "<I"
    length = struct.pack(form, len(header) if length is None else length)
    return b"\x93NUMPY" + version + length + header + data


def expect_error(message):
    result = subprocess.run(["ptq-run", f"{folder}/m.mlir", f"--input={path}"],
                            stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1, (result.returncode, result.stderr)
    expected = f"ptq-run: error: {path}: {message}\n"
    assert result.stderr == expected, (result.stderr, expected)


def refuse(content, message):
    with open(path, "wb") as target:
        target.write(content)
    expect_error(message)


expect_error("No such file or directory")
GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
refuse(b"", "byte 0: expects the magic number of a .npy file")
refuse(b"NUMPY", "byte 0: expects the magic number of a .npy file")
refuse(b"\x93NUMPY\1", "byte 6: expects a format version, but the file ends")
refuse(file(GOOD, version=b"\4\0"), "byte 6: expects format version 1, 2 or 3, but got 4")
refuse(b"\x93NUMPY\1\0\5", "byte 8: expects the length of the header, but the file ends")
refuse(file(GOOD, b"", length=0xFFFF),
       "byte 8: expects a header of 65535 bytes, but the file has 58 more")
refuse(file(GOOD, b"", version=b"\2\0", length=0xFFFFFFFF),
       "byte 8: expects a header of 4294967295 bytes, but the file has 58 more")
refuse(file(""), "byte 10: expects '{'")
refuse(file("{"), "byte 11: expects a string")
refuse(file("{'descr"), "byte 11: expects a string that ends")
refuse(file("{'descr' '<f4'}"), "byte 19: expects ':'")
refuse(file("{'descr': '<f4' 'shape': (2,)}"), "byte 26: expects '}'")
refuse(file("{'descr': '<f4', 'descr': '<f4'}"),
       "byte 27: expects the keys descr, fortran_order and shape, each once, but got 'descr'")
refuse(file("{'order': 1}"),
       "byte 11: expects the keys descr, fortran_order and shape, each once, but got 'order'")
refuse(file("{'descr': '<f4'}"), "byte 26: expects the keys descr, fortran_order and shape")
refuse(file(GOOD + "x"), "byte 68: expects nothing but spaces behind the header")
for kind in [">f4", "<f16", "<c8", "f4", "<U3", "", "|O"]:
    refuse(file(GOOD.replace("<f4", kind)),
           "byte 20: expects little-endian elements of type f2, f4, f8, i1, i2, i4, i8, u1, "
           f"b1 or V2, but got '{kind}'")
refuse(file(GOOD.replace("'<f4'", "[('a', '<f4')]")), "byte 20: expects a string")
refuse(file(GOOD.replace("False", "None")), "byte 44: expects True or False")
refuse(file(GOOD.replace("(2,)", "2")), "byte 60: expects '('")
refuse(file(GOOD.replace("(2,)", "(-2,)")), "byte 61: expects a size of the shape")
refuse(file(GOOD.replace("(2,)", "(99999999999999999999,)")),
       "byte 61: expects a size of the shape")
refuse(file(GOOD.replace("(2,)", "(2,")), "byte 63: expects a size of the shape")
refuse(file(GOOD.replace("(2,)", "(2 3)")), "byte 63: expects ')'")
refuse(file(GOOD.replace("(2,)", "(4294967296, 4294967296)")),
       "byte 88: has a shape that does not fit 63 bits of bytes")
refuse(file(GOOD, b"\0" * 7), "byte 68: expects 8 bytes of elements, but got 7")
refuse(file(GOOD, b"\0" * 9), "byte 68: expects 8 bytes of elements, but got 9")
refuse(file(GOOD.replace("<f4", "|b1"), b"\1\2"), "byte 69: expects a boolean, 0 or 1")
