"""Where does the answer come from? Explanations by gradients: each gives one number for every patch, of one exact definition.

What is explained is a class's logit, or the difference of two ("why this and not that"). Every method runs the model forwards and
backwards. All are of the first picture of a trace, in the trace's own patches, raster order.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from vit_core.model import VisionTransformer
from vit_core.patches import patchify
from vit_core.readout import readout
from vit_core.trace import ViTTrace

STEPS, DRAWS, NOISE = 32, 16, 0.15


@dataclass(frozen=True)
class Question:
    """What is explained: the logit of class `label`, less that of `against` if there is one."""

    label: int
    against: int | None = None

    def score(self, logits: Float[Tensor, "batch classes"]) -> Float[Tensor, " batch"]:
        """The number of each picture."""
        return logits[:, self.label] - (logits[:, self.against] if self.against is not None else 0)


def asked(trace: ViTTrace, label: int | None = None, against: int | None = None) -> Question:
    """The question about a trace's first picture: its likeliest class if `label` is None. ValueError for a model without classes, and for
    a class that it does not have."""
    count = trace.config.num_classes
    if count == 0:
        raise ValueError("The model has no classes, so there is no answer to explain.")
    label = int(trace.logits[0].argmax()) if label is None else label
    for one in (label, against):
        if one is not None and not 0 <= one < count:
            raise ValueError(f"The model has classes 0 to {count - 1}; got {one}.")
    return Question(label, against)


def with_gradient(
    model: VisionTransformer, images: Float[Tensor, "batch chans height width"], patch_size: int, question: Question
) -> tuple[Float[Tensor, " batch"], Float[Tensor, "batch chans height width"]]:
    """The score of each picture, and its gradient with respect to the picture."""
    with torch.enable_grad():
        leaf = images.detach().clone().requires_grad_()
        score = question.score(model(leaf, patch_size).logits)
        (gradient,) = torch.autograd.grad(score.sum(), leaf)
    return score.detach(), gradient


def on_patches(pixels: Float[Tensor, "batch chans height width"], patch_size: int) -> Float[Tensor, "batch patches"]:
    """The sum of a picture's numbers over each patch."""
    return patchify(pixels, patch_size).double().sum(dim=-1)


def gradient(trace: ViTTrace, question: Question) -> Float[Tensor, " patches"]:
    """How strongly the score reacts to each patch: the length of its gradient. Source: Simonyan et al. 2014, section 3.

    Our deviation: the length over a patch's numbers, where they take the largest channel of each pixel.
    """
    _, slope = with_gradient(trace.model, trace.images[:1].clone(), trace.patch_size, question)
    return on_patches(slope**2, trace.patch_size)[0].sqrt()


def gradient_times_input(trace: ViTTrace, question: Question) -> Float[Tensor, " patches"]:
    """The score's reaction to each number times the number, summed over a patch; a number is 0 where a pixel has the mean colour that
    the model subtracts. Source: Shrikumar et al. 2016."""
    images = trace.images[:1].clone()
    _, slope = with_gradient(trace.model, images, trace.patch_size, question)
    return on_patches(slope * images, trace.patch_size)[0]


@dataclass(frozen=True, eq=False)
class Integrated:
    """Integrated gradients: `patches` `[N]`, the score of the picture and of the baseline. `gap` is what the sum over the patches misses
    of their difference: 0 with infinitely many steps."""

    patches: Float[Tensor, " patches"]
    score: float
    baseline: float

    @property
    def gap(self) -> float:
        return float(self.patches.sum()) - (self.score - self.baseline)


def integrated_gradients(trace: ViTTrace, question: Question, steps: int = STEPS, batch: int = 4) -> Integrated:
    """The gradient averaged along the straight line from a baseline to the picture, times their difference. The baseline is the picture's
    mean colour; the average is a Gauss-Legendre sum of `steps` points. Source: Sundararajan et al. 2017, section 3."""
    images = trace.images[:1].clone()
    baseline = images.mean(dim=(2, 3), keepdim=True).expand_as(images)
    places, shares = gauss_legendre(steps)
    total = torch.zeros_like(images, dtype=torch.float64)
    for at in range(0, steps, batch):
        some = places[at : at + batch].to(images.dtype)[:, None, None, None]
        _, slope = with_gradient(trace.model, baseline + some * (images - baseline), trace.patch_size, question)
        total += (shares[at : at + batch, None, None, None] * slope.double()).sum(dim=0)
    ends, _ = with_gradient(trace.model, torch.cat([images, baseline]), trace.patch_size, question)
    return Integrated(on_patches(total * (images - baseline), trace.patch_size)[0], float(ends[0]), float(ends[1]))


def gauss_legendre(points: int) -> tuple[Float[Tensor, " points"], Float[Tensor, " points"]]:
    """Places in (0, 1) and shares that sum to 1: exact for polynomials up to degree `2 * points - 1`. Source: Golub & Welsch 1969."""
    i = torch.arange(1, points, dtype=torch.float64)
    beside = i / (4 * i**2 - 1).sqrt()
    values, vectors = torch.linalg.eigh(torch.diag(beside, 1) + torch.diag(beside, -1))
    return (values + 1) / 2, vectors[0] ** 2


