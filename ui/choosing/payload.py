"""What the choosing page’s components are sent: every answer of the guide; and what carries over, made from the picture and the model."""

import math
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from published.evidence import figures, findings, papers
from published.guide import suggest
from published.guide_cost import choice_cost
from published.guide_rules import RULES
from published.guide_situation import OPTIONS, Choice, situations
from ui.choosing.words import APPROACHES, ATTENTION, COLOURS, FIELDS, IF_WORDS
from ui.kit.evidence import packed_claims, packed_parts
from ui.kit.payload import data_uri, layout_facts, pack, picture_array
from ui.state.selection import MAX_GRID, MIN_GRID
from vit_core import cost
from vit_core.analysis import reader_attention
from vit_core.config import ViTConfig
from vit_core.presets import presets
from vit_core.readout import likeliest

if TYPE_CHECKING:
    from PIL.Image import Image

    from ui.work.analysis import Analysis
    from vit_core import ViTTrace

NOTHING = 255


@lru_cache(maxsize=1)
def answers() -> tuple[list[Choice], np.ndarray, np.ndarray]:
    """Every suggestion, in the order of `situations()`: the different choices, which one it is, and its rules' numbers up to `NOTHING`."""
    found = [suggest(situation) for situation in situations()]
    choices = list(dict.fromkeys(one.choice for one in found))
    numbers = {name: number for number, name in enumerate(RULES)}
    picks = np.array([choices.index(one.choice) for one in found], dtype=np.uint8)
    held = [[numbers[name] for name in (*one.reasons, *one.alternatives, *one.traps)] for one in found]
    longest = max(map(len, held))
    return choices, picks, np.array([row + [NOTHING] * (longest - len(row)) for row in held], dtype=np.uint8)


@lru_cache(maxsize=1)
def guide() -> bytes:
    """What the guide is sent, once: questions, all answers, rules with their evidence, and costs. Nothing depends on the picture."""
    choices, picks, held = answers()
    evidence = {name: {"text": packed_parts(found.text), "sources": list(found.sources)} for name, found in findings().items()}
    costs = {
        model: {str(size): asdict(choice_cost(model, size)) for size in OPTIONS["size"]}
        for model in sorted({choice.model for choice in choices})
    }
    fields = [
        {"name": name, "label": label, "options": [[value, words[value]] for value in OPTIONS[name]], "if": IF_WORDS[name]}
        for name, (label, words) in FIELDS.items()
    ]
    trapped = {name for rule in RULES.values() if rule.role == "trap" for name in rule.evidence}
    return pack(
        {"picks": picks, "rules": held},
        fields=fields,
        choices=[asdict(choice) for choice in choices],
        approaches={name: [title, words, COLOURS[name]] for name, (title, words) in APPROACHES.items()},
        attention=ATTENTION,
        rulebook=[{"id": rule.id, "role": rule.role, "text": rule.text, "evidence": list(rule.evidence)} for rule in RULES.values()],
        evidence=evidence,
        claims=[claim for claim in packed_claims() if claim["id"] in trapped],
        costs=costs,
    )


PACKED_PATCHES = 64  # about so many of each picture in the drawing of NaViT
PACKED_PIXELS = 160
SAM_PATCHES = presets["ViT-B/16"].patch_size


def looks(trace: "ViTTrace") -> np.ndarray:
    """What reads the answer looks at in the last layer, `[heads, patches]`."""
    return reader_attention(trace, trace.depth - 1)[0][:, trace.layout.patches].numpy()


def norms(trace: "ViTTrace") -> np.ndarray:
    """Length of each patch's vector as it leaves the last layer."""
    return trace.resid(trace.depth)[0, trace.layout.patches].norm(dim=-1).numpy()


def block_macs(config: ViTConfig, tokens: int) -> int:
    """Multiply-accumulates of all blocks with this many tokens: linear layers in n, scores and weighted values in n²."""
    count = cost.macs(config)
    linear = count.block.total - count.block.attention_core
    native = cost.tokens(config)
    return config.depth * (linear * tokens // native + count.block.attention_core * tokens**2 // native**2)


def patch_sizes(config: ViTConfig, size: int, patch_size: int) -> list[int]:
    """Half, once and twice the patch size, where they cut the picture into a grid that can be drawn and that the model takes."""
    low, high = max(MIN_GRID, config.grid_range[0]), min(MAX_GRID, config.grid_range[1])
    around = (patch_size // 2, patch_size, patch_size * 2)
    return [patch for patch in around if patch == patch_size or (patch >= 1 and size % patch == 0 and low <= size // patch <= high)]


def extra_macs(trace: "ViTTrace") -> int:
    """Multiply-accumulates of the runs that `flexible` makes."""
    sizes = patch_sizes(trace.config, trace.image_size[0], trace.patch_size)
    return sum(cost.macs(trace.config, trace.image_size, patch).total for patch in sizes if patch != trace.patch_size)


def flexible(trace: "ViTTrace") -> list[dict]:
    """The same pixels cut at half, once and twice the patch size, and the answer of the same weights to each."""
    size, found = trace.image_size[0], []
    for patch in patch_sizes(trace.config, size, trace.patch_size):
        run = trace if patch == trace.patch_size else trace.model(trace.images, patch_size=patch)
        name, probability, whole = next(iter(likeliest(run.config, run.logits[0], 1)), ("", 0.0, ""))
        answer = {"label": name, "probability": probability, "whole": whole}
        found.append({"patch": patch, "grid": size // patch, "tokens": run.layout.num_tokens, **answer})
    return found


def whole_grid(width: int, height: int, patches: int = PACKED_PATCHES) -> tuple[int, int]:
    """Rows and columns of nearly square patches, about `patches` of them, over a picture in its own shape."""
    rows = max(1, round(math.sqrt(patches * height / width)))
    return rows, max(1, round(patches / rows))


def in_whole_patches(title: str, image: "Image") -> dict:
    """A picture whole, in its own shape, with the rows and columns of its patches."""
    rows, cols = whole_grid(image.width, image.height)
    return {"title": title, "src": data_uri(image, PACKED_PIXELS), "rows": rows, "cols": cols}


def carried_over(analysis: "Analysis", pairs: list[dict], packed: list[dict], model: str) -> bytes:
    """The picture, what reads the answer looks at, the norms, and what the cards need to know; `pairs` and `packed` are pictures with
    titles, the latter whole with their grids, `model` is its name.
    """
    trace = analysis.trace
    total = trace.layout.num_patches
    kept = total - round(total * figures()["mae_mask"].number / 100)
    tokens = trace.layout.num_prefix_tokens + kept
    facts = {
        "papers": [
            {"id": p.id, "name": p.name, "cite": f"{p.authors} {p.year}: {p.title}", "arxiv": p.arxiv, "words": packed_parts(p.words)}
            for p in papers().values()
        ],
        "pairs": pairs,
        "packed": packed,
        "model": model,
        "kept": kept,
        "keptShare": block_macs(trace.config, tokens) / block_macs(trace.config, trace.layout.num_tokens),
        "flexible": flexible(trace),
        "sam": {name: round(figures()[f"sam_{name}"].number) for name in ("side", "window", "global")} | {"patch": SAM_PATCHES},
    }
    return pack(
        {"looks": looks(trace), "norms": norms(trace), "picture": picture_array(analysis.shown)}, **facts, **layout_facts(analysis.trace)
    )
