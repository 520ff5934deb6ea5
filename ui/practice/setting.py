"""What is set on the practice page, held in range, and its form in the link's view."""

from dataclasses import dataclass

from ui.state import session, view
from vit_core.config import TokenLayout, ViTConfig
from vit_core.study.efficiency.attention_variants import Kind, Variant
from vit_core.study.efficiency.token_reduction import Method

DEMOS = {
    "patches": "Patch size",
    "sizes": "Resolution",
    "attention": "Attention",
    "tokens": "Fewer tokens",
    "bits": "Fewer bits",
    "distil": "Distillation",
    "scales": "Several sizes",
    "adapt": "Size by picture",
}
SCALED = ("scales", "adapt")
"""Those that run every picture of the gallery at several sizes, and are decided in the browser."""
COMPARED = tuple(demo for demo in DEMOS if demo not in ("distil", *SCALED))
"""Those that run the model in several ways over the gallery, for the table."""
SIZED = {"windows": "w", "neighbourhood": "h", "strided": "s"}
MATRICES = ("attn.qkv", "attn.proj", "mlp.in", "mlp.out")
STOPS = 8


@dataclass(frozen=True)
class Place:
    """The open demonstration, and the setting of each.

    `sizes` holds a size for every kind of attention that has one; `row` is a row of a matrix; `averaged` has a bit for each size whose
    answer counts, the smallest in the last; `threshold` is how sure an answer has to be.
    """

    demo: str
    kind: Kind
    sizes: dict[str, int]
    layers: int
    method: Method
    per_layer: int
    bits: int
    layer: int
    matrix: int
    row: int
    teacher: str
    temperature: float
    averaged: int
    threshold: float

    def variant(self, kind: Kind | None = None) -> Variant:
        """The chosen way to attend, or the one of that kind, at the size that is set for it."""
        kind = kind or self.kind
        return Variant(kind, self.sizes.get(kind, 1))


def stops(layout: TokenLayout, depth: int) -> tuple[int, ...]:
    """How many tokens a layer may lose, for the slider: from none to so many that none would be left at the end, in even steps."""
    return tuple(sorted({round(i * layout.num_patches / (STOPS * depth)) for i in range(STOPS + 1)}))


def read(said: str, config: ViTConfig, layout: TokenLayout) -> Place:
    """The setting that a link's view asks for: the nearest that can be shown."""
    longest, ways = max(layout.grid), stops(layout, config.depth)
    asked = view.read("practice", said, "pr", longest=longest, depth=config.depth, last=config.depth - 1)
    usual = {"windows": max(1, (longest + 1) // 2), "neighbourhood": max(1, longest // 4), "strided": min(2, longest)}
    wanted = ways[len(ways) // 2] if asked["r"] is None else asked["r"]
    return Place(
        demo=asked["d"],
        kind=asked["k"],
        sizes={kind: usual[kind] if asked[key] is None else asked[key] for kind, key in SIZED.items()},
        layers=config.depth if asked["l"] is None else asked["l"],
        method=asked["m"],
        per_layer=min(ways, key=lambda way: abs(way - wanted)),
        bits=asked["b"],
        layer=asked["y"],
        matrix=asked["x"],
        row=asked["o"],
        teacher=asked["t"],
        temperature=float(asked["e"]),
        averaged=asked["n"],
        threshold=float(asked["c"]),
    )


def place() -> Place:
    """The session's setting."""
    trace = session.analysis().trace
    return read(session.current().view, trace.config, trace.layout)


def choose(demo: str) -> None:
    """Open a demonstration; the settings of the others stay."""
    change(d=demo)


def change(**values: str) -> None:
    """Change some of the page's keys in the view."""
    session.change(view=view.changed("practice", session.current().view, {"pr": values}))
