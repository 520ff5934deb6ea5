"""What the released code of each family of models fixes and a bare file of weights does not say. Used only where a caller names the
family."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vit_core.config import Preprocessing

HALF = (0.5, 0.5, 0.5)
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
PUBLISHED_HEADS = {192: 3, 384: 6, 768: 12, 1024: 16, 1280: 16}
"""Width to heads in the sizes tiny, small, base, large and huge, alike in all families."""


@dataclass(frozen=True)
class Family:
    """`source` says whose code and published settings these are. `heads` maps the published widths to their number of heads.
    `pre_norm` and `layer_scale` say whether its models have such parts, None where some do."""

    title: str
    source: str
    preprocessing: Preprocessing
    norm_eps: float = 1e-6
    act: Literal["gelu", "gelu_tanh", "quick_gelu"] = "gelu"
    pos_interpolation: Literal["bicubic", "bicubic_antialias"] = "bicubic_antialias"
    heads: Mapping[int, int] = field(default_factory=lambda: PUBLISHED_HEADS)
    pre_norm: bool = False
    layer_scale: bool | None = False


IMAGENET = Preprocessing()
CLIP_PIXELS = Preprocessing(CLIP_MEAN, CLIP_STD, "bicubic")

# timm resizes positions with antialiasing; the original DINO and DINOv2 code without, but for models with registers.
FAMILIES: Mapping[str, Family] = {
    "vit": Family(
        "ViT, AugReg (timm)", "timm's vit_*_augreg: mean and std 0.5, bicubic", Preprocessing(HALF, HALF, "bicubic"), layer_scale=None
    ),
    "google": Family(
        "ViT (Google's .npz)",
        "google-research/vision_transformer: pixels to -1…1, bilinear",
        Preprocessing(HALF, HALF, "bilinear"),
        act="gelu_tanh",
    ),
    "deit": Family("DeiT, DeiT III, MAE", "facebookresearch/deit: ImageNet's mean and std, bicubic", IMAGENET, layer_scale=None),
    "dino": Family("DINO", "facebookresearch/dino: ImageNet's mean and std, bicubic", IMAGENET, pos_interpolation="bicubic"),
    "dinov2": Family(
        "DINOv2",
        "facebookresearch/dinov2: ImageNet's mean and std, bicubic",
        IMAGENET,
        pos_interpolation="bicubic",
        heads=PUBLISHED_HEADS | {1536: 24},
        layer_scale=True,
    ),
    "clip": Family(
        "CLIP, OpenAI's", "openai/CLIP: its own mean and std, bicubic, QuickGELU, eps 1e-5", CLIP_PIXELS, 1e-5, "quick_gelu", pre_norm=True
    ),
    "openclip": Family(
        "CLIP, OpenCLIP's",
        "OpenCLIP: CLIP's mean and std, bicubic, GELU, eps 1e-5",
        CLIP_PIXELS,
        1e-5,
        heads=PUBLISHED_HEADS | {1408: 16, 1664: 16},
        pre_norm=True,
    ),
    "torchvision": Family(
        "torchvision vit_*", "torchvision's ImageNet weights: ImageNet's mean and std, bilinear", Preprocessing(interpolation="bilinear")
    ),
}
