"""A Llama in NumPy, in double precision, from a Hugging Face folder."""
import json
import math
import os

import numpy as np


def read_safetensors(path):
    with open(path, "rb") as file:
        header_size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_size))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        stored = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}[entry["dtype"]]
        tensors[name] = np.frombuffer(data[begin:end], stored).reshape(entry["shape"])
    return tensors


def to_double(array):
    """bf16 is read as its bits."""
    if array.dtype == np.uint16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float64)


def read_folder(folder):
    tensors = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".safetensors"):
            tensors.update(read_safetensors(os.path.join(folder, name)))
    return tensors


class ReferenceLlama:
    def __init__(self, folder):
        with open(os.path.join(folder, "config.json")) as file:
            self.config = json.load(file)
        self.weights = {name: to_double(value) for name, value in read_folder(folder).items()}
        self.heads = self.config["num_attention_heads"]
        self.kv_heads = self.config["num_key_value_heads"]
        self.head_dim = self.config.get("head_dim") or self.config["hidden_size"] // self.heads

    def linear(self, x, name):
        y = x @ self.weights[name + ".weight"].T
        return y + self.weights[name + ".bias"] if name + ".bias" in self.weights else y

    def norm(self, x, name):
        mean = (x * x).mean(-1, keepdims=True)
        return x / np.sqrt(mean + self.config["rms_norm_eps"]) * self.weights[name + ".weight"]

    def frequencies(self):
        half = np.arange(0, self.head_dim, 2) / self.head_dim
        plain = self.config["rope_theta"] ** -half
        rope = self.config.get("rope_scaling")
        if not rope:
            return plain
        scaled = []
        for frequency in plain:
            wavelength = 2 * math.pi / frequency
            original = rope["original_max_position_embeddings"]
            if wavelength < original / rope["high_freq_factor"]:
                scaled.append(frequency)
            elif wavelength > original / rope["low_freq_factor"]:
                scaled.append(frequency / rope["factor"])
            else:
                smooth = (original / wavelength - rope["low_freq_factor"]) / (
                    rope["high_freq_factor"] - rope["low_freq_factor"])
                scaled.append((1 - smooth) * frequency / rope["factor"] + smooth * frequency)
        return np.array(scaled)

    def rotate(self, x):
        """x: [T, heads, D]"""
        angles = np.arange(len(x))[:, None] * self.frequencies()[None]
        angles = np.concatenate([angles, angles], -1)[:, None]
        half = self.head_dim // 2
        rotated = np.concatenate([-x[..., half:], x[..., :half]], -1)
        return x * np.cos(angles) + rotated * np.sin(angles)

    def attention(self, x, prefix):
        count = len(x)
        query = self.linear(x, prefix + "q_proj").reshape(count, self.heads, -1)
        key = self.linear(x, prefix + "k_proj").reshape(count, self.kv_heads, -1)
        value = self.linear(x, prefix + "v_proj").reshape(count, self.kv_heads, -1)
        query, key = self.rotate(query), self.rotate(key)
        group = self.heads // self.kv_heads
        key, value = key.repeat(group, 1), value.repeat(group, 1)
        scores = np.einsum("thd,shd->hts", query, key) / math.sqrt(self.head_dim)
        scores = np.where(np.tri(count, dtype=bool), scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = np.einsum("hts,shd->thd", weights, value).reshape(count, -1)
        return self.linear(mixed, prefix + "o_proj")

    def logits(self, tokens):
        x = self.weights["model.embed_tokens.weight"][tokens]
        for layer in range(self.config["num_hidden_layers"]):
            prefix = f"model.layers.{layer}."
            x = x + self.attention(self.norm(x, prefix + "input_layernorm"),
                                   prefix + "self_attn.")
            h = self.norm(x, prefix + "post_attention_layernorm")
            gate = self.linear(h, prefix + "mlp.gate_proj")
            hidden = gate / (1 + np.exp(-gate)) * self.linear(h, prefix + "mlp.up_proj")
            x = x + self.linear(hidden, prefix + "mlp.down_proj")
        x = self.norm(x, "model.norm")
        tied = self.config.get("tie_word_embeddings")
        return x @ self.weights["model.embed_tokens.weight" if tied else "lm_head.weight"].T
