"""The embedding calculator's other half: its presets, its setting from the link, and its numbers by `vit_core.cost`."""

from dataclasses import dataclass
from functools import cached_property

from ui.kit.explain import Check
from ui.patch_grid.setting import PATCHES
from ui.state.selection import Selection, view_values
from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.presets import presets

SIZES = (32, 1024)
WIDTHS = (64, 2048)


@dataclass(frozen=True)
class Calculation:
    """Sizes in pixels and channels; `prefix` tokens in front of the patches, `bias` 1 or 0."""

    size: int = 384
    patch: int = 16
    chans: int = 3
    dim: int = 768
    prefix: int = 1
    bias: int = 1

    @cached_property
    def config(self) -> ViTConfig:
        """A model of one layer with this embedding; only its first step is counted."""
        first = {"class_token": self.prefix > 0, "num_registers": max(0, self.prefix - 1), "pool": "cls" if self.prefix else "mean"}
        return ViTConfig(
            embed_dim=self.dim, depth=1, num_heads=1, mlp_hidden=4 * self.dim, num_classes=0, norm_eps=1e-6,
            image_size=self.size, patch_size=self.patch, in_chans=self.chans, patch_bias=bool(self.bias), **first,
        )  # fmt: skip

    @property
    def parameters(self) -> int:
        """Learned numbers in W and b."""
        return cost.parameters(self.config).patch_embed

    @property
    def macs(self) -> int:
        """Multiply-accumulates of embedding one image."""
        return cost.macs(self.config).patch_embed

    @property
    def tokens(self) -> int:
        return cost.tokens(self.config)

    def sequence_bytes(self, element_bytes: int) -> int:
        """Bytes of one image's tokens, prefix included."""
        return self.tokens * self.dim * element_bytes

    @property
    def sentence(self) -> str:
        return f"{self.size}×{self.size}×{self.chans} in patches of {self.patch}, width {self.dim:,}."

    @property
    def latex(self) -> str:
        n, values = (self.size // self.patch) ** 2, self.patch**2 * self.chans
        sizes = rf"N = {n:,},\quad P^2C = {values:,},\quad |W| + |b| = {self.parameters:,}"
        counts = rf"{sizes},\quad N\cdot P^2C\cdot D = {self.macs:,}\ \text{{MACs}},\quad T = {self.tokens:,}"
        return counts.replace(r",\quad", ";").replace(",", r"\,").replace(";", r",\quad")

    def checks(self) -> list[Check]:
        """The closed forms on screen against `vit_core.cost`."""
        n, values = (self.size // self.patch) ** 2, self.patch**2 * self.chans
        return [
            Check(
                "calculator: parameters of W and b",
                values * self.dim + self.bias * self.dim,
                self.parameters,
                f"{values} · {self.dim} + {self.bias * self.dim}; again: cost.parameters",
            ),
            Check("calculator: MACs", n * values * self.dim, self.macs, f"{n} · {values} · {self.dim}; again: cost.macs"),
            Check("calculator: tokens", n + self.prefix, self.tokens, f"{n} + {self.prefix}; again: cost.tokens"),
        ]


def calculation_of(selection: Selection) -> Calculation:
    """What the link's view asks for; the source's 384/16 if it asks for nothing that can be."""
    try:
        size, patch, chans, dim, prefix, bias = view_values(selection.view)["calc"]
    except (ValueError, TypeError, KeyError):
        return Calculation()
    asked = (size, patch, chans, dim, prefix, bias)
    if not all(type(value) is int for value in asked) or patch < 1:
        return Calculation()
    possible = SIZES[0] <= size <= SIZES[1] and patch in PATCHES and size % patch == 0 and chans in (1, 3, 4)
    possible = possible and WIDTHS[0] <= dim <= WIDTHS[1] and 0 <= prefix <= 9 and bias in (0, 1)
    return Calculation(*asked) if possible else Calculation()


def of_preset(config: ViTConfig) -> Calculation:
    """A published model's embedding."""
    return Calculation(
        config.image_size, config.patch_size, config.in_chans, config.embed_dim, config.num_prefix_tokens, int(config.patch_bias)
    )


def data(calculation: Calculation) -> dict:
    """What the browser's calculator needs."""
    keys = ("size", "patch", "chans", "dim", "prefix", "bias")
    rows = [{"name": name, **{key: getattr(of_preset(config), key) for key in keys}} for name, config in presets.items()]
    start, now = ([getattr(c, key) for key in keys] for c in (Calculation(), calculation))
    return {"presets": rows, "patches": list(PATCHES), "start": start, "now": now}
