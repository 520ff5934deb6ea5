"""What carries over: each later work as a picture made from the current picture and the running model, with its paper."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from published.evidence import figures, papers
from ui.kit.components import component
from ui.kit.payload import layout_facts, pack, picture_array
from ui.performance.payload import packed_parts
from ui.state import session
from ui.state.selection import MAX_GRID, MIN_GRID
from ui.work import cached, later
from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.presets import presets

if TYPE_CHECKING:
    from ui.work.cached import Analysis
    from vit_core import ViTTrace

OTHER_PICTURES = 3
SAM_PATCHES = presets["ViT-B/16"].patch_size


def looks(trace) -> np.ndarray:
    """What [CLS] looks at in the last layer, `[heads, patches]`; the mean over all queries where there is no [CLS]."""
    weights = (
        trace.attn_weights(trace.depth - 1, trace.layout.cls)[0] if trace.layout.cls is not None else trace.attn_weights(trace.depth - 1)[0]
    )
    return weights.mean(1)[:, trace.layout.patches].numpy()


def norms(trace) -> np.ndarray:
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
        top = run.top_k(1)[0] if run.config.num_classes else ("", 0.0)
        found.append({"patch": patch, "grid": size // patch, "tokens": run.layout.num_tokens, "label": top[0], "probability": top[1]})
    return found


def gallery_pairs() -> list[dict]:
    """The current picture and a few of the gallery with their titles."""
    chosen, others = session.current().picture, [p for p in cached.gallery().values() if p.id != session.current().picture][:OTHER_PICTURES]
    pairs = [{"title": session.picture_title(), "src": cached.thumbnail(chosen, session.picture())}]
    return pairs + [{"title": p.title, "src": cached.thumbnail(p.id, cached.gallery_picture(p.id))} for p in others]


def payload(analysis: "Analysis", pairs: list[dict], model: str) -> bytes:
    """The picture, what [CLS] looks at, the norms, and what the cards need to know; `pairs` are pictures with titles, `model` is its name."""
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
        "model": model,
        "hasCls": trace.layout.cls is not None,
        "kept": kept,
        "keptShare": block_macs(trace.config, tokens) / block_macs(trace.config, trace.layout.num_tokens),
        "flexible": flexible(trace),
        "sam": {name: round(figures()[f"sam_{name}"].number) for name in ("side", "window", "global")} | {"patch": SAM_PATCHES},
    }
    return pack(
        {"looks": looks(trace), "norms": norms(trace), "picture": picture_array(analysis.shown)}, **facts, **layout_facts(analysis.trace)
    )


def cards() -> None:
    """The cards, for the current picture and model."""

    def draw(data: bytes) -> None:
        component("choosing_next")(key="choosing_next", data=data)

    build = partial(payload, pairs=gallery_pairs(), model=cached.model_names()[session.current().model])
    later.show(
        "choosing_next", "choosing next", extra_macs(session.analysis().trace), build, draw, "Running the model with other patch sizes"
    )
