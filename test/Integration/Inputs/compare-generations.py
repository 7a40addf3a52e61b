"""Compares what ptq-llm generate --json says of two models: JSON JSON"""

import json
import sys

first, second = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
same_text = first["tokens"] == second["tokens"] and first["text"] == second["text"]
same_logits = first["logits_hash"] == second["logits_hash"]
print(f"{len(second['tokens'])} tokens, text {same_text}, logits {same_logits}")
