"""Relevance that is conserved: the score handed back from layer to layer, until all of it lies on the tokens and on the biases."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.overrides import TorchFunctionMode

from vit_core.study.explanations.gradients import Question
from vit_core.trace import ViTTrace


class FixedGates(TorchFunctionMode):
    """Within it, what scales a number stands still: a normalisation's deviation, a gate, the share that an activation lets through. Only
    gradients are changed by that, no value. `attention` is what becomes of attention weights."""

    attention: Callable[[Tensor], Tensor] = staticmethod(torch.Tensor.detach)

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        value = func(*args, **(kwargs or {}))
        if func is F.layer_norm:
            return layer_norm(*args, **(kwargs or {}))
        if func is F.normalize:
            return args[0] * (value / args[0]).detach()
        if func is F.gelu:
            return args[0] * torch.where(args[0] == 0, 0.5, value / args[0]).detach()
        return value.detach() if func in (torch.sigmoid, F.silu) else value


class AttentionRules(FixedGates):
    """Fixed gates, but for attention: a product of two numbers that both come from the picture is shared by halves, so that queries and
    keys have a part through the softmax; and in linear layers what speaks for an output counts more."""

    attention = staticmethod(lambda weights: weights)

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if func is F.linear:
            return favouring(*args, **(kwargs or {}))
        if func is F.silu:
            return args[0] * torch.sigmoid(args[0]).detach()
        value = super().__torch_function__(func, types, args, kwargs)
        if func in PRODUCTS and all(isinstance(one, Tensor) and one.requires_grad for one in args[:2]):
            return (value + value.detach()) / 2
        return value


PRODUCTS = (Tensor.__matmul__, Tensor.matmul, torch.matmul, Tensor.__mul__, Tensor.mul, torch.mul)
GAMMA = 0.05


def favouring(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`F.linear`, whose outputs are shared among contributions with those of the output's own sign counted `1 + GAMMA` times."""
    value = F.linear(x, weight, bias)
    up, down, raising, lowering = x.clamp(min=0), x.clamp(max=0), weight.clamp(min=0), weight.clamp(max=0)
    speaks_for = torch.where(value > 0, F.linear(up, raising) + F.linear(down, lowering), F.linear(up, lowering) + F.linear(down, raising))
    counted = value + GAMMA * speaks_for
    return counted * torch.where(counted == 0, 0, value / counted).detach()


def layer_norm(x: Tensor, shape: Any, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """`F.layer_norm` with a deviation that stands still: linear in `x`, but for the bias."""
    centred = x - x.mean(dim=-1, keepdim=True)
    return centred / ((centred**2).mean(dim=-1, keepdim=True) + eps).sqrt().detach() * weight + bias


@dataclass(frozen=True, eq=False)
class Relevance:
    """`tokens` `[T]`: each token's share of the `score`. `biases`: the rest, which the model's biases give whatever the picture is (by
    `AttentionRules` what the softmaxes keep, too)."""

    tokens: Float[Tensor, " tokens"]
    score: float

    @property
    def biases(self) -> float:
        return self.score - float(self.tokens.sum())


def relevance(trace: ViTTrace, question: Question, rules: type[FixedGates] = FixedGates) -> Relevance:
    """Each token's number times gradient where it enters the first block, with attention weights, normalisations' deviations and the share
    that an activation lets through standing still. The model is then a linear map with biases, so that all parts sum to the score.

    Source: Ali et al. 2022, "XAI for Transformers" (their rules for attention heads and normalisations). Our deviation: a rule for
    activations, which they leave to the gradient; of a gated MLP the gate stands still.

    With `AttentionRules`: Achtibat et al. 2024, "AttnLRP", section 3, by whose rules a number times its changed gradient is its relevance.
    How much more a linear layer counts what speaks for its output they leave to a search; ours is `GAMMA`, and biases stay as they are.
    """
    found: list[Tensor] = []

    def keep(tokens: Tensor) -> Tensor:
        found.append(tokens)
        return tokens

    edits = {(layer, "attn_weights"): rules.attention for layer in range(trace.depth)}
    with torch.enable_grad(), rules():
        leaf = trace.images[:1].clone().requires_grad_()
        score = question.score(trace.model(leaf, trace.patch_size, edits={**edits, (None, "tokens"): keep}).logits)
        (slope,) = torch.autograd.grad(score.sum(), found)
    return Relevance((found[0].detach() * slope)[0].double().sum(dim=-1), float(score.detach()))
