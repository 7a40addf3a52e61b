# RUN: %python %s %t
# Ranges, scales and zero points of fixed histograms, against NumPy.
import json
import os
import re
import struct
import subprocess
import sys

import numpy as np

BINS = 2048
HALF = 1024
OBSERVERS = ["minmax", "moving_average", "histogram"]


def write_safetensors(path, tensors, metadata):
    names = {np.dtype(np.float32): "F32", np.dtype(np.int64): "I64"}
    header, offset = {"__metadata__": metadata}, 0
    for name, array in tensors.items():
        header[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.tobytes())


class Tensor:
    """What was observed of `values`, a sample per row."""

    def __init__(self, name, values):
        self.name = name
        self.values = values = values.astype(np.float32)
        magnitude = np.abs(values).max()
        self.exponent = max(int(np.frexp(magnitude)[1]) if magnitude else -116, -116)
        self.width = 2.0 ** (self.exponent - 10)
        bins = np.floor(values.astype(np.float64) / self.width).astype(np.int64) + HALF
        self.counts = np.bincount(bins.ravel(), minlength=BINS).astype(np.int64)
        self.samples = np.stack([values.min(axis=1), values.max(axis=1)], axis=1)
        self.low, self.high = float(values.min()), float(values.max())

    def header(self):
        samples, size = self.values.shape
        return {
            "name": self.name, "linears": [], "observers": OBSERVERS, "channels": 4,
            "skipped_positions": 0, "momentum": 0.25, "samples": samples,
            "tokens": samples * size // 4, "values": samples * size,
            "skipped_rows": 0, "nonfinite_rows": 0, "masked_rows": 0,
        }  # fmt: skip

    def tensors(self):
        keys = np.arange(len(self.samples), dtype=np.int64)[::-1].copy()
        return {
            self.name + "/minmax": np.array([self.low, self.high], np.float32),
            self.name + "/moving_average.samples": keys,
            self.name + "/moving_average.minmax": self.samples[::-1].copy(),
            self.name + "/histogram.exponent": np.array([self.exponent], np.int64),
            self.name + "/histogram.counts": self.counts,
        }


# ===----------------------------------------------------------------------=== #
# The oracle
# ===----------------------------------------------------------------------=== #


def with_zero(low, high, symmetric):
    low, high = min(0.0, low), max(0.0, high)
    return (-max(-low, high), max(-low, high)) if symmetric else (low, high)


def moving_average(tensor, symmetric):
    low, high = tensor.samples[0]
    for sample in tensor.samples:
        low = np.float32(low + np.float32(0.25) * np.float32(sample[0] - low))
        high = np.float32(high + np.float32(0.25) * np.float32(sample[1] - high))
    return with_zero(float(low), float(high), symmetric)


def magnitudes(tensor):
    return tensor.counts[HALF:] + tensor.counts[:HALF][::-1]


def percentile(tensor, part, symmetric):
    total = float(tensor.counts.sum())

    def edge(counts, cut):
        """Where the first entry starts behind which at most `cut` lie."""
        behind = np.append(np.cumsum(counts[::-1])[::-1], 0)
        return int(np.argmax(behind <= cut))

    largest = max(abs(tensor.low), abs(tensor.high))
    if symmetric:
        cut = np.floor(total * (100 - part) / 100)
        high = min(edge(magnitudes(tensor), cut) * tensor.width, largest)
        return -high, high
    cut = np.floor(total * (100 - part) / 200)
    high = (edge(tensor.counts, cut) - HALF) * tensor.width
    low = (HALF - edge(tensor.counts[::-1], cut)) * tensor.width
    return max(min(low, 0.0), min(0.0, tensor.low)), min(max(high, 0.0), max(0.0, tensor.high))


def divergence(counts, below, above, levels):
    if (below and not counts[0]) or (above and not counts[-1]):
        return np.inf
    p = counts.astype(np.float64)
    level = np.arange(len(counts)) * levels // len(counts)
    used = np.bincount(level, counts != 0)
    q = np.where(counts != 0, (np.bincount(level, counts) / np.maximum(used, 1))[level], 0)
    p[0] += below
    p[-1] += above
    used = counts != 0
    p, q = p[used] / p.sum(), q[used] / q.sum()
    return float(np.sum(p * np.log(p / q)))


def entropy(tensor, levels, symmetric):
    used = np.flatnonzero(tensor.counts)
    low_used, high_used = max(0, HALF - used[0]), max(0, used[-1] + 1 - HALF)
    counts, zero = tensor.counts, HALF
    if symmetric:
        counts, zero = magnitudes(tensor), 0
        low_used, high_used = 0, np.flatnonzero(counts)[-1] + 1
    best, radius = np.inf, max(low_used, high_used)
    for candidate in range(1, max(low_used, high_used) + 1):
        low, high = min(candidate, low_used), min(candidate, high_used)
        if low + high < levels:
            continue
        value = divergence(counts[zero - low : zero + high], counts[: zero - low].sum(), counts[zero + high :].sum(), levels)
        if value < best - 1e-12:
            best, radius = value, candidate
    bound = radius * tensor.width
    if symmetric:
        high = min(bound, max(abs(tensor.low), abs(tensor.high)))
        return -high, high
    return max(-bound, min(0.0, tensor.low)), min(bound, max(0.0, tensor.high))


