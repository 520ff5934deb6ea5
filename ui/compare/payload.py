"""What the comparison is sent: queries and keys of a layer, or the residual stream, of both sides."""

from typing import TYPE_CHECKING, Any

from ui.kit.payload import layout_facts, pack, picture_array

if TYPE_CHECKING:
    import numpy as np

    from ui.work.analysis import Analysis

NUMBERS = 1 << 22
"""Of the residual stream that is sent for one side: 16 MB."""


def side_facts(analysis: "Analysis") -> dict:
    """What the browser says about one side."""
    from vit_core.readout import Answer

    trace = analysis.trace
    answer = Answer.of(trace, 5)
    return {**layout_facts(analysis.trace), "top": answer.top, "short": answer.short}


def attention(here: "Analysis", there: "Analysis", layer: int, **facts: Any) -> bytes:
    """q and k `[1, T, D]` of the chosen layer, and of the one at the same relative depth on the right; both pictures."""
    from vit_core.study.representations.pairs import beside

    arrays: dict[str, "np.ndarray"] = {}
    sides = []
    layers = [min(layer, here.trace.depth - 1)]
    layers.append(beside(layers[0], here.trace.depth, there.trace.depth))
    for name, analysis, at in zip(("left", "right"), (here, there), layers, strict=True):
        block = analysis.trace.block(at)
        arrays |= {f"{name}_{part}": getattr(block, part)[0].transpose(0, 1).flatten(1).numpy()[None] for part in ("q", "k")}
        arrays[f"{name}_picture"] = picture_array(analysis.shown)
        sides.append({**side_facts(analysis), "layer": at})
    return pack(arrays, mode="attention", left=sides[0], right=sides[1], **facts)


def overview(here: "Analysis", there: "Analysis", _layer: int, **facts: Any) -> bytes:
    """The residual stream `[stages, T, D]` on both sides, before the first layer and after each; fewer where that is large."""
    import numpy as np

    from vit_core.study.representations.pairs import beside

    largest = max(a.trace.layout.num_tokens * a.trace.config.embed_dim for a in (here, there))
    count = max(2, min(here.trace.depth + 1, NUMBERS // largest))
    stages = [round(at * here.trace.depth / (count - 1)) for at in range(count)]
    arrays: dict[str, "np.ndarray"] = {}
    sides = []
    for name, analysis in (("left", here), ("right", there)):
        own = [beside(stage, here.trace.depth + 1, analysis.trace.depth + 1) for stage in stages]
        arrays[f"{name}_stream"] = np.stack([analysis.trace.resid(stage)[0].numpy() for stage in own])
        arrays[f"{name}_picture"] = picture_array(analysis.shown)
        sides.append({**side_facts(analysis), "stages": own})
    return pack(arrays, mode="stream", left=sides[0], right=sides[1], **facts)