def smooth_gradient(
    trace: ViTTrace, question: Question, draws: int = DRAWS, noise: float = NOISE, seed: int = 0, batch: int = 4
) -> Float[Tensor, " patches"]:
    """The length of the gradient, averaged over `draws` of the picture with normal noise of `noise` times its range added. Source:
    Smilkov et al. 2017 (SmoothGrad)."""
    images = trace.images[:1].clone()
    generator = torch.Generator().manual_seed(seed)
    total, spread = torch.zeros_like(images), noise * (images.max() - images.min())
    for at in range(0, draws, batch):
        count = min(batch, draws - at)
        added = torch.randn((count, *images.shape[1:]), generator=generator).to(images)
        total += with_gradient(trace.model, images + spread * added, trace.patch_size, question)[1].sum(dim=0)
    return on_patches((total / draws) ** 2, trace.patch_size)[0].sqrt()


def kept(trace: ViTTrace, question: Question, sites: list[tuple[int, str]]) -> tuple[list[Tensor], list[Tensor]]:
    """Tensors inside the model, at these sites of a layer, and the score's gradients with respect to them; of the first picture."""
    found: dict[tuple[int, str], Tensor] = {}

    def keeper(place: tuple[int, str]) -> Callable[[Tensor], Tensor]:
        def keep(value: Tensor) -> Tensor:
            found[place] = value
            return value

        return keep

    with torch.enable_grad():
        leaf = trace.images[:1].clone().requires_grad_()
        run = trace.model(leaf, trace.patch_size, edits={place: keeper(place) for place in sites})
        values = [found[place] for place in sites]
        slopes = torch.autograd.grad(question.score(run.logits).sum(), values)
    return [value.detach() for value in values], list(slopes)


def token_cam(trace: ViTTrace, question: Question, layer: int) -> Float[Tensor, " patches"]:
    """Grad-CAM on tokens: the stream after a block, its numbers weighted by their gradients averaged over the patches; what is negative
    counts as 0. Source: Selvaraju et al. 2017, equations 1 and 2, with patches for places and numbers for channels.

    ValueError for the last layer of a model that reads [CLS] alone: no patch has a gradient there.
    """
    if layer == trace.depth - 1 and trace.layout.patches.start not in readout(trace.config).rows(trace.layout):
        raise ValueError(f"After block {layer + 1}, the last one, only what is read has a gradient: choose a layer before it.")
    (value,), (slope,) = kept(trace, question, [(layer, "resid_post")])
    patches = trace.layout.patches
    weights = slope[0, patches].double().mean(dim=0)
    return (value[0, patches].double() @ weights).clamp(min=0)


def weighted_rollout(trace: ViTTrace, question: Question) -> Float[Tensor, "tokens tokens"]:
    """Attention weighted by its gradient, layer upon layer: `R <- R + mean over heads of (gradient * weights where positive) R`, from the
    identity; row t is what token t took from all. Source: Chefer et al. 2021 (ICCV), equations 5 and 6."""
    weights, slopes = kept(trace, question, [(layer, "attn_weights") for layer in range(trace.depth)])
    relevance = torch.eye(weights[0].shape[-1], dtype=torch.float64)
    for weight, slope in zip(weights, slopes, strict=True):
        relevance = relevance + (weight[0].double() * slope[0].double()).clamp(min=0).mean(dim=0) @ relevance
    return relevance


def what_reads(trace: ViTTrace, relevance: Float[Tensor, "tokens tokens"]) -> Float[Tensor, " patches"]:
    """The patches' part of the rows that the answer is read from, averaged."""
    return relevance[list(readout(trace.config).rows(trace.layout))].mean(dim=0)[trace.layout.patches]


def randomised(model: VisionTransformer, layers: int, seed: int = 0) -> Iterator[tuple[str, VisionTransformer]]:
    """The same model with ever more weights drawn anew: the classifier's, then also the last block's, the one before, and so on, `layers`
    blocks in all. Each comes with the name of what was drawn last; it is a copy. An explanation that hardly changes does not explain this
    model. Source: Adebayo et al. 2018, section 3 (cascading randomisation).

    A matrix is drawn from a normal distribution with the mean and the spread that it had, so that sizes stay; vectors stay as they are.
    """
    other, generator = deepcopy(model).eval(), torch.Generator().manual_seed(seed)
    yield "classifier", redrawn(other, "head", generator)
    for layer in range(model.config.depth - 1, model.config.depth - 1 - layers, -1):
        yield f"block {layer + 1}", redrawn(other, f"blocks.{layer}", generator)


@torch.no_grad()
def redrawn(model: VisionTransformer, part: str, generator: torch.Generator) -> VisionTransformer:
    """The model, the matrices of one of its parts drawn anew in place."""
    for parameter in model.get_submodule(part).parameters():
        if parameter.ndim > 1:
            mean, spread = parameter.mean(), parameter.std()
            parameter.copy_(mean + spread * torch.randn(parameter.shape, generator=generator).to(parameter))
    return model
