"""What the overview explains under its picture: formulas, checks and exports for the selected picture."""

from collections.abc import Callable

import numpy as np
from torch import nn

from ui.kit.explain import Check, Export
from ui.kit.export import answer_lines, csv_text, npz_bytes, script_start
from ui.kit.latex import four, latex_words
from ui.overview import told
from ui.state.selection import Selection
from vit_core.config import ViTConfig
from vit_core.layers import PatchEmbed
from vit_core.model import Block, VisionTransformer
from vit_core.patches import flatten_kernel, patchify
from vit_core.readout import CLASS_TOKEN, DISTILLATION_TOKEN, PATCHES, Answer, prefix_words, readout, whole_names
from vit_core.study.assembly import content_of, place_of
from vit_core.trace import ViTTrace

CODE: list[Callable] = [patchify, PatchEmbed.forward, VisionTransformer.assemble, Block.forward, VisionTransformer.read_out]


def formulas(trace: ViTTrace, token: int) -> list[tuple[str, str]]:
    """Each stage of the flow and what the story draws of the token that it follows, with the numbers of this picture and setting."""
    (height, width), p, layout, config = trace.image_size, trace.patch_size, trace.layout, trace.config
    n, t, d, values = layout.num_patches, layout.num_tokens, config.embed_dim, p * p * config.in_chans
    joined = rf"[x_{{1..{t - n}}};\,E]" if t > n else "E"
    return [
        (
            "**Patches.** The picture is cut into squares that do not overlap.",
            rf"N = \frac{{H}}{{P}}\cdot\frac{{W}}{{P}} = \frac{{{height}}}{{{p}}}\cdot\frac{{{width}}}{{{p}}} = {n}",
        ),
        (
            f"**Embedding.** The {p * p} pixels of a patch are {values} values; one matrix, the same for all patches, turns them "
            f"into {d} numbers.",
            rf"E = xW + b,\qquad [{n}\times{values}]\cdot[{values}\times{d}] + [{d}] \to [{n}\times{d}]",
        ),
        (
            f"**{prefix_words(layout) or 'No tokens'} in front, and positions.** {added(trace)}",
            rf"z_0 = {joined} + E_\text{{pos}}"
            rf" \in \mathbb{{R}}^{{({n}+{t - n})\times{d}}} = \mathbb{{R}}^{{{t}\times{d}}}",
        ),
        (
            f"**Blocks.** {config.depth} times, tokens exchange information (attention, {config.num_heads} heads), then each "
            "works on its own (MLP).",
            rf"z \leftarrow z + \text{{Attention}}(\text{{LN}}(z)),\qquad z \leftarrow z + \text{{MLP}}(\text{{LN}}(z)),\qquad "
            rf"{d}\to{config.mlp_hidden}\to{d}",
        ),
        head(trace),
        *told.formulas(trace, token),
    ]


LATEX = {CLASS_TOKEN: r"\text{LN}(z^0)", DISTILLATION_TOKEN: r"\text{LN}(z^1)", PATCHES: r"\tfrac{1}{N}\textstyle\sum_n \text{LN}(z^n)"}
"""Each vector that a classifier can read, normalised before it is pooled."""


def what_is_read(config: ViTConfig) -> tuple[str, str]:
    """What the classifier reads, or where there is none the answer itself: in words and in LaTeX."""
    read = readout(config)
    parts = [LATEX[reader] for reader in read.readers]
    if read.reads_mean and config.norm_position == "after_pool":
        parts = [r"\text{LN}\!\left(\tfrac{1}{N}\textstyle\sum_n z^n\right)"]
    if read.heads == "two":
        return f"the normalised rows of {read.name}", rf"\tfrac{{1}}{{2}}\left({(', ' if config.num_classes else ' + ').join(parts)}\right)"
    if read.heads == "wide":
        return f"the normalised row of {read.name}", r"\left[" + r";\,".join(parts) + r"\right]"
    return f"{read.name}, normalised" if read.reads_mean else f"the normalised {read.name} row", parts[0]


def added(trace: ViTTrace) -> str:
    """What joins the patches, and what is added to whom."""
    config, layout = trace.config, trace.layout
    learned = layout.num_prefix_tokens
    front = f"{learned} learned row{'s go' if learned > 1 else ' goes'} in front. " if learned else "The patches alone are the sequence. "
    without = learned - config.num_pos_prefix
    who = "Every row" if not without else "Every patch" if without == learned else "Every row but the registers’"
    return f"{front}{who} gets the learned vector of its place added{'; then all are normalised' if config.pre_norm else ''}."


