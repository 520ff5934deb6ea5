"""A second walk backwards through a small model, rule by rule as two papers write them: every contribution of every step is a number."""

import torch
from torch import Tensor


def shares(part: Tensor, whole: Tensor) -> Tensor:
    return torch.where(whole == 0, torch.zeros_like(part), part / torch.where(whole == 0, 1.0, whole))


class Rules:
    """What all have in common: products by halves, as each pair of numbers contributes. `lost` is what no input got."""

    def __init__(self) -> None:
        self.lost = 0.0

    def product(self, one: Tensor, other: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
        made = one[..., :, :, None] * other[..., None, :, :]  # [..., i, j, d]
        each = shares(made, made.sum(-2, keepdim=True).expand_as(made)) * relevance[..., :, None, :] / 2
        return each.sum(-1), each.sum(-3)


class Chefer(Rules):
    """Chefer et al. 2021 (CVPR): contributions above 0 alone; sums made to conserve; what changes single numbers is passed."""

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor | None, relevance: Tensor) -> Tensor:
        made = x[:, None, :] * weight[None]  # [t, i, j]
        made = torch.where((made > 0) | (made <= 0).all(-1, keepdim=True), made, 0.0)
        return (shares(made, made.sum(-1, keepdim=True).expand_as(made)) * relevance[:, :, None]).sum(1)

    def added(self, one: Tensor, other: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
        first, second = (shares(part, one + other) * relevance for part in (one, other))
        a, b, whole = float(first.sum()), float(second.sum()), float(relevance.sum())
        return tuple(part * abs(own) / (abs(a) + abs(b)) * whole / own for part, own in ((first, a), (second, b)))

    def softmax(self, scores: Tensor, relevance: Tensor) -> Tensor:
        return relevance

    def norm(self, x: Tensor, layer: torch.nn.LayerNorm, relevance: Tensor) -> Tensor:
        return relevance


class Achtibat(Rules):
    """Achtibat et al. 2024 (AttnLRP): contributions of the output's sign count `1 + gamma` times; biases and softmaxes keep a part."""

    def __init__(self, gamma: float) -> None:
        super().__init__()
        self.gamma = gamma

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor | None, relevance: Tensor) -> Tensor:
        made = x[:, None, :] * weight[None]
        value = made.sum(-1) + (0 if bias is None else bias)
        made = torch.where(made * value[:, :, None] > 0, (1 + self.gamma) * made, made)
        whole = made.sum(-1) + (0 if bias is None else bias)
        found = (shares(made, whole[:, :, None].expand_as(made)) * relevance[:, :, None]).sum(1)
        self.lost += float(relevance.sum() - found.sum())
        return found

    def added(self, one: Tensor, other: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
        return shares(one, one + other) * relevance, shares(other, one + other) * relevance

    def softmax(self, scores: Tensor, relevance: Tensor) -> Tensor:
        found = scores * (relevance - scores.softmax(-1) * relevance.sum(-1, keepdim=True))
        self.lost += float(relevance.sum() - found.sum())
        return found

    def norm(self, x: Tensor, layer: torch.nn.LayerNorm, relevance: Tensor) -> Tensor:
        about = torch.eye(x.shape[1], dtype=x.dtype) - 1 / x.shape[1]
        made = about[None] * x[:, None, :] * (layer.weight / (x.var(-1, unbiased=False) + layer.eps).sqrt()[:, None])[:, :, None]
        whole = made.sum(-1) + layer.bias
        found = (shares(made, whole[:, :, None].expand_as(made)) * relevance[:, :, None]).sum(1)
        self.lost += float(relevance.sum() - found.sum())
        return found


@torch.no_grad()
def walked(trace, rules, weight: Tensor, bias: Tensor | None, start: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Relevance `[T, D]` of the tokens and `[heads, T, T]` of every layer's attention weights, from `start` `[1, outputs]` on, the outputs
    of the head being `weight` and `bias` times what it reads at [CLS]."""
    model = trace.model
    stream = trace.resid(trace.depth)[0]
    found = torch.zeros_like(stream)
    found[0] = rules.linear(model.norm(stream)[:1], weight, bias, start)[0]
    found[:1] = rules.norm(stream[:1], model.norm, found[:1])
    attention = []
    for block in reversed(trace.blocks):
        own, mlp, attn = block.block, block.block.mlp, block.block.attn
        stays, update = rules.added(block.resid_mid[0], block.mlp_update[0], found)
        enter, leave = mlp.linears
        hidden = rules.linear(block.mlp_post_act[0], leave.weight, leave.bias, update)
        if enter.out_features > leave.in_features:
            hidden = torch.cat([hidden / 2, hidden / 2], 1)
        normed = rules.linear(block.norm2_out[0], enter.weight, enter.bias, hidden)
        found = stays + rules.norm(block.resid_mid[0], own.norm2, normed)
        stays, update = rules.added(block.resid_pre[0], block.attn_update[0], found)
        out, count = block.head_out[0], attn.num_heads
        merged = rules.linear(torch.cat(list(out), 1), attn.proj.weight, attn.proj.bias, update)
        heads = torch.stack(merged.chunk(count, 1))
        q, k, v, weights = block.q[0], block.k[0], block.v[0], block.attn_weights[0]
        of_weights, of_v = rules.product(weights, v, heads)
        attention.insert(0, of_weights)
        scale = q.shape[-1] ** -0.5
        of_scores = rules.softmax(scale * q @ k.mT, of_weights)
        of_q, of_k = rules.product(q * scale, k.mT, of_scores)
        joined = torch.cat([torch.cat(list(part), 1) for part in (of_q, of_k.mT, of_v)], 1)
        found = stays + rules.norm(block.resid_pre[0], own.norm1, rules.linear(block.norm1_out[0], attn.qkv.weight, attn.qkv.bias, joined))
    return found, attention
