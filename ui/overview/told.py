"""The story's own numbers: the beams of its attention and what the classifier would say after each block, with their checks and exports."""

import torch

from ui.kit.explain import Check
from ui.kit.export import csv_text
from ui.kit.latex import four, latex_words, plain_four
from ui.overview.payload import CLASSES, STRONGEST
from vit_core.analysis import logit_lens
from vit_core.readout import Answer, head_matrix, probabilities, whole_names
from vit_core.trace import ViTTrace


def beams(trace: ViTTrace, layer: int, token: int) -> list[tuple[int, float]]:
    """The tokens that one looks at most in a layer and their weights, heads averaged, largest first: the beams of the story."""
    weights = trace.attn_weights(layer, token)[0, :, 0].mean(0)
    values, keys = weights.topk(min(STRONGEST, len(weights)))
    return list(zip(keys.tolist(), values.tolist(), strict=True))


def grown(trace: ViTTrace) -> list[list[float]]:
    """The probabilities of the final likeliest classes before the first block and after each one; empty without a classifier."""
    top = Answer.of(trace, CLASSES).top
    if not top:
        return []
    columns = trace.logits[0].topk(len(top)).indices
    return probabilities(trace.config, logit_lens(trace)[:, 0])[:, columns].tolist()


def formulas(trace: ViTTrace, token: int) -> list[tuple[str, str]]:
    """How wide a beam is in the last block, and how the answer grows, with the numbers of this picture."""
    heads, dim, name = trace.config.num_heads, trace.config.head_dim, trace.layout.name
    key, weight = beams(trace, trace.depth - 1, token)[0]
    found = [
        (
            f"**The story’s beams.** In block {trace.depth} {name(token)} looks most at {name(key)}: "
            f"the mean of its weights in {heads} heads.",
            rf"\bar a_{{{token},{key}}} = \frac{{1}}{{{heads}}}\sum_{{h=1}}^{{{heads}}} \text{{softmax}}_j\!\left("
            rf"\frac{{q^h_{{{token}}}\cdot k^h_j}}{{\sqrt{{{dim}}}}}\right)_{{j={key}}} = {four(weight)}",
        )
    ]
    lens = grown(trace)
    if lens:
        label, half = Answer.of(trace, 1).top[0].name, trace.depth // 2
        found.append(
            (
                "**The answer grows.** After each block the classifier, made for the last one, reads what is there so far (logit lens).",
                rf"p_\text{{{latex_words(label)}}}:\quad {four(lens[0][0])}\ \text{{before block 1}},\quad {four(lens[half][0])}"
                rf"\ \text{{after block {half}}},\quad {four(lens[-1][0])}\ \text{{after block {trace.depth}}}",
            )
        )
    return found


def checks(trace: ViTTrace, token: int) -> list[Check]:
    """The widest beam of the last block from q and k, and the likeliest class's probability half way from the classifier's weights."""
    layer = trace.depth - 1
    key, weight = beams(trace, layer, token)[0]
    block = trace.block(layer)
    scores = block.k[0].double() @ block.q[0, :, token].double().unsqueeze(-1)  # [heads, T, 1]
    shares = (scores.squeeze(-1) / trace.config.head_dim**0.5).softmax(dim=-1)[:, key]
    name = trace.layout.name
    spread = f"from {plain_four(float(shares.min()))} to {plain_four(float(shares.max()))}"
    each = f"mean over {len(shares)} heads of softmax(q·k / √{trace.config.head_dim}), {spread}"
    found = [Check(f"beam of block {trace.depth}, {name(token)} to {name(key)}", weight, float(shares.mean()), each)]
    lens = grown(trace)
    if lens:
        half = trace.depth // 2
        pooled = trace.model.read_out(trace.resid(half), trace.layout)[0][0]
        weights, bias = head_matrix(trace, pooled)
        row = pooled.flatten().double()
        logits = weights.double() @ row + bias.double()
        best = int(trace.logits[0].argmax())
        operands = f"{len(row)} products with the class’s row, logit {float(logits[best]):.5g}; softmax over {len(logits)} classes"
        again = float((logits / trace.config.temperature).softmax(dim=0)[best])
        found.append(Check(f"{Answer.of(trace, 1).top[0].name} after {half} blocks", lens[half][0], again, operands))
    return found


def table_of_beams(trace: ViTTrace, token: int) -> str:
    """The beams of a token in every block, as CSV."""
    rows = (
        (layer + 1, trace.layout.name(token), trace.layout.name(key), weight)
        for layer in range(trace.depth)
        for key, weight in beams(trace, layer, token)
    )
    return csv_text(["block", "token", "looks at", "weight"], rows)


def table_of_answers(trace: ViTTrace) -> str:
    """The probability of every class before the first block and after each one, as CSV."""
    with torch.inference_mode():
        shares = probabilities(trace.config, logit_lens(trace)[:, 0])
    rows = ([block, *row] for block, row in enumerate(shares.tolist()))
    return csv_text(["blocks passed", *whole_names(trace.config)], rows)


def script(depth: int, token: int, classes: int) -> str:
    """The lines of PyTorch that print the beams of the last block and how the likeliest class grew."""
    lines = (
        f"weights, keys = trace.attn_weights({depth - 1}, {token})[0, :, 0].mean(0).topk({STRONGEST})  # the story's beams\n"
        "for key, weight in zip(keys.tolist(), weights.tolist()):\n"
        f'    print("block {depth}: looks at", trace.layout.name(key), round(weight, 4))\n'
    )
    if not classes:
        return lines
    return lines + (
        "lens = vit_core.analysis.logit_lens(trace)[:, 0] / trace.config.temperature\n"
        "for block, share in enumerate(lens.softmax(-1)[:, trace.logits[0].argmax()].tolist()):\n"
        '    print("after", block, "blocks:", round(share, 4))\n'
    )
