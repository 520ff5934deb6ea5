"""What the person has chosen, and its form in a link. A value in a link that cannot be is replaced by the nearest that can, and said."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ui.state.schema import FIELDS, LONGEST_VIEW

if TYPE_CHECKING:
    from vit_core import ViTConfig

PATCH_SIZES = FIELDS["patch_size"].choices
MIN_GRID, MAX_GRID, MAX_NATIVE_GRID = 4, 32, 40
USUAL_GRID = 16
TRACE_BYTES = 10**9
OPENED = ("layer", "head")
"""Fields that are found for the picture where neither a link nor a person names one of them."""
UPLOADED_PICTURE, UPLOADED_MODEL = "upload-", "own-"
OVER = "was uploaded more than an hour ago, or elsewhere, and is no longer kept"
ELSEWHERE = "was uploaded in another session and a link cannot carry it"


@dataclass(frozen=True)
class Selection:
    """Everything that a link restores. `layer` and `head` count from 0 here and from 1 in the link; `token` 0 is [CLS].

    `view` is what a page's components add (a colour scale, the open tab), as a short JSON text: `ui.state.view`.
    """

    picture: str = FIELDS["picture"].default
    model: str = FIELDS["model"].default
    image_size: int = FIELDS["image_size"].default
    patch_size: int = FIELDS["patch_size"].default
    layer: int = FIELDS["layer"].default
    head: int = FIELDS["head"].default
    token: int = FIELDS["token"].default
    view: str = FIELDS["view"].default

    @property
    def grid(self) -> int:
        """Patches along one side."""
        return self.image_size // self.patch_size

    def to_query(self, named: bool | None = None) -> dict[str, str]:
        """The link's parameters; what stands at its default is left out. What a model has of its own is written for every other model.

        `named`: whether layer and head were chosen. Else they are left out, for a picture opens with those that suit it; and of those
        that were chosen the layer stays, where both are at their defaults.
        """
        other, query = self.model != FIELDS["model"].default, {}
        usual = all(getattr(self, name) == FIELDS[name].default for name in OPENED)
        for name, field in FIELDS.items():
            value = getattr(self, name)
            said = value != field.default or (field.of_the_model and other) or (named and usual and name == OPENED[0])
            if said and (named is not False or name not in OPENED):
                query[field.query] = str(value + field.first if field.kind is int else value)
        return query


@dataclass(frozen=True)
class Sizes:
    """What a model was made for: the side of its pictures and patches in pixels. `most`: patches along one side that it is shown with."""

    image_size: int = 224
    patch_size: int = 16
    most: int = 64

    @property
    def grids(self) -> tuple[int, int]:
        """Fewest and most patches along one side: 4 and 32, or the model's own if that is outside (up to 40)."""
        own = self.image_size // self.patch_size
        return max(1, min(MIN_GRID, own, self.most)), min(max(MAX_GRID, own if own <= MAX_NATIVE_GRID else 0), self.most)

    @property
    def usual(self) -> int:
        """The side that 16×16 of the model's patches cover, or as many as it is shown with."""
        return min(USUAL_GRID, self.grids[1]) * self.patch_size

    @property
    def patch_sizes(self) -> tuple[int, ...]:
        """Those of the slider: powers of two, or halves and doubles of a patch size that is none."""
        if self.patch_size in PATCH_SIZES:
            return PATCH_SIZES
        return tuple(size // 4 for size in (self.patch_size << k for k in range(5)) if size % 4 == 0)

    @property
    def image_sizes(self) -> tuple[int, ...]:
        """Those of the slider: multiples of 16, or of a patch size that is no power of two, and the model's own; each has a patch size."""
        least, most, usual_step = FIELDS["image_size"].limits
        step = usual_step if self.patch_size in PATCH_SIZES else self.patch_size
        low, high = min(least, self.image_size), max(most, self.image_size)
        sizes = {*range(-(-low // step) * step, high + 1, step), self.image_size, self.usual}
        return tuple(sorted(size for size in sizes if self.patch_sizes_for(size)))

    def patch_sizes_for(self, image_size: int) -> list[int]:
        """The patch sizes that divide `image_size` pixels into a grid that the app shows."""
        low, high = self.grids
        return [p for p in self.patch_sizes if image_size % p == 0 and low <= image_size // p <= high]

    @property
    def start(self) -> tuple[int, int]:
        """Image and patch size to begin with: the model's own; 16×16 patches where its own grid is more than the app shows."""
        own = self.patch_size in self.patch_sizes_for(self.image_size)
        return (self.image_size if own else self.usual), self.patch_size


def sizes_of(config: "ViTConfig") -> Sizes:
    """Image and patch sizes that the app shows a model with: a trace of the largest takes at most 1 GB."""
    size = config.image_size if isinstance(config.image_size, int) else max(config.image_size)
    tokens = TRACE_BYTES / (trace_numbers(config) * 4)
    return Sizes(size, config.patch_size, max(1, min(config.grid_range[1], int(tokens**0.5))))


def trace_numbers(config: "ViTConfig") -> int:
    """Numbers that a trace keeps of one token: the residual stream twice, q, k, v and the heads' outputs, in every layer."""
    return 6 * config.depth * config.embed_dim


@dataclass(frozen=True)
class Limits:
    """What a selection may contain: known pictures and models, and the chosen model's depth, heads, prefix tokens and sizes."""

    pictures: Sequence[str]
    models: Sequence[str]
    depth: int
    num_heads: int
    num_prefix_tokens: int
    sizes: Sizes = Sizes()

    def start(self, model: str) -> Selection:
        """A model as it is first shown: at its own sizes, its last layer."""
        image_size, patch_size = self.sizes.start
        return replace(Selection(), model=model, image_size=image_size, patch_size=patch_size, layer=self.depth - 1)


def same_place(token: int, prefix: int, before: int, after: int) -> int:
    """The token at the same place of the picture when it is cut into `after` patches along a side, not `before`; prefix tokens stay."""
    if token < prefix:
        return token
    row, col = (min(after - 1, (2 * place + 1) * after // (2 * before)) for place in divmod(token - prefix, before))
    return prefix + row * after + col


def nearest(value: int, options: Sequence[int]) -> int:
    """The option closest to `value`; the smaller of two that are equally close."""
    return min(options, key=lambda option: (abs(option - value), option))


def from_query(params: Mapping[str, str], limits: Limits) -> tuple[Selection, list[str]]:
    """The selection that a link asks for, and one sentence for each value that had to be changed."""
    values: dict[str, Any] = {}
    notices: list[str] = []
    asked = params.get("model", limits.models[0])
    start = limits.start(asked)
    for name, field in FIELDS.items():
        if field.query not in params:
            continue
        text = params[field.query]
        if field.kind is str:
            values[name] = text
        elif re.fullmatch(r"-?[0-9]{1,9}", text):
            values[name] = int(text) - field.first
        else:
            shown = getattr(start, name) + field.first
            notices.append(f"The link's {field.query} “{quoted(text)}” is not a whole number; {shown} is shown.")
    return clamp(replace(start, **values), limits, notices)


def quoted(text: str) -> str:
    """A foreign text as it may stand in a sentence: short, on one line, and without characters that have a meaning in Markdown."""
    return re.sub(r"[^\w .,+-]", "·", text[:40])


def clamp(selection: Selection, limits: Limits, notices: Sequence[str] = ()) -> tuple[Selection, list[str]]:
    """The nearest selection that can be shown, and why it differs."""
    wanted, notices = selection, list(notices)
    if wanted.picture not in limits.pictures:
        selection = replace(selection, picture=limits.pictures[0])
        why = OVER if wanted.picture.startswith(UPLOADED_PICTURE) else "is not in the gallery"
        notices.append(f"The picture “{quoted(wanted.picture)}” {why}; {selection.picture} is shown.")
    if wanted.model not in limits.models:
        selection = replace(selection, model=limits.models[0])
        if wanted.model.startswith(UPLOADED_MODEL):
            notices.append(f"The model “{quoted(wanted.model)}” {ELSEWHERE}; {selection.model} is shown.")
        else:
            notices.append(f"There is no model “{quoted(wanted.model)}” here; {selection.model} is shown.")
    if len(wanted.view) > LONGEST_VIEW:
        selection = replace(selection, view=FIELDS["view"].default)
        notices.append(f"The link's view is longer than {LONGEST_VIEW} characters; the page's own view is shown.")
    size = nearest(wanted.image_size, limits.sizes.image_sizes)
    patch = nearest(wanted.patch_size, limits.sizes.patch_sizes_for(size))
    if (size, patch) != (wanted.image_size, wanted.patch_size):
        selection = replace(selection, image_size=size, patch_size=patch)
        notices.append(
            f"{wanted.image_size} pixels with patches of {wanted.patch_size} cannot be shown; the nearest that can is {size} / {patch}."
        )
    counts = {"depth": limits.depth, "heads": limits.num_heads, "tokens": limits.num_prefix_tokens + selection.grid**2}
    for name, field in FIELDS.items():
        if field.below is None:
            continue
        asked, first, top = getattr(wanted, name), field.first, counts[field.below] - 1
        held = max(0, min(asked, top))
        if held != asked:
            selection = replace(selection, **{name: held})
            notices.append(f"There is no {name} {asked + first}: they run from {first} to {top + first}; {held + first} is shown.")
    return selection, notices
