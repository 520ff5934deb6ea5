"""What the person has chosen, and its form in a link. A value in a link that cannot be is replaced by the nearest that can, and said."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

IMAGE_SIZES = tuple(range(64, 513, 16))
PATCH_SIZES = (4, 8, 16, 32, 64)
MIN_GRID, MAX_GRID = 4, 32
MAX_VIEW = 300
QUERY_KEYS = {
    "picture": "picture",
    "model": "model",
    "size": "image_size",
    "patch": "patch_size",
    "layer": "layer",
    "head": "head",
    "token": "token",
    "view": "view",
}
FROM_ONE = ("layer", "head")


@dataclass(frozen=True)
class Selection:
    """Everything that a link restores. `layer` and `head` count from 0 here and from 1 in the link; `token` 0 is [CLS].

    `view` is what a page's picture adds (its colour scale, the open tab), as a short JSON text that only that page reads.
    """

    picture: str = "chelsea"
    model: str = "bundled"
    image_size: int = 224
    patch_size: int = 16
    layer: int = 11
    head: int = 0
    token: int = 0
    view: str = ""

    @property
    def grid(self) -> int:
        """Patches along one side."""
        return self.image_size // self.patch_size

    def to_query(self) -> dict[str, str]:
        """The link's parameters; what stands at its default is left out."""
        default, query = Selection(), {}
        for key, name in QUERY_KEYS.items():
            value = getattr(self, name)
            if value != getattr(default, name):
                query[key] = str(value + 1 if name in FROM_ONE else value)
        return query


@dataclass(frozen=True)
class Limits:
    """What a selection may contain: known pictures and models, and the chosen model's depth, heads and prefix tokens."""

    pictures: Sequence[str]
    models: Sequence[str]
    depth: int
    num_heads: int
    num_prefix_tokens: int


def patch_sizes_for(image_size: int) -> list[int]:
    """The patch sizes that divide `image_size` pixels into a grid that the app shows (4×4 to 32×32)."""
    return [p for p in PATCH_SIZES if image_size % p == 0 and MIN_GRID <= image_size // p <= MAX_GRID]


def nearest(value: int, options: Sequence[int]) -> int:
    """The option closest to `value`; the smaller of two that are equally close."""
    return min(options, key=lambda option: (abs(option - value), option))


def from_query(params: Mapping[str, str], limits: Limits) -> tuple[Selection, list[str]]:
    """The selection that a link asks for, and one sentence for each value that had to be changed."""
    values, notices = {}, []
    for key, name in QUERY_KEYS.items():
        if key not in params:
            continue
        text, default = params[key], getattr(Selection(), name)
        if isinstance(default, str):
            values[name] = text
            continue
        if re.fullmatch(r"-?[0-9]{1,9}", text):
            values[name] = int(text) - (1 if name in FROM_ONE else 0)
        else:
            notices.append(f"The link's {key} “{quoted(text)}” is not a whole number; {default + 1 if name in FROM_ONE else default} is shown.")
    return clamp(replace(Selection(), **values), limits, notices)


def quoted(text: str) -> str:
    """A foreign text as it may stand in a sentence: short, on one line, and without characters that have a meaning in Markdown."""
    return re.sub(r"[^\w .,+-]", "·", text[:40])


def clamp(selection: Selection, limits: Limits, notices: Sequence[str] = ()) -> tuple[Selection, list[str]]:
    """The nearest selection that can be shown, and why it differs."""
    wanted, notices = selection, list(notices)
    if wanted.picture not in limits.pictures:
        selection = replace(selection, picture=limits.pictures[0])
        uploaded = wanted.picture.startswith("upload-")
        why = "was uploaded in another session and a link cannot carry it" if uploaded else "is not in the gallery"
        notices.append(f"The picture “{quoted(wanted.picture)}” {why}; {selection.picture} is shown.")
    if wanted.model not in limits.models:
        selection = replace(selection, model=limits.models[0])
        notices.append(f"There is no model “{quoted(wanted.model)}” here; {selection.model} is shown.")
    if len(wanted.view) > MAX_VIEW:
        selection = replace(selection, view="")
        notices.append(f"The link's view is longer than {MAX_VIEW} characters; the page's own view is shown.")
    size = nearest(wanted.image_size, IMAGE_SIZES)
    patch = nearest(wanted.patch_size, patch_sizes_for(size))
    if (size, patch) != (wanted.image_size, wanted.patch_size):
        selection = replace(selection, image_size=size, patch_size=patch)
        notices.append(f"{wanted.image_size} pixels with patches of {wanted.patch_size} cannot be shown; the nearest that can is {size} / {patch}.")
    tops = {
        "layer": limits.depth - 1,
        "head": limits.num_heads - 1,
        "token": limits.num_prefix_tokens + selection.grid**2 - 1,
    }
    for name, top in tops.items():
        asked, first = getattr(wanted, name), 1 if name in FROM_ONE else 0
        held = max(0, min(asked, top))
        if held != asked:
            selection = replace(selection, **{name: held})
            notices.append(f"There is no {name} {asked + first}: they run from {first} to {top + first}; {held + first} is shown.")
    return selection, notices
