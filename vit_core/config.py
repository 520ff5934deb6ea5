"""What a Vision Transformer is made of, as data: every variant is a field, none is a name check."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:  # a configuration is read before PyTorch is loaded
    from jaxtyping import Float
    from torch import Tensor

Filter = Literal["nearest", "bilinear", "bicubic", "lanczos"]
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def check_fields(instance: Any) -> None:
    """ValueError if a field of a plain type, or one annotated as a `Literal`, holds something else."""
    plain: dict[Any, Any] = {int: int, bool: bool, str: str, float: (int, float)}
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if get_origin(field.type) is Literal and value not in get_args(field.type):
            raise ValueError(f"`{field.name}` must be one of {', '.join(get_args(field.type))}; got {value}.")
        wrong = field.type in plain and not isinstance(value, plain[field.type])
        if wrong or (field.type in (int, float) and isinstance(value, bool)):
            raise ValueError(f"`{field.name}` must be of type {getattr(field.type, '__name__', field.type)}; got {value!r}.")


@dataclass(frozen=True)
class Preprocessing:
    """How pixels become the model's input: `(pixels / 255 - mean) / std`, after resizing.

    `interpolation` names the Pillow filter that resizes; `mean` and `std` are per channel, in units of full scale: three for R, G, B, or
    one for a model that reads pictures in grey.
    """

    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    interpolation: Filter = "bicubic"

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.mean) != len(self.std) or len(self.mean) not in (1, 3):
            raise ValueError(f"mean and std need 3 values, one a channel, or 1 for grey; got {len(self.mean)} and {len(self.std)}.")
        if min(self.std) <= 0:
            raise ValueError(f"std must be positive in every channel; got {self.std}.")


@dataclass(frozen=True)
class ViTConfig:
    """One Vision Transformer. Sizes in pixels and channels; `norm_eps` has no default because checkpoints disagree on it.

    `image_size` is the resolution that the position table was made for and `kernel_size` the side of the stored patch kernel; both are
    resized when the model runs at another resolution or patch size. `mlp_hidden` is the width of the MLP's hidden layer (for SwiGLU:
    of one of its two halves). `num_classes` 0 means that the model has no head: `logits` are then the pooled features. `pool` names what
    the head reads: the class token; it and the distillation token, each with a head of its own ("cls_dist", DeiT); it and the mean of the
    patches, in one vector ("cls_mean", DINOv2's linear classifier); the mean of the patches. `projection` is the width of the space that
    CLIP's pictures share with texts: above 0, what was pooled is brought there without a bias and to length 1 before the head reads it,
    whose rows are the class names' text features times the logit scale (Radford et al. 2021).
    """

    embed_dim: int
    depth: int
    num_heads: int
    mlp_hidden: int
    num_classes: int
    norm_eps: float
    image_size: int | tuple[int, int] = 224
    patch_size: int = 16
    kernel_size: int | None = None
    in_chans: int = 3
    act: Literal["gelu", "gelu_tanh", "quick_gelu"] = "gelu"
    ffn: Literal["mlp", "swiglu"] = "mlp"
    qkv_bias: bool = True
    patch_bias: bool = True
    head_bias: bool = True
    projection: int = 0
    pre_norm: bool = False
    layer_scale: bool = False
    class_token: bool = True
    distill_token: bool = False
    num_registers: int = 0
    mask_token: bool = False
    pos_covers: Literal["class_and_patches", "patches"] = "class_and_patches"
    pos_interpolation: Literal["bicubic", "bicubic_antialias"] = "bicubic"
    pos_grid: tuple[int, int] | None = None
    pool: Literal["cls", "cls_dist", "cls_mean", "mean"] = "cls"
    norm_position: Literal["before_pool", "after_pool"] = "before_pool"
    patch_sizes: tuple[int, ...] = ()
    grid_range: tuple[int, int] = (1, 64)
    temperature: float = 1.0
    labels: tuple[str, ...] = ()
    preprocessing: Preprocessing = Preprocessing()
    name: str = "ViT"

    def __post_init__(self) -> None:
        check_fields(self)
        sizes = {field: getattr(self, field) for field in ("embed_dim", "depth", "num_heads", "mlp_hidden", "patch_size", "in_chans")}
        sizes |= {"kernel_size": self.kernel, "grid_range": min(self.grid_range), "patch_sizes": min(self.patch_sizes, default=1)}
        sizes |= {"pos_grid": min(self.pos_grid or (1,)), "image_size": min(as_pair(self.image_size))}
        for field, smallest in sizes.items():
            if smallest < 1:
                raise ValueError(f"`{field}` must be at least 1; got {getattr(self, field)}.")
        if self.grid_range[0] > self.grid_range[1]:
            raise ValueError(f"`grid_range` must go from low to high; got {self.grid_range[0]} and {self.grid_range[1]}.")
        if self.embed_dim % self.num_heads:
            raise ValueError(f"`embed_dim` must be divisible by `num_heads`; got {self.embed_dim} and {self.num_heads}.")
        if self.num_classes < 0 or self.num_registers < 0:
            raise ValueError(f"`num_classes` and `num_registers` cannot be negative; got {self.num_classes} and {self.num_registers}.")
        if not 0 < self.norm_eps < 1:
            raise ValueError(f"`norm_eps` must lie between 0 and 1; got {self.norm_eps}.")
        if self.temperature <= 0:
            raise ValueError(f"`temperature` must be positive; got {self.temperature}.")
        if self.pool != "mean" and not self.class_token:
            raise ValueError(f'`pool` "{self.pool}" reads the class token, but `class_token` is {self.class_token}; use "mean".')
        if self.pool == "cls_dist" and not self.distill_token:
            raise ValueError('`pool` "cls_dist" reads the distillation token, but `distill_token` is False.')
        if self.pool == "cls_mean" and (self.num_classes == 0 or self.norm_position == "after_pool"):
            raise ValueError('`pool` "cls_mean" needs a head, and `norm_position` "before_pool".')
        if self.projection < 0 or (self.projection and (self.num_classes == 0 or self.head_bias or self.num_pooled != 1)):
            raise ValueError("`projection` needs a head without a bias that reads one vector.")
        if self.labels and len(self.labels) != self.num_classes:
            raise ValueError(f"`labels` must name every class; got {len(self.labels)} labels for {self.num_classes} classes.")
        if self.pos_grid is None:
            self.check_sizes(self.image_size, self.patch_size, within_range=False)

    @property
    def chans_agree(self) -> bool:
        """Whether there is a mean and a deviation for each channel that the model reads."""
        return len(self.preprocessing.mean) == self.in_chans

    @property
    def head_dim(self) -> int:
        """Channels of one head: `embed_dim / num_heads`."""
        return self.embed_dim // self.num_heads

    @property
    def kernel(self) -> int:
        """Side of the stored patch kernel, in pixels."""
        return self.patch_size if self.kernel_size is None else self.kernel_size

    @property
    def native_grid(self) -> tuple[int, int]:
        """Rows and columns of the stored position table."""
        if self.pos_grid is not None:
            return self.pos_grid
        height, width = as_pair(self.image_size)
        return height // self.patch_size, width // self.patch_size

    @property
    def num_prefix_tokens(self) -> int:
        """Tokens in front of the patches: class, distillation, registers."""
        return int(self.class_token) + int(self.distill_token) + self.num_registers

    @property
    def num_pooled(self) -> int:
        """Vectors that pooling gives: the class token beside the distillation token, or beside the mean of the patches, makes two."""
        return {"cls": 1, "cls_dist": 2, "cls_mean": 2, "mean": 1}[self.pool]

    @property
    def num_pos_prefix(self) -> int:
        """Prefix tokens that have a row in the position table (registers never do)."""
        return int(self.class_token) + int(self.distill_token) if self.pos_covers == "class_and_patches" else 0

    @property
    def flexible(self) -> bool:
        """Whether the model was trained to run at several patch sizes."""
        return len(self.patch_sizes) > 1

    def check_sizes(self, image_size: int | tuple[int, int], patch_size: int, within_range: bool = True) -> tuple[int, int]:
        """The grid `(rows, columns)` of `image_size` pixels cut into `patch_size`; ValueError if it does not divide or is out of range."""
        height, width = as_pair(image_size)
        if patch_size < 1 or height < 1 or width < 1:
            raise ValueError(f"Image and patch sizes must be at least 1 pixel; got {height}×{width} and {patch_size}.")
        if height % patch_size or width % patch_size:
            raise ValueError(f"The patch size must divide the image; got an image of {height}×{width} pixels and patches of {patch_size}.")
        grid = height // patch_size, width // patch_size
        low, high = self.grid_range
        if within_range and not (low <= min(grid) and max(grid) <= high):
            got = f"{height}×{width} pixels at {patch_size} give {grid[0]}×{grid[1]}"
            raise ValueError(f"The grid must lie between {low}×{low} and {high}×{high} patches; {got}.")
        return grid

    def layout(self, grid: tuple[int, int]) -> "TokenLayout":
        """Where each token of a sequence over `grid` stands."""
        return TokenLayout(grid=grid, class_token=self.class_token, distill_token=self.distill_token, num_registers=self.num_registers)

    def replace(self, **changes: Any) -> "ViTConfig":
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict:
        """Plain values, fit for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ViTConfig":
        """The inverse of `to_dict`; ValueError names fields that do not exist, are missing, or hold something else than they should."""
        values = dict(values)
        if isinstance(values.get("preprocessing"), dict):
            values["preprocessing"] = from_plain(Preprocessing, values["preprocessing"])
        return from_plain(cls, values)


@dataclass(frozen=True)
class TokenLayout:
    """Who stands where in a sequence `[class, distillation, registers, patches in raster order]`. Nobody else slices tokens."""

    grid: tuple[int, int]
    class_token: bool = True
    distill_token: bool = False
    num_registers: int = 0

    @property
    def num_prefix_tokens(self) -> int:
        return int(self.class_token) + int(self.distill_token) + self.num_registers

    @property
    def num_patches(self) -> int:
        return self.grid[0] * self.grid[1]

    @property
    def num_tokens(self) -> int:
        return self.num_prefix_tokens + self.num_patches

    @property
    def cls(self) -> int | None:
        """Index of the class token, or None."""
        return 0 if self.class_token else None

    @property
    def dist(self) -> int | None:
        """Index of the distillation token, or None."""
        return int(self.class_token) if self.distill_token else None

    @property
    def registers(self) -> slice:
        """Where the register tokens stand."""
        start = int(self.class_token) + int(self.distill_token)
        return slice(start, start + self.num_registers)

    @property
    def patches(self) -> slice:
        """Where the patch tokens stand."""
        return slice(self.num_prefix_tokens, self.num_tokens)

    def token_at(self, row: int, col: int) -> int:
        """Index in the sequence of the patch at `row`, `col` (from 0)."""
        if not (0 <= row < self.grid[0] and 0 <= col < self.grid[1]):
            raise ValueError(f"The grid has rows 0 to {self.grid[0] - 1} and columns 0 to {self.grid[1] - 1}; got row {row}, column {col}.")
        return self.num_prefix_tokens + row * self.grid[1] + col

    def row_col(self, token: int) -> tuple[int, int] | None:
        """Row and column of a patch token (from 0); None for a prefix token."""
        if not 0 <= token < self.num_tokens:
            raise ValueError(f"The sequence has tokens 0 to {self.num_tokens - 1}; got {token}.")
        return None if token < self.num_prefix_tokens else divmod(token - self.num_prefix_tokens, self.grid[1])

    def name(self, token: int) -> str:
        """What a person calls this token, rows and columns from 1: `[CLS]`, `register 2`, `row 6, column 9`."""
        place = self.row_col(token)
        if place is not None:
            return f"row {place[0] + 1}, column {place[1] + 1}"
        if token == self.cls:
            return "[CLS]"
        if token == self.dist:
            return "[DIST]"
        return f"register {token - self.registers.start + 1}"

    def on_grid(self, values: 'Float[Tensor, "*lead tokens"]') -> 'Float[Tensor, "*lead rows cols"]':
        """The patches' share of per-token values, laid out as the picture: `[..., T]` to `[..., grid_h, grid_w]`."""
        return values[..., self.patches].unflatten(-1, self.grid)


def synonyms(label: str) -> list[str]:
    """What a class is called, in small letters: "tabby" and "tabby cat" of "tabby, tabby cat"."""
    return [name.strip().casefold() for name in label.split(",")]


def from_plain(kind: type, values: dict) -> Any:
    """A dataclass from plain values, lists as tuples; ValueError names what is unknown, missing or of the wrong type."""
    fields = dataclasses.fields(kind)
    wrong = [f"{name} is unknown" for name in sorted(set(values) - {f.name for f in fields})]
    wrong += [f"{f.name} is missing" for f in fields if f.default is dataclasses.MISSING and f.name not in values]
    if wrong:
        raise ValueError(f"The fields of {kind.__name__} do not fit: {'; '.join(wrong)}.")
    try:
        return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
    except TypeError as error:
        raise ValueError(f"{kind.__name__} holds a value of the wrong type: {error}.") from None


def as_pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """`(height, width)` of a size given as one number or as a pair."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])
