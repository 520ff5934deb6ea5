"""The parts of a page that is one file: a component and what it is sent, made small enough to travel, and what of it needs the model."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ui.standalone.steps import BITS, in_steps


@dataclass(frozen=True)
class Part:
    """A component and what it is sent: the bytes of a payload, or plain facts."""

    component: str
    data: bytes | Mapping[str, Any]


@dataclass(frozen=True)
class Held:
    """What a component in a file cannot answer: `asks` names what of the selection (or of its `view`, as `view.…`) would need the model
    again, `note` says what the file holds instead."""

    asks: tuple[str, ...] = ()
    note: str = ""


HELD = {
    "compare": Held(("layer", "view.vs"), "The comparison holds one layer."),
    "experiments": Held(
        ("view.tok", "view.way", "view.at", "view.map", "view.by", "view.why", "view.not"),
        "The experiment was run when the page was saved.",
    ),
    "features": Held(("layer", "view.rows", "view.content"), "How alike tokens are is of one layer."),
    "features_groups": Held(("view.rows", "view.content", "view.groups"), "The groups were found when the page was saved."),
    "features_pair": Held(("layer", "view.rows", "view.content"), "Best matches are of one layer."),
    "features_gallery": Held(
        ("layer", "token", "view.front", "view.rows", "view.content"),
        "What is most like a patch is of the one that was chosen, in one layer.",
    ),
    "features_layers": Held(("token", "view.front", "view.rows"), "The two layers’ maps are of the patch that was chosen."),
    "patch_grid": Held(
        ("image_size", "patch_size", "view.grid"),
        "The answer is that of the setting at which the page was saved; at another one the picture is cut, and the model is not run.",
    ),
    "positional_encoding_twins": Held((), "The two equal patches are of the one that was chosen."),
    "practice": Held(
        ("image_size", "patch_size", *(f"view.pr.{key}" for key in "kwhslmyxt")),
        "The strategy was run when the page was saved.",
    ),
    "walkthrough": Held(
        ("layer",), "The steps of attention and of the MLP hold one layer; a step with which the page would be too large is left out."
    ),
}
"""By component; of any other, everything is in the file."""
SMALLER: dict[str, dict[str, int]] = {
    "attention": {"q": 19, "k": 19},
    "attention_maps": {"maps": BITS},
    "positional_encoding": {**dict.fromkeys(("table", "snapshots"), BITS), "random": 17},
    "positional_encoding_break": dict.fromkeys(("learned", "random"), BITS),
    "walkthrough": dict.fromkeys(("embeddings", "positions", "tokens", "q0", "k0"), BITS),
    "walkthrough_part": {
        **dict.fromkeys(("resid", "norm", "q", "k", "v", "headOut", "update", "pre"), BITS),
        "stream": 6,  # it is painted, and never printed
    },
}
"""By component: the arrays that travel in steps, and of how many bits."""
LEFT_OUT = {"attention": ("lse",)}
"""By component: what the browser computes when it is asked for it."""
SPARE = "walkthrough_part"
"""A component that only brings what one step of another draws: where not all of them find room, the first comes, then the smaller ones."""


def part(component: str, data: bytes | Mapping[str, Any]) -> Part:
    """A component with what it is sent, as it travels."""
    if isinstance(data, bytes):
        data = in_steps(data, SMALLER.get(component, {}), LEFT_OUT.get(component, ()))
    return Part(component, data)


def sized(one: Part) -> int:
    """About how many characters a payload takes in the file."""
    return len(zlib.compress(one.data, 1)) * 5 // 4 if isinstance(one.data, bytes) else 0


def fitting(parts: Sequence[Part], most: int) -> list[Part]:
    """The parts, of the spare ones as many as fit into so many characters."""
    spare = [one for one in parts if one.component == SPARE]
    left = most - sum(sized(one) for one in parts if one.component != SPARE)
    kept = []
    for one in [*spare[:1], *sorted(spare[1:], key=sized)]:
        if sized(one) <= left:
            kept.append(one)
            left -= sized(one)
    return [one for one in parts if one.component != SPARE or one in kept]


def charted(one: Part) -> bool:
    """Whether a part brings figures, which Plotly draws."""
    if not isinstance(one.data, bytes):
        return "looks" in one.data
    length = int.from_bytes(one.data[:4], "little")
    return "looks" in json.loads(one.data[4 : 4 + length])
