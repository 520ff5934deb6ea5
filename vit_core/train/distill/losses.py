"""What the student is asked for in each phase: the teacher's updates layer by layer, its stream, its answer."""

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vit_core.model import Editor, VisionTransformer
from vit_core.positions import interpolate_positions
from vit_core.trace import ViTTrace
from vit_core.train.distill.pictures import UNKNOWN
from vit_core.train.distill.recipe import Recipe
from vit_core.train.distill.streams import Answer, on_grid, picked, scaled_error, shared_tokens, spread

Parts = dict[str, Any]  # numbers and words: what the log keeps of a step, by name


def divergence(guess: Tensor, target: Tensor) -> Tensor:
    """Kullback-Leibler divergence from the teacher's probabilities to the student's, `[B, K]` logits each, mean over pictures, in nats."""
    return F.kl_div(guess.float().log_softmax(-1), target.float().log_softmax(-1), log_target=True, reduction="batchmean")


def agreement(guess: Tensor, target: Tensor) -> float:
    """Share of pictures whose likeliest class is the same."""
    return (guess.argmax(-1) == target.argmax(-1)).float().mean().item()


def block_loss(
    mid: Tensor, post: Tensor, stages: tuple[Tensor, Tensor | None, Tensor], forced: int, weight: float
) -> tuple[Tensor, dict[str, float]]:
    """The loss of one block, and its parts: for `forced` pictures the errors of the attention's update and of the MLP's, over the update's
    spread; for the others, `weight` times the error of the stream, over the stream's spread.

    stages: the teacher's stream before, after the attention (None where the student's layer spans no single layer of the teacher), after.
    """
    before, middle, after = stages
    rest = len(post) - forced
    (post, own), loss, parts = post.split([forced, rest]), post.new_zeros(()), {}
    if forced and middle is not None:
        attention = scaled_error(mid[:forced] if rest else mid, middle[:forced], spread(middle - before))
        loss, parts["attention"] = loss + attention, attention.item()
    if forced:
        mlp = scaled_error(post, after[:forced], spread(after - (before if middle is None else middle)))
        loss, parts["mlp"] = loss + mlp, mlp.item()
    if rest:
        drift = scaled_error(own, after[forced:], spread(after))
        loss, parts["stream"] = loss + weight * drift, drift.item()
    return loss, parts


def by_layers(
    student: VisionTransformer, images: Tensor, patch_size: int, said: Answer, forced: int, recipe: Recipe
) -> tuple[Tensor, Parts]:
    """The loss of every block on its own: `forced` pictures enter each block as the teacher's stream, the others as the student's own.

    The former learn the teacher's updates, the latter to come back to the teacher's stream. No gradient passes from block to block.
    ValueError if the widths differ.
    """
    config, depth = student.config, student.config.depth
    if said.stages[0].shape[-1] != config.embed_dim:
        raise ValueError(
            f"Learning layer by layer needs equal widths; got {config.embed_dim} for the student and {said.stages[0].shape[-1]}."
        )
    layout = config.layout(said.layout.grid)
    mine, theirs = (index.to(images.device) for index in shared_tokens(layout, said.layout))
    per_layer = (len(said.stages) - 1) / 2 / depth

    tokens = student.norm_pre(
        student.assemble(student.patch_embed(images, patch_size), interpolate_positions(student.pos_embed, config, layout.grid))
    )
    before = picked(said.at(0.0), theirs)
    loss = scaled_error(picked(tokens, mine), before, spread(before))
    parts: Parts = {"tokens": loss.item()}
    own = tokens.detach()
    for layer, block in enumerate(student.blocks):
        out = block(entered(own, before, mine, forced), Editor({}, layer), explicit=student.attention == "explicit")
        middle = picked(said.stages[2 * layer + 1], theirs) if per_layer == 1 else None
        after = picked(said.at((layer + 1) * per_layer), theirs)
        error, found = block_loss(
            picked(out.resid_mid, mine), picked(out.resid_post, mine), (before, middle, after), forced, recipe.own_stream
        )
        loss, own, before = loss + error, out.resid_post.detach(), after
        parts |= {f"{name} {layer}": value for name, value in found.items()}
    final = torch.cat(
        [entered(own, before, mine, forced)[:forced], out.resid_post[forced:]]
    )  # the last block learns what its answer is worth
    _, logits = student.read_out(final, layout)
    answer = divergence(logits, said.logits)
    parts |= {
        "divergence": answer.item(),
        "agreement": agreement(logits[forced:], said.logits[forced:]) if forced < len(images) else float("nan"),
    }
    return loss + answer, parts


def entered(own: Tensor, theirs: Tensor, mine: Tensor, forced: int) -> Tensor:
    """What enters a block: of the first `forced` pictures the teacher's stream, at the tokens `mine` of the student; else its own."""
    if len(mine) == own.shape[1]:
        return torch.cat([theirs[:forced], own[forced:]]) if forced < len(own) else theirs
    entry = own.clone()
    entry[:forced, mine] = theirs[:forced]
    return entry


def stream_error(trace: ViTTrace, said: Answer, maps: nn.ModuleList | None) -> Tensor:
    """Mean over layers of the error of the student's stream, over the spread of the teacher's; on another grid the teacher's is resampled.

    maps: for unequal widths, one learned linear map a layer from the student's width to the teacher's.
    """
    per_layer = (len(said.stages) - 1) / 2 / trace.depth
    grid = trace.layout.grid
    mine, theirs = (index.to(trace.logits.device) for index in shared_tokens(trace.layout, replace(said.layout, grid=grid)))
    total = trace.logits.new_zeros(())
    for layer, block in enumerate(trace.blocks):
        target = picked(on_grid(said.at((layer + 1) * per_layer), said.layout, grid), theirs)
        guess = picked(block.resid_post, mine)
        total = total + scaled_error(guess if maps is None else maps[layer](guess), target, spread(target))
    return total / trace.depth


def end_to_end(
    trace: ViTTrace, said: Answer, labels: Tensor, known: Tensor, recipe: Recipe, maps: nn.ModuleList | None
) -> tuple[Tensor, Parts]:
    """The loss of the whole student: divergence of the answers, cosine of the pooled vectors, streams, and the labels where they are known.

    labels: `[B]`, `UNKNOWN` where there is none. known: `[K']`, the classes that labels can name; the label's cross-entropy is over these
    alone, so that it takes nothing from the rest.
    """
    answer = divergence(trace.logits, said.logits)
    stream = stream_error(trace, said, maps)
    loss = recipe.divergence * answer + recipe.stream * trace.depth * stream
    parts: Parts = {"divergence": answer.item(), "stream": stream.item(), "agreement": agreement(trace.logits, said.logits)}
    if trace.pooled.shape == said.pooled.shape:
        apart = 1 - F.cosine_similarity(trace.pooled.float(), said.pooled, dim=-1).mean()
        loss, parts["cosine"] = loss + recipe.cosine * apart, apart.item()
    has_label = labels != UNKNOWN
    if recipe.label and len(known) and has_label.any():
        places = torch.searchsorted(known, labels[has_label])
        label = F.cross_entropy(trace.logits[has_label][:, known].float(), places, reduction="sum") / len(labels)
        loss, parts["label"] = loss + recipe.label * label, label.item()
    return loss, parts
