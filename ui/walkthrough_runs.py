"""What the questions of the walkthrough find out by running the model: each returns the number of the right choice, and what was seen."""

import torch
from torch import Tensor

from ui.state import Selection
from vit_core.trace import ViTTrace

NEAR = 0.01


def first(trace: ViTTrace) -> tuple[int, str, float]:
    """The likeliest class: number, name, probability."""
    best = int(trace.probs[0].argmax())
    label, probability = trace.top_k(1)[0]
    return best, label, probability


def moved(trace: ViTTrace, other: ViTTrace, what: str) -> tuple[int, str]:
    """0, 1 or 2 as the probability of the first class rises, stays near or falls in `other`, and both numbers in a sentence."""
    best, label, before = first(trace)
    after = float(other.probs[0, best])
    change = 1 if abs(after - before) <= NEAR else 0 if after > before else 2
    return change, f"{what}, {label} has {after:.4g} instead of {before:.4g}; the model says {other.top_k(1)[0][0]}."


def zero(value: Tensor) -> Tensor:
    return torch.zeros_like(value)


def reached(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    """How many patches put something into the first patch's row: a weight above zero times a value that is not zero."""
    at, block = trace.layout.num_prefix_tokens, trace.block(0)
    n = trace.layout.num_patches
    weights = block.attn_weights[0, :, at, trace.layout.patches]  # [heads, N]
    moves = (weights[:, :, None] * block.v[0, :, trace.layout.patches]).norm(dim=-1).sum(dim=0)  # [N]
    count = int((moves > 0).sum())
    return 2, f"In layer 1 of this model {count} of {n} patches have a weight above zero for it, the smallest {float(weights.mean(0).min()):.4g}."


def half_patch(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    p, n = trace.patch_size, trace.layout.num_patches
    if p < 8:
        return 1, f"{p} px give {n} patches; {p // 2} px would give {4 * n}: each side is cut into twice as many pieces."
    other = trace.model(trace.images, patch_size=p // 2)
    label, probability = other.top_k(1)[0]
    return 1, f"{p} px give {n} patches, {p // 2} px give {other.layout.num_patches}. Run with those, the same weights say {label}, {probability:.4g}."


def darker(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    prep = trace.config.preprocessing
    std, mean = (torch.tensor(values).view(1, 3, 1, 1) for values in (prep.std, prep.mean))
    other = trace.model(((trace.images * std + mean) * 0.95 - mean) / std, patch_size=trace.patch_size)
    change = (other.patch_embeddings - trace.patch_embeddings)[0].norm(dim=-1).mean() / trace.patch_embeddings[0].norm(dim=-1).mean()
    best, label, before = first(trace)
    found = (
        f"At 95% brightness the embeddings move by {100 * float(change):.3g}% of their length, "
        f"and {label} goes from {before:.4g} to {float(other.probs[0, best]):.4g}."
    )
    return 1, found


def other_reader(trace: ViTTrace, selection: Selection) -> tuple[int, str]:
    layout, model = trace.layout, trace.model
    token = selection.token if selection.token >= layout.num_prefix_tokens else layout.token_at(layout.grid[0] // 2, layout.grid[1] // 2)
    probs = (model.head(trace.norm_out[0]) / trace.config.temperature).softmax(-1)  # [T, classes]
    best, label, before = first(trace)
    said = int(probs[token].argmax())
    same = int((probs[layout.patches].argmax(-1) == best).sum())
    found = f"The head reads {trace.config.labels[said]}, {float(probs[token, said]):.4g}, off {layout.name(token)}; off [CLS] {label}, {before:.4g}."
    return int(said != best), f"{found} Of {layout.num_patches} patches, {same} give the class of [CLS], though no one trained them for it."


def no_positions(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    return moved(trace, trace.model(trace.images, patch_size=trace.patch_size, edits={(None, "pos_embedding"): zero}), "Without positions")


def no_attention(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    edits = {(layer, "attn_update"): zero for layer in range(trace.depth)}
    runs = [trace.model(images, patch_size=trace.patch_size, edits=edits) for images in (trace.images, trace.images.flip(-1))]
    change = float((runs[0].logits - runs[1].logits).abs().max())
    label, probability = runs[0].top_k(1)[0]
    found = (
        f"Without attention the model says {label}, {probability:.4g}, and for the mirrored picture just the same "
        f"(largest difference of the logits {change:.3g}): [CLS] sees nothing."
    )
    return 1, found


def no_mlp(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    edits = {(layer, "mlp_update"): zero for layer in range(trace.depth)}
    return moved(trace, trace.model(trace.images, patch_size=trace.patch_size, edits=edits), "Without the MLPs")


def block_order(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    """The blocks run by hand on the same tokens, first and last swapped."""
    from vit_core.model import Editor

    blocks = list(trace.model.blocks)
    blocks[0], blocks[-1] = blocks[-1], blocks[0]
    x = trace.tokens
    for block in blocks:
        x = block(x, Editor({}, None)).resid_post
    _, logits = trace.model.read_out(x, trace.layout)
    probs = (logits[0] / trace.config.temperature).softmax(-1)
    best, label, before = first(trace)
    said = int(probs.argmax())
    found = (
        f"With the two swapped the model says {trace.config.labels[said]}, {float(probs[said]):.4g}; "
        f"{label} has {float(probs[best]):.4g} instead of {before:.4g}."
    )
    return int(said != best), found


def similar_patch(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    layout = trace.layout
    best, label, _probability = first(trace)
    logits = trace.model.head(trace.norm_out[0, layout.patches])[:, best]
    looks = trace.attn_weights(trace.depth - 1, 0 if layout.cls is None else layout.cls)[0, :, 0, layout.patches].mean(0)
    top, read = int(logits.argmax()), int(looks.argmax())
    names = [layout.name(layout.num_prefix_tokens + i) for i in (top, read)]
    found = f"The head gives {label} the largest logit at {names[0]} ({float(logits[top]):.4g}); [CLS] read most from {names[1]} ({float(looks[read]):.4g})."
    return int(top != read), found
