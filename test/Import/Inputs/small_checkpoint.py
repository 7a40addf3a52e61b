"""Small checkpoints to break: a config and tensors that can be edited."""
import json
import os
import struct

HIDDEN, INTERMEDIATE, HEADS, KV_HEADS, VOCABULARY = 8, 12, 4, 2, 10

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": HIDDEN,
    "intermediate_size": INTERMEDIATE,
    "num_hidden_layers": 1,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 16,
    "tie_word_embeddings": True,
}


def make_tensors():
    """Name -> [dtype, shape, bytes]; every value is 1.0."""
    key = HIDDEN // HEADS * KV_HEADS
    shapes = {
        "embed_tokens": [VOCABULARY, HIDDEN],
        "layers.0.input_layernorm": [HIDDEN],
        "layers.0.self_attn.q_proj": [HIDDEN, HIDDEN],
        "layers.0.self_attn.k_proj": [key, HIDDEN],
        "layers.0.self_attn.v_proj": [key, HIDDEN],
        "layers.0.self_attn.o_proj": [HIDDEN, HIDDEN],
        "layers.0.post_attention_layernorm": [HIDDEN],
        "layers.0.mlp.gate_proj": [INTERMEDIATE, HIDDEN],
        "layers.0.mlp.up_proj": [INTERMEDIATE, HIDDEN],
        "layers.0.mlp.down_proj": [HIDDEN, INTERMEDIATE],
        "norm": [HIDDEN],
    }
    return {f"model.{name}.weight": make_tensor(shape) for name, shape in shapes.items()}


def make_tensor(shape, dtype="F32", value=1.0):
    count = 1
    for size in shape:
        count *= size
    return [dtype, shape, struct.pack("<f", value) * count]


def pack_safetensors(tensors, edit_header=lambda header: None, header_text=None):
    header, end = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    edit_header(header)
    text = json.dumps(header) if header_text is None else header_text
    encoded = text.encode() if isinstance(text, str) else text
    data = b"".join(data for _, _, data in tensors.values())
    return struct.pack("<Q", len(encoded)) + encoded + data


def write_folder(folder, config=CONFIG, files=None):
    """`config` may be bytes. `files` maps names to bytes; by default a valid
    model.safetensors."""
    os.makedirs(folder)
    if files is None:
        files = {"model.safetensors": pack_safetensors(make_tensors())}
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    for name, data in {"config.json": text, **files}.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
