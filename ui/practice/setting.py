"""What is set on the practice page, held in range, and its form in the link's view."""

from dataclasses import dataclass
from typing import Any

from ui.state import session
from ui.state.selection import view_text, view_values
from vit_core.config import TokenLayout, ViTConfig
from vit_core.study.attention_variants import KINDS, Variant
from vit_core.study.quantization import FEWEST_BITS, MOST_BITS
from vit_core.study.token_reduction import METHODS

KEY = "pr"
DEMOS = {"patches": "Patch size", "sizes": "Resolution", "attention": "Attention", "tokens": "Fewer tokens", "bits": "Fewer bits"}
SIZED = {"windows": "w", "neighbourhood": "h", "strided": "s"}
MATRICES = ("attn.qkv", "attn.proj", "mlp.in", "mlp.out")
STOPS = 8


@dataclass(frozen=True)
class Place:
    """The open demonstration, and the setting of each. `sizes` holds a size for every kind of attention that has one; `row` is a row of a matrix."""

    demo: str
    kind: str
    sizes: dict[str, int]
    layers: int
    method: str
    per_layer: int
    bits: int
    layer: int
    matrix: int
    row: int

    def variant(self, kind: str | None = None) -> Variant:
        """The chosen way to attend, or the one of that kind, at the size that is set for it."""
        kind = kind or self.kind
        return Variant(kind, self.sizes.get(kind, 1))


def found(view: str) -> dict[str, Any]:
    """The page's part of a link's view; empty for what is none."""
    part = view_values(view).get(KEY)
    return part if isinstance(part, dict) else {}


def whole(value: Any, low: int, high: int, otherwise: int) -> int:
    """A number from a link, held in range; `otherwise`, held in range too, for what is no whole number."""
    return max(low, min(high, value if type(value) is int else otherwise))


def stops(layout: TokenLayout, depth: int) -> tuple[int, ...]:
    """How many tokens a layer may lose, for the slider: from none to so many that none would be left at the end, in even steps."""
    return tuple(sorted({round(i * layout.num_patches / (STOPS * depth)) for i in range(STOPS + 1)}))


def read(view: str, config: ViTConfig, layout: TokenLayout) -> Place:
    """The setting that a view asks for: the nearest that can be shown."""
    values, longest = found(view), max(layout.grid)
    half = max(1, (longest + 1) // 2)
    usual = {"windows": half, "neighbourhood": max(1, longest // 4), "strided": 2}
    ways = stops(layout, config.depth)
    wanted = whole(values.get("r"), 0, ways[-1], ways[len(ways) // 2])
    matrix = whole(values.get("x"), 0, len(MATRICES) - 1, 2)
    return Place(
        demo=values.get("d") if values.get("d") in tuple(DEMOS) else "patches",
        kind=values.get("k") if values.get("k") in KINDS else "windows",
        sizes={kind: whole(values.get(key), 1, longest, usual[kind]) for kind, key in SIZED.items()},
        layers=whole(values.get("l"), 1, config.depth, config.depth),
        method=values.get("m") if values.get("m") in METHODS else METHODS[0],
        per_layer=min(ways, key=lambda way: abs(way - wanted)),
        bits=whole(values.get("b"), FEWEST_BITS, MOST_BITS, 4),
        layer=whole(values.get("y"), 0, config.depth - 1, 0),
        matrix=matrix,
        row=whole(values.get("o"), 0, 10**6, 0),
    )


def place() -> Place:
    """The session's setting."""
    trace = session.analysis().trace
    return read(session.current().view, trace.config, trace.layout)


def choose(demo: str) -> None:
    """Open a demonstration; the settings of the others stay."""
    session.change(view=view_text({KEY: {**found(session.current().view), "d": demo}}))
