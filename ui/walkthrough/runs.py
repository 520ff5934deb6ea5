"""What the questions of the walkthrough find out by running the model: each returns the number of the right choice, and what was seen."""

import torch
from torch import Tensor

from ui.state.selection import Selection
from vit_core.analysis import reader_attention
from vit_core.readout import Likely, class_names, features, head_on, likeliest, readout
from vit_core.trace import ViTTrace

NEAR, SAME, LIKE = 0.01, 0.99, 0.9


def first(trace: ViTTrace) -> tuple[int, str, float]:
    """The likeliest class: number, name, probability."""
    label, probability, _ = said(trace)
    return int(trace.probs[0].argmax()), label, probability


def said(trace: ViTTrace) -> Likely:
    """The likeliest class of the first picture."""
    return likeliest(trace.config, trace.logits[0], 1)[0]


def moved(trace: ViTTrace, other: ViTTrace, what: str) -> tuple[int, str]:
    """0, 1 or 2 as the probability of the first class rises, stays near or falls in `other`, and both numbers in a sentence.

    Where the model has no classes: as the features stay the same, alike, or turn away.
    """
    if not trace.config.num_classes:
        return turned(trace.logits[0], other.logits[0], f"{what}, the features have cosine {{}} with what they were.")
    best, label, before = first(trace)
    after = float(other.probs[0, best])
    change = 1 if abs(after - before) <= NEAR else 0 if after > before else 2
    return change, f"{what}, {label} has {after:.4g} instead of {before:.4g}; the model says {said(other).name}."


def turned(before: Tensor, after: Tensor, what: str) -> tuple[int, str]:
    """0, 1 or 2 as two rows point the same way (cosine above 0.99), alike (above 0.9), or not, and the cosine put into `what`."""
    cosine = float(torch.cosine_similarity(before.double(), after.double(), dim=0))
    return 0 if cosine > SAME else 1 if cosine > LIKE else 2, what.format(f"{cosine:.4g}")


def says(trace: ViTTrace, other: ViTTrace) -> str:
    """What `other` says; of a model without classes, how far its features turned."""
    if trace.config.num_classes:
        label, probability, _ = said(other)
        return f"the same weights say {label}, {probability:.4g}"
    return f"the features have cosine {float(torch.cosine_similarity(trace.logits[0], other.logits[0], dim=0)):.4g} with those before"


def zero(value: Tensor) -> Tensor:
    return torch.zeros_like(value)