def head(trace: ViTTrace) -> tuple[str, str]:
    """How the answer is read: a class and its probability, or features."""
    config = trace.config
    words, latex = what_is_read(config)
    top = Answer.of(trace, 1).top
    if not top:
        return (
            f"**No classifier.** This model has no classifier: its answer is {words}, its features.",
            rf"\text{{features}} = {latex} \in \mathbb{{R}}^{{{trace.logits.shape[-1]}}},\qquad |\text{{features}}| = "
            rf"{four(float(trace.logits[0].norm()))}",
        )
    label, probability, _ = top[0]
    two = readout(config).heads == "two"
    layers, gives = ("Two linear layers read", "They give") if two else ("One linear layer reads", "It gives")
    calibrated = (
        f"here divided by the calibrated temperature {config.temperature:.4g}"
        if config.temperature != 1
        else "as they are, none was calibrated"
    )
    return (
        f"**Classifier.** {layers} the answer off {words}. {gives} logits; softmax makes them probabilities, {calibrated}.",
        rf"p = \text{{softmax}}\!\left(\frac{{{latex}\,W_\text{{class}} + b}}{{{config.temperature:.4g}}}\right),\qquad "
        rf"p_\text{{{latex_words(label)}}} = {four(probability)}",
    )


def checks(trace: ViTTrace, token: int) -> list[Check]:
    """The likeliest class's probability from the logits (without a classifier the features' length), and numbers of the chosen token
    from what makes it.
    """
    found, top = [], Answer.of(trace, 1).top
    if top:
        logits = trace.logits[0].double() / trace.config.temperature
        best, exps = int(logits.argmax()), logits.exp()
        operands = f"exp({logits[best]:.5g}) = {exps[best]:.5g}, Σ exp over {len(exps)} classes = {exps.sum():.5g}"
        found.append(Check(f"probability of {top[0][0]}", top[0][1], float(exps[best] / exps.sum()), operands))
    else:
        features = trace.logits[0]
        squares = float(features.double().square().sum())
        found.append(
            Check("length of the features", float(features.norm()), squares**0.5, f"√{squares:.6g}, the sum of {len(features)} squares")
        )
    patch = max(0, token - trace.layout.num_prefix_tokens)
    kernel = flatten_kernel(trace.model.patch_embed.kernel(trace.patch_size))[0].double()
    x, bias = trace.patches[0, patch].double(), trace.model.patch_embed.proj.bias
    products, offset = x * kernel, float(bias[0]) if bias is not None else 0.0
    found.append(
        Check(
            f"embedding of patch {patch + 1}, first number",
            float(trace.patch_embeddings[0, patch, 0]),
            float(products.sum()) + offset,
            f"{len(x)} products x·w, sum {float(products.sum()):.5g}, + b = {offset:.5g}",
        )
    )
    found.append(first_number(trace, token))
    return found + told.checks(trace, token)


def first_number(trace: ViTTrace, token: int) -> Check:
    """The first number of a token as the first block reads it: its own row, plus its place's, normalised where the model does that
    first.
    """
    content, place = content_of(trace, token), place_of(trace, token)
    total, operands = content.double(), "its learned row, no position"
    if place is not None:
        where = trace.pos_embedding[0, place]
        total, operands = total + where.double(), f"{float(content[0]):.5g} + position {float(where[0]):.5g}"
    norm = trace.model.norm_pre
    if isinstance(norm, nn.LayerNorm):
        spread = (total.var(unbiased=False) + norm.eps).sqrt()
        total, operands = (total - total.mean()) / spread * norm.weight + norm.bias, f"{operands}, then normalised"
    return Check(f"token {token}, first number", float(trace.tokens[0, token, 0]), float(total[0]), operands)


def exports(trace: ViTTrace, selection: Selection) -> list[Export]:
    """Probabilities, the story's beams and how its answer grew as CSV; patches, embeddings, tokens and the residual stream as NPZ."""
    name = f"{selection.picture}-{selection.image_size}-{selection.patch_size}"

    def tensors() -> bytes:
        stream = np.stack([trace.resid(layer)[0].numpy() for layer in range(trace.depth + 1)])
        return npz_bytes(
            images=trace.images.numpy(),
            patches=trace.patches[0].numpy(),
            patch_embeddings=trace.patch_embeddings[0].numpy(),
            resid=stream,
            logits=trace.logits[0].numpy(),
        )

    def table() -> str:
        if not trace.config.num_classes:
            return csv_text(["feature", "value"], enumerate(trace.logits[0].tolist(), start=1))
        rows = zip(whole_names(trace.config), trace.logits[0].tolist(), trace.probs[0].tolist(), strict=True)
        return csv_text(["class", "logit", "probability"], rows)

    kind = "probabilities" if trace.config.num_classes else "features"
    return [
        Export(f"{kind.capitalize()} (CSV)", f"{name}-{kind}.csv", "text/csv", table),
        Export("The story’s beams (CSV)", f"{name}-beams.csv", "text/csv", lambda: told.table_of_beams(trace, selection.token)),
        *(
            [Export("The answer, block by block (CSV)", f"{name}-lens.csv", "text/csv", lambda: told.table_of_answers(trace))]
            if trace.config.num_classes
            else []
        ),
        Export("Tensors (NPZ)", f"{name}.npz", "application/octet-stream", tensors),
    ]


def script(selection: Selection, classes: int = 1, depth: int = 12) -> str:
    """PyTorch that prints the same prediction, or of a model without `classes` its features' shape and length; then the story's numbers."""
    printed = "for label, probability in trace.top_k(5):\n    print(label, round(probability, 4))\n" if classes else answer_lines([])
    return script_start(selection) + printed + told.script(depth, selection.token, classes)
