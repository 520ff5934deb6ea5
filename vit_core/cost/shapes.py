"""The sizes of a model's tensors, in closed form: its learned ones, and those that flow through it."""

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from vit_core.config import TokenLayout, ViTConfig
from vit_core.readout import readout

Size = int | tuple[int, int]

MLP_MATRICES = {"mlp": 2, "swiglu": 3}
STATE_BYTES = 4  # optimizers, master weights, LayerNorm statistics and log-sum-exps stay in float32


def layout(config: ViTConfig, image_size: Size | None = None, patch_size: int | None = None) -> TokenLayout:
    """The tokens of an image of `image_size` pixels cut into `patch_size`, in any number; ValueError if the sizes do not divide."""
    size = config.image_size if image_size is None else image_size
    return config.layout(config.check_sizes(size, side(config, patch_size), within_range=False))


def side(config: ViTConfig, patch_size: int | None) -> int:
    """The patch size in pixels, the configuration's own if None."""
    return config.patch_size if patch_size is None else patch_size


def parameter_shapes(config: ViTConfig) -> list[tuple[str, tuple[int, ...], int]]:
    """Every learned tensor: its name in the model (`blocks.` stands for each layer's), its shape, and how many there are of it."""
    dim, hidden, classes, (rows, cols) = config.embed_dim, config.mlp_hidden, config.num_classes, config.native_grid
    heads, found = readout(config).heads, list[tuple[str, tuple[int, ...], int]]()

    def add(present: int, name: str, *shape: int) -> None:
        if present:
            found.append((name, shape, int(present)))

    def linear(present: int, name: str, bias: bool, wide: int, narrow: int) -> None:
        add(present, f"{name}.weight", wide, narrow)
        add(present * bias, f"{name}.bias", wide)

    add(config.class_token, "cls_token", 1, 1, dim)
    add(config.distill_token, "dist_token", 1, 1, dim)
    add(config.num_registers > 0, "reg_token", 1, config.num_registers, dim)
    add(config.mask_token, "mask_token", 1, dim)
    add(1, "pos_embed", 1, config.num_pos_prefix + rows * cols, dim)
    add(1, "patch_embed.proj.weight", dim, config.in_chans, config.kernel, config.kernel)
    add(config.patch_bias, "patch_embed.proj.bias", dim)
    for norm, times in (("norm_pre", config.pre_norm), ("blocks.norm1", config.depth), ("blocks.norm2", config.depth), ("norm", 1)):
        add(times, f"{norm}.weight", dim)
        add(times, f"{norm}.bias", dim)
    linear(config.depth, "blocks.attn.qkv", config.qkv_bias, 3 * dim, dim)
    linear(config.depth, "blocks.attn.proj", True, dim, dim)
    gated = config.ffn == "swiglu"
    linear(config.depth, "blocks.mlp.w12" if gated else "blocks.mlp.fc1", True, (1 + gated) * hidden, dim)
    linear(config.depth, "blocks.mlp.w3" if gated else "blocks.mlp.fc2", True, dim, hidden)
    for scale in ("ls1", "ls2"):
        add(config.depth * config.layer_scale, f"blocks.{scale}.gamma", dim)
    linear(config.projection > 0, "head_projection", False, config.projection, dim)
    linear(classes > 0, "head", config.head_bias, classes, config.projection or (2 * dim if heads == "wide" else dim))
    linear(classes > 0 and heads == "two", "head_dist", True, classes, dim)
    return found


@lru_cache(maxsize=256)
def count_parameters(config: ViTConfig) -> int:
    """Learned numbers in all; `vit_core.cost.parameters` tells them apart."""
    return sum(prod(shape) * times for _, shape, times in parameter_shapes(config))


def tokens(config: ViTConfig, image_size: Size | None = None, patch_size: int | None = None) -> int:
    """Tokens in the sequence: patches, and the class, distillation and register tokens in front of them."""
    return layout(config, image_size, patch_size).num_tokens


@dataclass(frozen=True)
class Shapes:
    """Bytes of the tensors that the memory formulas add up, for one configuration, size and batch."""

    config: ViTConfig
    layout: TokenLayout
    patch_size: int
    batch: int
    element: int

    @classmethod
    def of(cls, config: ViTConfig, image_size: Size | None, patch_size: int | None, batch: int, element_bytes: int) -> "Shapes":
        if batch < 1 or element_bytes < 1:
            raise ValueError(f"`batch` and `element_bytes` must be at least 1; got {batch} and {element_bytes}.")
        return cls(config, layout(config, image_size, patch_size), side(config, patch_size), batch, element_bytes)

    @property
    def numbers(self) -> int:
        """One number per image."""
        return self.batch * self.element

    @property
    def stream(self) -> int:
        """One tensor `[b, n, D]`, as the residual stream."""
        return self.numbers * self.layout.num_tokens * self.config.embed_dim

    @property
    def hidden(self) -> int:
        """One tensor `[b, n, M]`, as the MLP's hidden layer."""
        return self.numbers * self.layout.num_tokens * self.config.mlp_hidden

    @property
    def matrix(self) -> int:
        """The attention weights of one layer, `[b, a, n, n]`."""
        return self.numbers * self.config.num_heads * self.layout.num_tokens**2

    @property
    def per_token(self) -> int:
        """One float32 for every token of every image."""
        return max(STATE_BYTES, self.element) * self.batch * self.layout.num_tokens

    @property
    def pixels(self) -> int:
        """The input, `[b, C, H, W]`, and also its patches, `[b, N, P²C]`."""
        return self.numbers * self.layout.num_patches * self.patch_size**2 * self.config.in_chans

    @property
    def cut_patches(self) -> int:
        """What cutting the input into patches copies: all of it, but for a grey image one patch wide, whose patches lie in order."""
        return 0 if self.config.in_chans == 1 and self.layout.grid[1] == 1 else self.pixels

    @property
    def patch_embeddings(self) -> int:
        return self.numbers * self.layout.num_patches * self.config.embed_dim

    @property
    def new_positions(self) -> int:
        """The position table resized to the grid; none at its own grid, where the parameter itself is used."""
        if self.layout.grid == self.config.native_grid:
            return 0
        return self.element * (self.config.num_pos_prefix + self.layout.num_patches) * self.config.embed_dim

    @property
    def resizes_kernel(self) -> bool:
        return self.patch_size != self.config.kernel

    @property
    def kernel(self) -> int:
        """The patch kernel at the size it is used at."""
        return self.element * self.config.embed_dim * self.config.in_chans * self.patch_size**2

    @property
    def resize_matrix(self) -> int:
        """The matrix that resizes the patch kernel."""
        return self.element * self.config.kernel**2 * self.patch_size**2

    @property
    def pooled(self) -> int:
        return self.numbers * self.config.embed_dim * self.config.num_pooled

    @property
    def logits(self) -> int:
        """The logits, where they are not the pooled features themselves."""
        without_head = self.config.embed_dim if readout(self.config).heads == "two" else 0
        return self.numbers * (self.config.num_classes or without_head)
