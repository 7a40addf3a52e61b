"""Writes small float networks, samples of their input, and what floats give.

    make-networks.py FOLDER

cnn.mlir (NHWC), cnn_nchw.mlir and mlp.mlir have a function @net; NAME_print.mlir
are the same with a @main that prints @net of the first sample. Samples are
NAME.x0.npy to NAME.x7.npy. Weights are random, from one seed.
"""
import sys

import numpy as np

random = np.random.default_rng(2026)


def tensor(shape, element="f32"):
    return "tensor<" + "x".join(map(str, [*shape, element])) + ">"


class Network:
    """The text of a function, one op after the other."""

    def __init__(self, input_shape, channels_first=False):
        self.lines, self.count = [], 0
        self.channels_first = channels_first
        self.input = ("%x", list(input_shape))

    def name(self):
        self.count += 1
        return f"%v{self.count}"

    def emit(self, text, shape):
        result = self.name()
        self.lines.append(f"  {result} = {text}")
        return result, shape

    def constant(self, values):
        data = np.asarray(values, np.float32).tobytes().hex().upper()
        return self.emit(f'arith.constant dense<"0x{data}"> : {tensor(values.shape)}', list(values.shape))

    def fill(self, shape, value="0.0"):
        scalar, _ = self.emit(f"arith.constant {value} : f32", None)
        empty, _ = self.emit(f"tensor.empty() : {tensor(shape)}", shape)
        return self.emit(f"linalg.fill ins({scalar} : f32) outs({empty} : {tensor(shape)}) -> {tensor(shape)}", shape)

    def image(self, n, h, w, c):
        return [n, c, h, w] if self.channels_first else [n, h, w, c]

    def sizes(self, shape):
        n, a, b, c = shape
        return (n, b, c, a) if self.channels_first else (n, a, b, c)

    def bias(self, value, count):
        """One number per channel, as a broadcast along the other dimensions."""
        name, shape = value
        values, _ = self.constant(random.normal(0, 0.3, count).astype(np.float32))
        dims = [0, 2, 3] if self.channels_first and len(shape) == 4 else list(range(len(shape) - 1))
        empty, _ = self.emit(f"tensor.empty() : {tensor(shape)}", shape)
        spread, _ = self.emit(f"linalg.broadcast ins({values} : {tensor([count])}) outs({empty} : {tensor(shape)}) dimensions = {dims}", shape)
        out, _ = self.emit(f"tensor.empty() : {tensor(shape)}", shape)
        t = tensor(shape)
        return self.emit(f"linalg.add ins({name}, {spread} : {t}, {t}) outs({out} : {t}) -> {t}", shape)

    def conv(self, value, outputs, kernel, stride=1, dilation=1, fhwc=False):
        name, shape = value
        n, h, w, c = self.sizes(shape)
        span = (kernel - 1) * dilation + 1
        oh, ow = (h - span) // stride + 1, (w - span) // stride + 1
        kind = "nchw_fchw" if self.channels_first else "nhwc_fhwc" if fhwc else "nhwc_hwcf"
        weight_shape = {"nchw_fchw": [outputs, c, kernel, kernel], "nhwc_fhwc": [outputs, kernel, kernel, c],
                        "nhwc_hwcf": [kernel, kernel, c, outputs]}[kind]
        weights, _ = self.constant(random.normal(0, 1.2 / np.sqrt(kernel * kernel * c), weight_shape).astype(np.float32))
        result = self.image(n, oh, ow, outputs)
        init, _ = self.fill(result)
        attributes = f"{{strides = dense<{stride}> : tensor<2xi64>, dilations = dense<{dilation}> : tensor<2xi64>}}"
        y = self.emit(f"linalg.conv_2d_{kind} {attributes} ins({name}, {weights} : {tensor(shape)}, {tensor(weight_shape)}) "
                      f"outs({init} : {tensor(result)}) -> {tensor(result)}", result)
        return self.bias(y, outputs)

    def depthwise(self, value, kernel, stride=1):
        name, shape = value
        n, h, w, c = self.sizes(shape)
        oh, ow = (h - kernel) // stride + 1, (w - kernel) // stride + 1
        kind = "nchw_chw" if self.channels_first else "nhwc_hwc"
        weight_shape = [c, kernel, kernel] if self.channels_first else [kernel, kernel, c]
        weights, _ = self.constant(random.normal(0, 1.2 / kernel, weight_shape).astype(np.float32))
        result = self.image(n, oh, ow, c)
        init, _ = self.fill(result)
        attributes = f"{{strides = dense<{stride}> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}}"
        y = self.emit(f"linalg.depthwise_conv_2d_{kind} {attributes} ins({name}, {weights} : {tensor(shape)}, {tensor(weight_shape)}) "
                      f"outs({init} : {tensor(result)}) -> {tensor(result)}", result)
        return self.bias(y, c)

    def pad(self, value, low=1, high=1):
        name, shape = value
        n, h, w, c = self.sizes(shape)
        result = self.image(n, h + low + high, w + low + high, c)
        zero, _ = self.emit("arith.constant 0.0 : f32", None)
        lows, highs = self.image(0, low, low, 0), self.image(0, high, high, 0)
        return self.emit(f"tensor.pad {name} low{lows} high{highs} {{\n  ^bb0(%a: index, %b: index, %c: index, %d: index):\n"
                         f"    tensor.yield {zero} : f32\n  }} : {tensor(shape)} to {tensor(result)}", result)

    def clamp(self, value, high=None):
        """ReLU; with `high`, what is above is cut, too."""
        name, shape = value
        zero, _ = self.emit("arith.constant 0.0 : f32", None)
        t = tensor(shape)
        empty, _ = self.emit(f"tensor.empty() : {t}", shape)
        dims = ", ".join(f"d{i}" for i in range(len(shape)))
        identity = f"affine_map<({dims}) -> ({dims})>"
        kinds = ", ".join(['"parallel"'] * len(shape))
        body = f"    %low = arith.maximumf %in, {zero} : f32\n"
        last = "%low"
        if high is not None:
            limit, _ = self.emit(f"arith.constant {high} : f32", None)
            body += f"    %both = arith.minimumf %low, {limit} : f32\n"
            last = "%both"
        return self.emit(f"linalg.generic {{indexing_maps = [{identity}, {identity}], iterator_types = [{kinds}]}} "
                         f"ins({name} : {t}) outs({empty} : {t}) {{\n  ^bb0(%in: f32, %old: f32):\n{body}"
                         f"    linalg.yield {last} : f32\n  }} -> {t}", shape)

    def add(self, a, b):
        t = tensor(a[1])
        empty, _ = self.emit(f"tensor.empty() : {t}", a[1])
        return self.emit(f"linalg.add ins({a[0]}, {b[0]} : {t}, {t}) outs({empty} : {t}) -> {t}", a[1])

    def max_pool(self, value, kernel=2, stride=2):
        return self.pool(value, "max", "0xFF800000", kernel, stride)

    def pool(self, value, kind, start, kernel, stride):
        name, shape = value
        n, h, w, c = self.sizes(shape)
        result = self.image(n, (h - kernel) // stride + 1, (w - kernel) // stride + 1, c)
        window, _ = self.emit(f"tensor.empty() : {tensor([kernel, kernel])}", None)
        init, _ = self.fill(result, start)
        layout = "nchw" if self.channels_first else "nhwc"
        return self.emit(f"linalg.pooling_{layout}_{kind} {{strides = dense<{stride}> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}} "
                         f"ins({name}, {window} : {tensor(shape)}, {tensor([kernel, kernel])}) outs({init} : {tensor(result)}) -> {tensor(result)}", result)

    def average_pool(self, value, kernel=2, stride=2):
        total, shape = self.pool(value, "sum", "0.0", kernel, stride)
        count, _ = self.emit(f"arith.constant {float(kernel * kernel)} : f32", None)
        t = tensor(shape)
        empty, _ = self.emit(f"tensor.empty() : {t}", shape)
        identity = "affine_map<(a, b, c, d) -> (a, b, c, d)>"
        return self.emit(f'linalg.generic {{indexing_maps = [{identity}, {identity}], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}} '
                         f"ins({total} : {t}) outs({empty} : {t}) {{\n  ^bb0(%in: f32, %old: f32):\n"
                         f"    %mean = arith.divf %in, {count} : f32\n    linalg.yield %mean : f32\n  }} -> {t}", shape)

    def concat(self, a, b):
        dim = 1 if self.channels_first else 3
        shape = list(a[1])
        shape[dim] += b[1][dim]
        return self.emit(f"tensor.concat dim({dim}) {a[0]}, {b[0]} : ({tensor(a[1])}, {tensor(b[1])}) -> {tensor(shape)}", shape)

    def flatten(self, value):
        name, shape = value
        result = [shape[0], int(np.prod(shape[1:]))]
        return self.emit(f"tensor.collapse_shape {name} [[0], [1, 2, 3]] : {tensor(shape)} into {tensor(result)}", result)

    def dense(self, value, outputs):
        name, (m, k) = value
        weights, _ = self.constant(random.normal(0, 1.2 / np.sqrt(k), (k, outputs)).astype(np.float32))
        init, _ = self.fill([m, outputs])
        y = self.emit(f"linalg.matmul ins({name}, {weights} : {tensor([m, k])}, {tensor([k, outputs])}) "
                      f"outs({init} : {tensor([m, outputs])}) -> {tensor([m, outputs])}", [m, outputs])
        return self.bias(y, outputs)

    def write(self, folder, name, result):
        x, y = tensor(self.input[1]), tensor(result[1])
        net = f"func.func @net(%x: {x}) -> {y} {{\n" + "\n".join(self.lines) + f"\n  return {result[0]} : {y}\n}}\n"
        samples = [random.normal(0.2, 1, self.input[1]).astype(np.float32) for _ in range(8)]
        for number, sample in enumerate(samples):
            np.save(f"{folder}/{name}.x{number}.npy", sample)
        with open(f"{folder}/{name}.mlir", "w") as file:
            file.write(net)
        data = samples[0].tobytes().hex().upper()
        rank = len(result[1])
        with open(f"{folder}/{name}_print.mlir", "w") as file:
            file.write("func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}\n"
                       + net.replace("@net", "private @net") +
                       f'func.func @main() {{\n  %x = arith.constant dense<"0x{data}"> : {x}\n'
                       f"  %y = call @net(%x) : ({x}) -> {y}\n"
                       f"  %any = tensor.cast %y : {y} to tensor<{'x'.join(['*'])}xf32>\n"
                       f"  call @printMemrefF32(%any) : (tensor<*xf32>) -> ()\n  return\n}}\n")


def build_cnn(channels_first):
    net = Network([2, 3, 16, 16] if channels_first else [2, 16, 16, 3], channels_first)
    stem = net.clamp(net.conv(net.pad(net.input), 8, 3))
    wide = net.clamp(net.depthwise(net.pad(stem), 3), 6.0)
    narrow = net.conv(wide, 8, 1, fhwc=True)
    block = net.clamp(net.add(narrow, stem))
    pooled = net.max_pool(block)
    left = net.conv(net.pad(pooled, 2, 2), 6, 3, dilation=2)
    right = net.clamp(net.conv(net.pad(pooled, 0, 1), 10, 2))
    joined = net.concat(left, right)
    strided = net.clamp(net.conv(net.pad(joined), 16, 3, stride=2))
    return net, net.dense(net.flatten(net.average_pool(strided)), 10)


def build_mlp():
    net = Network([5, 40])
    value = net.clamp(net.dense(net.input, 64))
    value = net.add(net.clamp(net.dense(value, 64)), value)
    return net, net.dense(value, 10)


folder = sys.argv[1]
for name, (network, output) in {"cnn": build_cnn(False), "cnn_nchw": build_cnn(True), "mlp": build_mlp()}.items():
    network.write(folder, name, output)
