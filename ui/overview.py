"""What the overview explains under its picture: formulas, checks and exports for the selected picture."""

import numpy as np

from ui.explain import Check, Export
from ui.export import csv_text, npz_bytes, script_start
from ui.state import Selection
from vit_core.layers import PatchEmbed
from vit_core.model import Block, VisionTransformer
from vit_core.patches import flatten_kernel, patchify
from vit_core.trace import ViTTrace

CODE = [patchify, PatchEmbed.forward, VisionTransformer.assemble, Block.forward, VisionTransformer.read_out]


def formulas(trace: ViTTrace) -> list[tuple[str, str]]:
    """Each stage of the flow, with the numbers of this picture and setting."""
    (height, width), p, layout, config = trace.image_size, trace.patch_size, trace.layout, trace.config
    n, t, d, values = layout.num_patches, layout.num_tokens, config.embed_dim, p * p * config.in_chans
    label, probability = trace.top_k(1)[0]
    return [
        (
            "**Patches.** The picture is cut into squares that do not overlap.",
            rf"N = \frac{{H}}{{P}}\cdot\frac{{W}}{{P}} = \frac{{{height}}}{{{p}}}\cdot\frac{{{width}}}{{{p}}} = {n}",
        ),
        (
            f"**Embedding.** The {p * p} pixels of a patch are {values} values; one matrix, the same for all patches, turns them into {d} numbers.",
            rf"E = xW + b,\qquad [{n}\times{values}]\cdot[{values}\times{d}] + [{d}] \to [{n}\times{d}]",
        ),
        (
            "**[CLS] and positions.** A learned row goes in front, and every row gets the learned vector of its place added.",
            rf"z_0 = [x_\text{{cls}};\,E] + E_\text{{pos}} \in \mathbb{{R}}^{{({n}+{t - n})\times{d}}} = \mathbb{{R}}^{{{t}\times{d}}}",
        ),
        (
            f"**Blocks.** {config.depth} times, tokens exchange information (attention, {config.num_heads} heads), then each works on its own (MLP).",
            rf"z \leftarrow z + \text{{Attention}}(\text{{LN}}(z)),\qquad z \leftarrow z + \text{{MLP}}(\text{{LN}}(z)),\qquad {d}\to{config.mlp_hidden}\to{d}",
        ),
        (
            "**Head.** One linear layer reads the answer off the normalised [CLS] row. It gives logits; softmax makes them probabilities, "
            f"here divided by the calibrated temperature {config.temperature:.4g}.",
            rf"p = \text{{softmax}}\!\left(\frac{{\text{{LN}}(z^0)\,W_\text{{head}} + b}}{{{config.temperature:.4g}}}\right),\qquad "
            rf"p_\text{{{latex_words(label)}}} = {probability:.4g}",
        ),
    ]


def latex_words(text: str) -> str:
    """A label that can stand inside a LaTeX text."""
    return "".join(c if c.isalnum() or c in " -" else " " for c in text)


def checks(trace: ViTTrace, token: int) -> list[Check]:
    """The likeliest class's probability from the logits, and one number of the chosen patch's embedding from its pixels."""
    logits = trace.logits[0].double() / trace.config.temperature
    best = int(logits.argmax())
    label, probability = trace.top_k(1)[0]
    exps = logits.exp()
    found = [
        Check(
            f"probability of {label}",
            probability,
            float(exps[best] / exps.sum()),
            f"exp({logits[best]:.5g}) = {exps[best]:.5g}, Σ exp over {len(exps)} classes = {exps.sum():.5g}",
        )
    ]
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
    position = token if token < trace.pos_embedding.shape[1] else 0
    found.append(
        Check(
            f"token {token}, first number",
            float(trace.tokens[0, token, 0]),
            float((trace.model.cls_token[0, 0, 0] if token == 0 else trace.patch_embeddings[0, patch, 0]) + trace.pos_embedding[0, position, 0]),
            "embedding + position",
        )
    )
    return found


def exports(trace: ViTTrace, selection: Selection) -> list[Export]:
    """Probabilities as CSV; patches, embeddings, tokens and the residual stream as NPZ."""
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
        return csv_text(["class", "logit", "probability"], zip(trace.config.labels, trace.logits[0].tolist(), trace.probs[0].tolist(), strict=True))

    return [
        Export("Probabilities (CSV)", f"{name}-probabilities.csv", "text/csv", table),
        Export("Tensors (NPZ)", f"{name}.npz", "application/octet-stream", tensors),
    ]


def script(selection: Selection) -> str:
    """PyTorch that prints the same prediction."""
    return script_start(selection) + "for label, probability in trace.top_k(5):\n    print(label, round(probability, 4))\n"