def parameters(low, high, symmetric):
    low, high = np.float32(low), np.float32(high)
    span = high / np.float32(127) if symmetric else (high - low) / np.float32(255)
    scale = span if span >= np.float32(2.0**-126) else np.float32(1)
    zero = 0 if symmetric else int(np.clip(np.rint(np.float32(0) - low / scale), 0, 255))
    return scale, zero


def squared_error(tensor, symmetric):
    low, high = with_zero(tensor.low, tensor.high, symmetric)
    centre = (np.arange(BINS) - HALF) * tensor.width + tensor.width / 2
    best, chosen = np.inf, None
    for step in range(100, 0, -1):
        scale, zero = parameters(low * step / 100, high * step / 100, symmetric)
        first, last = (-127, 127) if symmetric else (0, 255)
        code = np.clip(np.rint(centre / float(scale)) + zero, first, last)
        terms = tensor.counts * np.square(centre - (code - zero) * float(scale))
        error = np.cumsum(terms)[-1]
        if error < best:
            best, chosen = error, (low * step / 100, high * step / 100)
    return chosen


def choose(tensor, method, symmetric):
    if method == "minmax":
        bounds = with_zero(tensor.low, tensor.high, symmetric)
    elif method == "moving_average":
        bounds = moving_average(tensor, symmetric)
    elif method == "entropy":
        bounds = entropy(tensor, 128 if symmetric else 256, symmetric)
    elif method == "mse":
        bounds = squared_error(tensor, symmetric)
    else:
        bounds = percentile(tensor, float(method[11:-1]), symmetric)
    return bounds, parameters(*bounds, symmetric)


# ===----------------------------------------------------------------------=== #
# The test
# ===----------------------------------------------------------------------=== #

random = np.random.default_rng(0)
TENSORS = [
    Tensor("gaussian", random.normal(0, 1, (5, 40000))),
    Tensor("laplace", random.laplace(0.1, 2, (4, 20000))),
    Tensor("outliers", np.concatenate([random.normal(0, 0.1, (3, 5000)), random.normal(0, 8, (3, 8))], axis=1)),
    Tensor("positive", np.abs(random.normal(0, 3, (2, 30000)))),
    Tensor("shifted", random.normal(20, 1, (2, 4000))),
    Tensor("constant", np.full((2, 8), -1.5)),
    Tensor("zeros", np.zeros((1, 4))),
    Tensor("tiny", random.normal(0, 1e-30, (1, 400))),
]
METHODS = ["minmax", "moving_average", "percentile(99.9)", "percentile(99.99)", "percentile(99.999)", "entropy", "mse"]


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "fixed.stats")
    header = {"version": 1, "model": "any", "tensors": [tensor.header() for tensor in TENSORS]}
    contents = {name: array for tensor in TENSORS for name, array in tensor.tensors().items()}
    write_safetensors(path, contents, {"ptq.statistics": json.dumps(header)})

    lines = ["!s = !ptq.q<s8<-127:127>:f32, block = [0, 0], scale = f32>", "!u = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>"]
    cases = []
    for tensor in TENSORS:
        lines.append(
            f"ptq.statistics @{tensor.name} : tensor<?x4xf32> observers "
            "[#ptq.minmax, #ptq.moving_average<momentum = 0.25>, #ptq.histogram]"
        )
        for method in METHODS:
            number = len(cases)
            cases += [(tensor, method, True), (tensor, method, False)]
            lines += [
                f"func.func @case{number}() -> tensor<1x1xf32> {{",
                f"  %s = ptq.choose_params @{tensor.name} {method} for !s : tensor<1x1xf32>",
                "  return %s : tensor<1x1xf32>\n}",
                f"func.func @case{number + 1}() -> (tensor<1x1xf32>, tensor<1x1xi32>) {{",
                f"  %s, %z = ptq.choose_params @{tensor.name} {method} for !u : tensor<1x1xf32>, tensor<1x1xi32>",
                "  return %s, %z : tensor<1x1xf32>, tensor<1x1xi32>\n}",
            ]
    command = ["ptq-opt", f"--ptq-import-statistics=file={path} any-model", "--ptq-choose-parameters"]
    output = subprocess.run(command, input="\n".join(lines), text=True, check=True, capture_output=True).stdout
    functions = re.split(r"func\.func @case\d+", output)[1:]
    failures = 0
    for (tensor, method, symmetric), body in zip(cases, functions, strict=True):
        scale = re.search(r"dense<([^>]*)> : tensor<1x1xf32>", body).group(1)
        zero = re.search(r"dense<([^>]*)> : tensor<1x1xi32>", body)
        # Decimal, or the bits where that is shorter.
        scale = np.array([int(scale, 16)], np.uint32).view(np.float32)[0] if scale.startswith("0x") else np.float32(scale)
        got = (scale, int(zero.group(1)) if zero else 0)
        bounds, expected = choose(tensor, method, symmetric)
        if got != expected:  # as many digits are printed as it takes
            print(f"{tensor.name} {method} symmetric={symmetric}: expects {expected} for {bounds}, but got {got}")
            failures += 1
    print(f"{len(cases)} cases, {failures} failures")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
