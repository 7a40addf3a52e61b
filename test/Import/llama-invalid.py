"""Checkpoints that are refused, each with one message.

RUN: rm -rf %t && mkdir -p %t
RUN: cd %t && env PYTHONPATH=%S/Inputs %python %s
"""
import os
import subprocess
import sys

from small_checkpoint import (CONFIG, make_tensor, make_tensors, pack_safetensors,
                              write_folder)

failures = []


def check(name, expected, options=()):
    """Imports the folder `name`: `expected` is the message, None if it is valid."""
    run = subprocess.run(["ptq-translate", "--import-llama", name, "-o", name + ".mlir", *options],
                         capture_output=True, text=True)
    if expected is None:
        ok = run.returncode == 0 and not run.stderr and os.path.exists(name + ".mlir")
    else:
        ok = (run.returncode == 1 and run.stderr == f"ptq-translate: error: {expected}\n"
              and not os.path.exists(name + ".mlir"))
    if not ok:
        failures.append(name)
        print(f"{name}: expects {expected!r}, but got {run.returncode} {run.stderr!r}")


def check_config(name, expected, options=(), **changes):
    config = {**CONFIG, **changes}
    write_folder(name, {key: value for key, value in config.items() if value is not None})
    check(name, expected and f"{name}/config.json: {expected}", options)


def check_tensors(name, expected, changes={}, **config):
    """`changes` adds and replaces tensors, and removes those that are None."""
    tensors = {**make_tensors(), **changes}
    tensors = {key: value for key, value in tensors.items() if value is not None}
    write_folder(name, {**CONFIG, **config}, {"model.safetensors": pack_safetensors(tensors)})
    check(name, expected and f"{name}/model.safetensors: {expected}")


def check_json(name, expected, text):
    write_folder(name, text)
    check(name, f"{name}/config.json: {expected}")


def check_index(name, expected, index):
    """Beside the index are two equal files."""
    data = pack_safetensors(make_tensors())
    write_folder(name, files={"model.safetensors.index.json": index,
                              "one.safetensors": data, "two.safetensors": data})
    check(name, f"{name}/{expected}")


check_tensors("valid", None)
size = "to be a whole number in [1, 67108864]"
check_config("architecture", "expects 'architectures' to be LlamaForCausalLM or MistralForCausalLM "
             "or Qwen2ForCausalLM, but got 'GPT2LMHeadModel'", architectures=["GPT2LMHeadModel"])
check_config("size-missing", f"expects 'vocab_size' {size}", vocab_size=None)
check_config("size-huge", f"expects 'hidden_size' {size}", hidden_size=10**30)
check_config("size-negative", f"expects 'num_hidden_layers' {size}", num_hidden_layers=-1)
check_config("size-text", f"expects 'head_dim' {size}", head_dim="2")
check_config("heads", "expects the number of attention heads to be a multiple of the number of "
             "key-value heads, but got 4 and 3", num_key_value_heads=3)
check_config("head-dim", "expects an even head dimension, but got 3", head_dim=3)
check_config("channels", "expects at most 67108864 channels of attention, but got 268435456",
             head_dim=1 << 26)
check_config("hidden-heads", "expects 'hidden_size' to be a multiple of 'num_attention_heads', or "
             "'head_dim'", num_attention_heads=3, num_key_value_heads=1)
check_config("activation", "expects 'hidden_act' to be 'silu', but got 'gelu'", hidden_act="gelu")
check_config("quantized", "'quantization_config' is not supported",
             quantization_config={"bits": 4})
check_config("rope-type", "expects a rope type of 'default' or 'llama3', but got 'yarn'",
             rope_scaling={"rope_type": "yarn", "factor": 2.0})
check_config("rope-factor", "expects 'factor' to be a positive number",
             rope_scaling={"rope_type": "llama3", "factor": "8"})
check_config("partial-rotary", "'partial_rotary_factor' is not supported",
             partial_rotary_factor=0.5)
check_config("epsilon", "expects 'rms_norm_eps' to be a positive number", rms_norm_eps=-1)
check_config("flag", "expects 'tie_word_embeddings' to be true or false",
             tie_word_embeddings="yes")
check_config("mistral-bias", "'attention_bias' is not supported",
             architectures=["MistralForCausalLM"], attention_bias=True)
check_config("window", "expects a context of at most the sliding window of 8 tokens, but got 9",
             ["--context", "9"], architectures=["MistralForCausalLM"], sliding_window=8)

check_json("json-cut", "invalid JSON: [1:4, byte=4]: Unterminated string", b'{"ab')
check_json("json-array", "expects a JSON object", b"[]")
check_json("json-twice", "key 'hidden_size' occurs twice, at byte 19",
           b'{"hidden_size": 1, "hidden\\u005fsize": 2}')
check_json("json-deep", "expects at most 64 nested levels of JSON, but got more at byte 64",
           b"[" * 100000)
check_json("json-utf8", "invalid JSON: [1:3, byte=3]: Invalid UTF-8 sequence", b'{"a\xff": 1}')

one = make_tensor([1])
check_tensors("missing", "missing tensor 'model.layers.0.mlp.up_proj.weight'; missing tensor "
              "'model.norm.weight'",
              {"model.norm.weight": None, "model.layers.0.mlp.up_proj.weight": None})
check_tensors("surplus", "surplus tensor 'model.extra'; surplus tensor 'adapter'",
              {"model.extra": one, "adapter": one})
check_tensors("layers-many", "has 11 tensors, too few for 60000000 layers",
              num_hidden_layers=60000000)
check_tensors("shape", "tensor 'model.norm.weight': expects shape [8], but got [2, 4]",
              {"model.norm.weight": make_tensor([2, 4])})
check_tensors("dtype", "tensor 'model.norm.weight': expects F32, F16 or BF16, but got I32",
              {"model.norm.weight": make_tensor([8], "I32")})
check_tensors("head-missing", "missing tensor 'lm_head.weight'", tie_word_embeddings=False)
check_tensors("head-copy", None, {"lm_head.weight": make_tensor([10, 8])})
check_tensors("head-differs", "tensor 'lm_head.weight' differs from 'model.embed_tokens.weight', "
              "although the configuration ties them",
              {"lm_head.weight": make_tensor([10, 8], value=2.0)})
check_tensors("derived", None, {"model.layers.0.self_attn.rotary_emb.inv_freq": one})

write_folder("no-weights", files={})
check("no-weights", "no-weights: expects 'model.safetensors' or 'model.safetensors.index.json'")
index = "model.safetensors.index.json"
check_index("index-outside", f"{index}: tensor 'a': expects the name of a file beside",
            b'{"weight_map": {"a": "../x.safetensors"}}')
check_index("index-absent", "x.safetensors: No such file or directory",
            b'{"weight_map": {"a": "x.safetensors"}}')
check_index("index-empty", f"{index}: expects an object 'weight_map'", b"{}")
check_index("index-wrong", f"{index}: tensor 'lm_head.weight' is not in 'one.safetensors'",
            b'{"weight_map": {"lm_head.weight": "one.safetensors"}}')
check_index("index-twice", "two.safetensors: tensor 'model.embed_tokens.weight' is in "
            "'one.safetensors' too",
            b'{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}')
sys.exit(1 if failures else 0)