def reached(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    """How many patches put something into the first patch's row: a weight above zero times a value that is not zero."""
    at, block = trace.layout.num_prefix_tokens, trace.block(0)
    n = trace.layout.num_patches
    weights = block.attn_weights[0, :, at, trace.layout.patches]  # [heads, N]
    moves = (weights[:, :, None] * block.v[0, :, trace.layout.patches]).norm(dim=-1).sum(dim=0)  # [N]
    count = int((moves > 0).sum())
    return (
        2,
        f"In layer 1 of this model {count} of {n} patches have a weight above zero for it, the smallest "
        f"{float(weights.mean(0).min()):.4g}.",
    )


def half_patch(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    p, n = trace.patch_size, trace.layout.num_patches
    if p < 8 or max(trace.layout.grid) * 2 > trace.config.grid_range[1]:
        return 1, f"{p} px give {n} patches; {p // 2} px would give {4 * n}: each side is cut into twice as many pieces."
    other = trace.model(trace.images, patch_size=p // 2)
    return 1, f"{p} px give {n} patches, {p // 2} px give {other.layout.num_patches}. Run with those, {says(trace, other)}."


def darker(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    prep = trace.config.preprocessing
    std, mean = (torch.tensor(values).view(1, -1, 1, 1) for values in (prep.std, prep.mean))
    other = trace.model(((trace.images * std + mean) * 0.95 - mean) / std, patch_size=trace.patch_size)
    change = (other.patch_embeddings - trace.patch_embeddings)[0].norm(dim=-1).mean() / trace.patch_embeddings[0].norm(dim=-1).mean()
    return 1, f"At 95% brightness the embeddings move by {100 * float(change):.3g}% of their length, and {says(trace, other)}."


def other_reader(trace: ViTTrace, selection: Selection) -> tuple[int, str]:
    """The classifier on the row of one patch, and on those of all."""
    layout, config = trace.layout, trace.config
    token = selection.token if selection.token >= layout.num_prefix_tokens else layout.token_at(layout.grid[0] // 2, layout.grid[1] // 2)
    if not config.num_classes:
        said = f"The normalised row of {layout.name(token)} and the features have cosine {{}}."
        return turned(features(trace)[: config.embed_dim], trace.norm_out[0, token], said)
    probs = (head_on(trace, trace.norm_out[0]) / config.temperature).softmax(-1)  # [T, classes]
    best, label, before = first(trace)
    here, names = int(probs[token].argmax()), class_names(config)
    same = int((probs[layout.patches].argmax(-1) == best).sum())
    there = f"{names[here]}, {float(probs[token, here]):.4g}, off {layout.name(token)}"
    found = f"The classifier reads {there}; off {readout(config).lead.name} {label}, {before:.4g}."
    return int(here != best), f"{found} Of {layout.num_patches} patches, {same} give that class on their own."


def no_positions(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    return moved(trace, trace.model(trace.images, patch_size=trace.patch_size, edits={(None, "pos_embedding"): zero}), "Without positions")


def no_attention(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    edits = {(layer, "attn_update"): zero for layer in range(trace.depth)}
    runs = [trace.model(images, patch_size=trace.patch_size, edits=edits) for images in (trace.images, trace.images.flip(-1))]
    change = float((runs[0].logits - runs[1].logits).abs().max())
    lead = readout(trace.config).lead
    if lead.several:
        return (
            1,
            f"Without attention {says(trace, runs[0])}: the mean of patches that know only themselves. Mirrored, the largest change is "
            f"{change:.3g}.",
        )
    same = f"and for the mirrored picture just the same (largest difference {change:.3g}): {lead.who} sees nothing"
    return 1, f"Without attention {says(trace, runs[0])}, {same}."


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
    logits = trace.model.read_out(x, trace.layout)[1]
    if not trace.config.num_classes:
        return turned(trace.logits[0], logits[0], "With the two swapped the features have cosine {} with what they were.")
    probs = (logits[0] / trace.config.temperature).softmax(-1)
    best, label, before = first(trace)
    now_best = int(probs.argmax())
    now = f"the model says {class_names(trace.config)[now_best]}, {float(probs[now_best]):.4g}"
    found = f"With the two swapped {now}; {label} has {float(probs[best]):.4g} instead of {before:.4g}."
    return int(now_best != best), found


def similar_patch(trace: ViTTrace, _: Selection) -> tuple[int, str]:
    """The patch whose row gives the winning class most, or is most like the features, and the patch that the reader read most."""
    layout, config = trace.layout, trace.config
    rows = trace.norm_out[0, layout.patches]
    looks = reader_attention(trace, trace.depth - 1)[0].mean(dim=0)[layout.patches]
    if config.num_classes:
        best, label = first(trace)[:2]
        values, what = head_on(trace, rows)[:, best], f"The classifier gives {label} the largest logit at"
    else:
        values, what = (
            torch.cosine_similarity(rows, features(trace)[: config.embed_dim], dim=-1),
            "The row most like the features, by cosine, is",
        )
    top, most = int(values.argmax()), int(looks.argmax())
    names = [layout.name(layout.num_prefix_tokens + i) for i in (top, most)]
    who = readout(config).lead.who
    return int(top != most), f"{what} {names[0]} ({float(values[top]):.4g}); {who} read most from {names[1]} ({float(looks[most]):.4g})."
