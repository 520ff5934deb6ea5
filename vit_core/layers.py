"""The parts of a block: patch embedding, attention, MLP. Each gives the intermediates that a trace names, by the code that runs."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from vit_core.config import ViTConfig
from vit_core.patches import flatten_kernel, patchify, resize_kernel


def quick_gelu(x: Tensor) -> Tensor:
    """CLIP's approximation of GELU: `x * sigmoid(1.702 x)`."""
    return x * torch.sigmoid(1.702 * x)


def gelu_tanh(x: Tensor) -> Tensor:
    """GELU by the tanh approximation, as in the original JAX code."""
    return F.gelu(x, approximate="tanh")


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "gelu_tanh": gelu_tanh, "quick_gelu": quick_gelu}


class PatchEmbed(nn.Module):
    """`E = x W^T + b` on flattened patches. The kernel is stored as a convolution's, as in timm, and resized to the patch size."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(config.in_chans, config.embed_dim, config.kernel, stride=config.kernel, bias=config.patch_bias)

    def kernel(self, patch_size: int) -> Float[Tensor, "dim chans side side"]:
        """The kernel that embeds patches of `patch_size` pixels."""
        return resize_kernel(self.proj.weight, patch_size)

    def forward(self, images: Float[Tensor, "batch chans height width"], patch_size: int) -> Float[Tensor, "batch patches dim"]:
        return F.linear(patchify(images, patch_size), flatten_kernel(self.kernel(patch_size)), self.proj.bias)


class Attention(nn.Module):
    """Multi-head self-attention, cut at the places where a trace looks in."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.scale = config.head_dim**-0.5
        self.qkv = nn.Linear(config.embed_dim, 3 * config.embed_dim, bias=config.qkv_bias)
        self.proj = nn.Linear(config.embed_dim, config.embed_dim)

    def project(self, x: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "3 batch heads tokens head_dim"]:
        """q, k and v, stacked: the heads move in front of the tokens, so that tokens attend to tokens and not heads to heads."""
        return self.qkv(x).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)

    def scores(
        self, q: Float[Tensor, "batch heads queries head_dim"], k: Float[Tensor, "batch heads keys head_dim"]
    ) -> Float[Tensor, "batch heads queries keys"]:
        """`q k^T / sqrt(head_dim)`, before softmax."""
        return (q * self.scale) @ k.transpose(-2, -1)

    def head_contributions(self, head_out: Float[Tensor, "batch heads tokens head_dim"]) -> Float[Tensor, "batch heads tokens dim"]:
        """What each head adds to the residual stream: its slice of the output projection, without the bias that they share."""
        per_head = self.proj.weight.unflatten(1, (self.num_heads, -1)).permute(1, 2, 0)  # [heads, head_dim, dim]
        return head_out @ per_head

    def merge(self, head_out: Float[Tensor, "batch heads tokens head_dim"]) -> Float[Tensor, "batch tokens dim"]:
        """Heads side by side again, then the output projection."""
        return self.proj(head_out.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    """Two linear layers with an activation between them, each token on its own."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.embed_dim, config.mlp_hidden)
        self.fc2 = nn.Linear(config.mlp_hidden, config.embed_dim)
        self.act = ACTIVATIONS[config.act]

    @property
    def linears(self) -> tuple[nn.Linear, nn.Linear]:
        """The layer into the hidden width, and the one out of it."""
        return self.fc1, self.fc2

    def pre_act(self, x: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch tokens hidden"]:
        return self.fc1(x)

    def post_act(self, pre_act: Float[Tensor, "batch tokens hidden"]) -> Float[Tensor, "batch tokens hidden"]:
        return self.act(pre_act)

    def out(self, post_act: Float[Tensor, "batch tokens hidden"]) -> Float[Tensor, "batch tokens dim"]:
        return self.fc2(post_act)


class SwiGLU(nn.Module):
    """Gated MLP of DINOv2 giant (Shazeer 2020): `silu(gate) * value`, both halves from one linear layer; `pre_act` is `[gate, value]`."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.w12 = nn.Linear(config.embed_dim, 2 * config.mlp_hidden)
        self.w3 = nn.Linear(config.mlp_hidden, config.embed_dim)

    @property
    def linears(self) -> tuple[nn.Linear, nn.Linear]:
        """The layer into gate and value, and the one out of the hidden width."""
        return self.w12, self.w3

    def pre_act(self, x: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch tokens twice_hidden"]:
        return self.w12(x)

    def post_act(self, pre_act: Float[Tensor, "batch tokens twice_hidden"]) -> Float[Tensor, "batch tokens hidden"]:
        gate, value = pre_act.chunk(2, dim=-1)
        return F.silu(gate) * value

    def out(self, post_act: Float[Tensor, "batch tokens hidden"]) -> Float[Tensor, "batch tokens dim"]:
        return self.w3(post_act)


class LayerScale(nn.Module):
    """A learned factor per channel on a branch, before it joins the residual stream (CaiT, Touvron et al. 2021)."""

    def __init__(self, dim: int, start: float = 1e-5) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((dim,), start))

    def forward(self, x: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch tokens dim"]:
        return x * self.gamma
