"""Relevance that is conserved: the score handed back from layer to layer, until all of it lies on the tokens and on the biases."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.overrides import TorchFunctionMode

from vit_core.study.gradients import Question
from vit_core.trace import ViTTrace


class FixedGates(TorchFunctionMode):
    """Within it, what scales a number stands still: a normalisation's deviation, a gate, the share that an activation lets through. Only
    gradients are changed by that, no value."""

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        value = func(*args, **(kwargs or {}))
        if func is F.layer_norm:
            return layer_norm(*args, **(kwargs or {}))
        if func is F.normalize:
            return args[0] * (value / args[0]).detach()
        if func is F.gelu:
            return args[0] * torch.where(args[0] == 0, 0.5, value / args[0]).detach()
        return value.detach() if func in (torch.sigmoid, F.silu) else value


def layer_norm(x: Tensor, shape: Any, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """`F.layer_norm` with a deviation that stands still: linear in `x`, but for the bias."""
    centred = x - x.mean(dim=-1, keepdim=True)
    return centred / ((centred**2).mean(dim=-1, keepdim=True) + eps).sqrt().detach() * weight + bias


@dataclass(frozen=True, eq=False)
class Relevance:
    """`tokens` `[T]`: each token's share of the `score`. `biases`: the rest, which the model's biases give whatever the picture is."""

    tokens: Float[Tensor, " tokens"]
    score: float

    @property
    def biases(self) -> float:
        return self.score - float(self.tokens.sum())


def relevance(trace: ViTTrace, question: Question) -> Relevance:
    """Each token's number times gradient where it enters the first block, with attention weights, normalisations' deviations and the share
    that an activation lets through standing still. The model is then a linear map with biases, so that all parts sum to the score.

    Source: Ali et al. 2022, "XAI for Transformers" (their rules for attention heads and normalisations). Our deviation: a rule for
    activations, which they leave to the gradient; of a gated MLP the gate stands still.
    """
    found: list[Tensor] = []

    def keep(tokens: Tensor) -> Tensor:
        found.append(tokens)
        return tokens

    edits = {(layer, "attn_weights"): torch.Tensor.detach for layer in range(trace.depth)}
    with torch.enable_grad(), FixedGates():
        leaf = trace.images[:1].clone().requires_grad_()
        score = question.score(trace.model(leaf, trace.patch_size, edits={**edits, (None, "tokens"): keep}).logits)
        (slope,) = torch.autograd.grad(score.sum(), found)
    return Relevance((found[0].detach() * slope)[0].double().sum(dim=-1), float(score.detach()))
