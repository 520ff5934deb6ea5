"""What is set on the patch embedding page: the patch that is looked at, and the calculator’s sizes, with their numbers by
`vit_core.cost`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

from ui.state import view
from ui.state.selection import Selection
from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.trace import ViTTrace


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
        return ViTConfig(
            embed_dim=self.dim, depth=1, num_heads=1, mlp_hidden=4 * self.dim, num_classes=0, norm_eps=1e-6,
            image_size=self.size, patch_size=self.patch, in_chans=self.chans, patch_bias=bool(self.bias),
            class_token=self.prefix > 0, num_registers=max(0, self.prefix - 1), pool="cls" if self.prefix else "mean",
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


def calculation_of(selection: Selection) -> Calculation:
    """What the link's view asks for; the source's 384/16 if it asks for nothing that can be."""
    asked = Calculation(*view.read("patch_embedding_calculator", selection.view, "calc"))
    return Calculation() if asked.size % asked.patch else asked


def of_preset(config: ViTConfig) -> Calculation:
    """A published model's embedding."""
    side = cast(int, config.image_size)  # theirs are squares
    return Calculation(side, config.patch_size, config.in_chans, config.embed_dim, config.num_prefix_tokens, int(config.patch_bias))


def chosen(trace: ViTTrace, selection: Selection) -> int:
    """The patch that the selection stands for, from 0; the middle one where a prefix token is selected."""
    layout = trace.layout
    middle = layout.token_at(layout.grid[0] // 2, layout.grid[1] // 2)
    return (selection.token if selection.token >= layout.num_prefix_tokens else middle) - layout.num_prefix_tokens


def chosen_output(trace: ViTTrace, selection: Selection) -> int:
    """The number of the embedding that the link's view asks for, from 0: the nearest that there is."""
    return min(view.read("patch_embedding", selection.view, "dim"), trace.config.embed_dim - 1)
