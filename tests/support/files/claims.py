"""What a sentence about a file claims, held against the file: a second reading that shares no code with the loaders."""

import json
import re
from collections.abc import Mapping

SHAPE = r"\[[\d, ]*\]"
NAME = r"[^\s`,;]+"


def false_claims(sentence: str, shapes: Mapping[str, tuple[int, ...]]) -> tuple[list[str], int]:
    """The claims of a sentence that are not true of a file with tensors of these `shapes`, and how many claims it made."""
    claims: list[tuple[str, bool]] = []

    def shaped(name: str, shape: str) -> bool:
        return name in shapes and list(shapes[name]) == json.loads(shape)

    for name in re.findall(rf"has no ({NAME}[._/]{NAME}?)(?=[:.](?:\s|$))", sentence):
        claims.append((f"{name} is not there", name not in shapes))
    for name in re.findall(rf"({NAME}) is missing", sentence):
        claims.append((f"{name} is missing", name not in shapes))
    for name in re.findall(rf"({NAME}) is unexpected", sentence):
        claims.append((f"{name} is there", name in shapes))
    for name, shape in re.findall(rf"({NAME}) has shape ({SHAPE}) where", sentence):
        claims.append((f"{name} is {shape}", shaped(name, shape)))
    for name, shape in re.findall(rf"has ({NAME}) of shape ({SHAPE}), where", sentence):
        claims.append((f"{name} is {shape}", shaped(name, shape)))
    for name in re.findall(rf"not supported: it has ({NAME})\.(?:\s|$)", sentence):
        claims.append((f"{name} is there", name in shapes))
    for found in re.findall(r"Found: (.*?) …; expected", sentence):
        for name, shape in re.findall(rf"({NAME}) ({SHAPE})", found):
            claims.append((f"{name} is {shape}", shaped(name, shape)))
    for found in re.findall(r"its tensors are (.*?) …$", sentence):
        claims += [(f"{name} is there", name in shapes) for name in found.split(", ")]
    for count in re.findall(r"has (\d+) positions", sentence):
        claims.append((f"{count} positions", any(int(count) in shape for shape in shapes.values())))
    for count, sides in re.findall(r"(\d+|no) tensors are there with (\d) sides, a kernel", sentence):
        held = sum(len(shape) == int(sides) for shape in shapes.values())
        claims.append((f"{count} of {sides} sides", str(held or "no") == count))
    for count, width in re.findall(r"(\d+|no) tensors are there of shape \[1, 1, (\d+)\]", sentence):
        held = sum(shape == (1, 1, int(width)) for shape in shapes.values())
        claims.append((f"{count} class tokens", str(held or "no") == count))
    for count, width in re.findall(r"(\d+|no) tensors are there of shape \[1, …, (\d+)\]", sentence):
        held = sum(len(shape) == 3 and shape[0] == 1 < shape[1] and shape[2] == int(width) for shape in shapes.values())
        claims.append((f"{count} tables of positions", str(held or "no") == count))
    for count, listed in re.findall(r"holds (\d+) Vision Transformers, (.*?): say", sentence):
        befores = re.findall(r"`([^`]*)`", listed)
        claims.append((f"{count} models", len(befores) == int(count)))
        claims += [(f"{before} is there", any(name.startswith(before) for name in shapes)) for before in befores]
    for names, count in re.findall(r"as one of timm's, (.*?) as blocks\.0\.attn\.qkv\.weight and so on for its (\d+) tensors", sentence):
        claims += [(f"{name} is there", name in shapes) for name in names.split(" and ")]
        claims.append((f"{count} tensors", len(shapes) == int(count)))
    return [claim for claim, true in claims if not true], len(claims)
