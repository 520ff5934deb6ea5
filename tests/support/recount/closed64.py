"""The closed forms of sizes, work and memory a second time, from the papers' formulas, sharing no code with the app.

P patch, D width, M the MLP's width, L layers, a heads, K classes, N patches, n tokens, e bytes a number, b pictures.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SPECS = ROOT / "vit_core" / "data" / "vit_specs.csv"


@dataclass(frozen=True)
class Sizes:
    """A ViT's sizes. `prefix`: tokens in front of the patches, `placed` of them with a position; `side`: places a side of the table of
    positions; `rest`: learned numbers that only some families have; `resizing`: multiply-accumulates that make the kernel of another."""

    patch: int
    layers: int
    dim: int
    heads: int
    hidden: int
    classes: int = 1000
    answers: int = 1
    prefix: int = 1
    placed: int = 1
    side: int = 14
    kernel: int = 16
    gated: bool = False
    rest: int = 0
    resizing: int = 0

    def tokens(self, size: int) -> int:
        return (size // self.patch) ** 2 + self.prefix

    def attention(self) -> int:
        """Learned numbers of one layer's attention: 4D² + 4D."""
        return 4 * self.dim**2 + 4 * self.dim

    def mlp(self) -> int:
        """Learned numbers of one layer's MLP: 2DM + M + D; gated 3DM + 2M + D."""
        return (2 + self.gated) * self.dim * self.hidden + (1 + self.gated) * self.hidden + self.dim

    def parameters(self) -> int:
        """Learned numbers."""
        front = 3 * self.kernel**2 * self.dim + self.dim + self.prefix * self.dim + (self.placed + self.side**2) * self.dim
        blocks = self.layers * (self.attention() + self.mlp() + 4 * self.dim)
        return front + blocks + 2 * self.dim + self.answers * (self.classes * self.dim + self.classes) + self.rest

    def block(self, size: int) -> tuple[int, int]:
        """Multiply-accumulates of one layer: the linear layers' n(4D² + 2DM), and the attention's own 2n²D."""
        n = self.tokens(size)
        return n * (4 * self.dim**2 + (2 + self.gated) * self.dim * self.hidden), 2 * n * n * self.dim

    def macs(self, size: int) -> int:
        """Multiply-accumulates of one picture: 3P²DN + L[n(4D² + 2DM) + 2n²D] + KD."""
        front = 3 * self.patch**2 * self.dim * (size // self.patch) ** 2
        return front + self.layers * sum(self.block(size)) + self.answers * self.classes * self.dim + self.resizing

    def saved_of_layer(self, size: int, pictures: int) -> int:
        """Numbers that the backward pass needs of one layer, its attention matrices left out: 8nD + 2nM, and 4n statistics beside."""
        n = self.tokens(size)
        return pictures * (8 * n * self.dim + 2 * n * self.hidden)

    def training(self, size: int, pictures: int, element: int, fused: bool) -> tuple[int, int]:
        """Bytes saved for the backward pass without attention matrices, and of these; statistics are float32. For more than one picture."""
        n, four, seen = self.tokens(size), 4, size // self.patch * self.patch
        statistics = self.layers * 4 * n + 2  # of the last norm only for the row that is read
        sums = self.layers * self.heads * n if fused else 0
        numbers = self.layers * self.saved_of_layer(size, pictures) + pictures * (3 * seen**2 + n * self.dim + self.dim)
        matrices = 0 if fused else self.layers * self.heads * n * n * pictures * element
        return numbers * element + pictures * four * (statistics + sums), matrices

    def inference(self, size: int, element: int) -> int:
        """Most bytes of one picture's activations at once, attention fused and nothing kept: the stream, and the MLP's or attention's."""
        n = self.tokens(size)
        return element * n * (self.dim + max(6 * self.dim + 2 * self.hidden, 8 * self.dim + self.hidden))


def published() -> dict[str, dict[str, str]]:
    """The table of published models, row by row, as it stands in its file."""
    with SPECS.open(newline="", encoding="utf-8") as lines:
        return {row["name"]: row for row in csv.DictReader(lines)}


def sizes_of(name: str) -> Sizes:
    """A published model's sizes: those of its row, and what its family adds."""
    row = published()[name]
    patch, layers, dim, heads, hidden = (int(row[key]) for key in ("patch", "layers", "D", "heads", "mlp_dim"))
    size = int(row["image_size"])
    own = {"side": size // patch, "kernel": patch}
    if "distil" in name:
        own |= {"answers": 2, "prefix": 2, "placed": 2}
    if name.startswith("DINO"):
        own |= {"answers": 0}
    if name.startswith("DINOv2"):
        own |= {"prefix": 5 if "reg4" in name else 1, "gated": "g/14" in name, "rest": dim + layers * 2 * dim}
    if name in ("ViT-g/14", "ViT-G/14"):
        own |= {"answers": 0, "prefix": 0, "placed": 0}
    if name.startswith("CLIP"):
        words = 768 if dim == 1024 else 512
        own |= {"classes": words, "rest": -words - dim + 2 * dim}
    return Sizes(patch, layers, dim, heads, hidden, **own)
