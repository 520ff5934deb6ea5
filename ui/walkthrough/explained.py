"""What stands under each step of the walkthrough: the lines that compute it, its exports, and a script that gives the same numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.state.selection import Selection
from ui.walkthrough import checks, formulas
from ui.walkthrough.checks import patch_of
from vit_core.analysis import attention_distance, logit_lens
from vit_core.layers import Attention, Mlp, PatchEmbed, SwiGLU
from vit_core.model import Block, VisionTransformer
from vit_core.patches import flatten_kernel, patchify, resize_kernel
from vit_core.positions import cosine_similarity, interpolate_positions
from vit_core.readout import lead_rows, lead_start, readout
from vit_core.trace import AttentionTrace, ViTTrace


@dataclass(frozen=True)
class Step:
    """What explains a step: the lines of `vit_core` that compute it, its formulas, and its numbers computed again from what they are made
    of."""

    code: list[Callable]
    formulas: Callable[[ViTTrace, Selection], list[tuple[str, str]]]
    checks: Callable[[ViTTrace, Selection], list[Check]]


STEPS = {
    "input": Step([Attention.scores, AttentionTrace.weights], formulas.entry, checks.entry),
    "patches": Step([patchify], formulas.patches, checks.patches),
    "vocabulary": Step([PatchEmbed.forward, flatten_kernel, resize_kernel], formulas.vocabulary, checks.vocabulary),
    "cls": Step([VisionTransformer.assemble], formulas.cls, checks.cls),
    "positions": Step([VisionTransformer.assemble, interpolate_positions, cosine_similarity], formulas.positions, checks.positions),
    "attention": Step(
        [Attention.project, Attention.scores, AttentionTrace.weights, Attention.merge, Block.forward], formulas.attention, checks.attention
    ),
    "mlp": Step([Mlp, Block.forward], formulas.mlp, checks.mlp),
    "layers": Step([Block.forward, attention_distance, logit_lens], formulas.layers, checks.layers),
    "classifier": Step([VisionTransformer.read_out, vars(ViTTrace)["probs"].fget], formulas.head, checks.head),
}


def code_of(trace: ViTTrace, step: str) -> list[Callable]:
    """The lines that compute the step in this model."""
    return [SwiGLU if thing is Mlp and trace.config.ffn == "swiglu" else thing for thing in STEPS[step].code]


def exports(trace: ViTTrace, selection: Selection, step: str) -> list[Export]:
    """The step's tensors as NPZ, and the chosen row of the step as CSV."""
    name = f"{selection.picture}-{selection.image_size}-{selection.patch_size}-step-{step}"
    return [
        Export(
            "The chosen row (CSV)",
            f"{name}.csv",
            "text/csv",
            lambda: csv_text(["number", "value"], enumerate(row_of(trace, selection, step), 1)),
        ),
        Export(
            "Tensors of this step (NPZ)", f"{name}.npz", "application/octet-stream", lambda: npz_bytes(**tensors_of(trace, selection, step))
        ),
    ]


def row_of(trace: ViTTrace, selection: Selection, step: str) -> list[float]:
    """The row of numbers that the step looks at."""
    token, patch = selection.token, patch_of(trace, selection)
    row = {
        "input": lambda: trace.attn_weights(0, token)[0, :, 0].mean(0),
        "patches": lambda: trace.patches[0, patch],
        "vocabulary": lambda: trace.patch_embeddings[0, patch],
        "cls": lambda: lead_rows(trace)[-1],
        "positions": lambda: trace.tokens[0, token],
        "attention": lambda: trace.attn_weights(selection.layer, token)[0, selection.head, 0],
        "mlp": lambda: trace.block(selection.layer).mlp_post_act[0, token],
        "layers": lambda: trace.resid(selection.layer + 1)[0, token],
        "classifier": lambda: trace.probs[0] if trace.config.num_classes else trace.logits[0],
    }[step]()
    return row.tolist()


def tensors_of(trace: ViTTrace, selection: Selection, step: str) -> dict[str, np.ndarray]:
    """The tensors behind the step's picture, without the batch axis."""
    block = trace.block(selection.layer)
    named = {
        "input": lambda: {"images": trace.images[0], "attn_weights_layer_1": trace.attn_weights(0)[0]},
        "patches": lambda: {"images": trace.images[0], "patches": trace.patches[0]},
        "vocabulary": lambda: {"patches": trace.patches[0], "patch_embeddings": trace.patch_embeddings[0]},
        "cls": lambda: {"tokens": trace.tokens[0], "start": lead_start(trace), "reader_rows": lead_rows(trace)},
        "positions": lambda: {
            "patch_embeddings": trace.patch_embeddings[0],
            "pos_embedding": trace.pos_embedding[0].detach(),
            "tokens": trace.tokens[0],
        },
        "attention": lambda: {
            name: getattr(block, name)[0]
            for name in ("resid_pre", "norm1_out", "q", "k", "v", "attn_weights", "head_out", "attn_update", "resid_mid")
        },
        "mlp": lambda: {
            name: getattr(block, name)[0] for name in ("resid_mid", "norm2_out", "mlp_pre_act", "mlp_post_act", "mlp_update", "resid_post")
        },
        "layers": lambda: {f"resid_{i}": trace.resid(i)[0] for i in range(trace.depth + 1)} | lens_of(trace),
        "classifier": lambda: (
            {"pooled": trace.pooled[0], "logits": trace.logits[0]} | ({"probs": trace.probs[0]} if trace.config.num_classes else {})
        ),
    }[step]()
    return {name: tensor.numpy() for name, tensor in named.items()}


def lens_of(trace: ViTTrace) -> dict[str, Tensor]:
    """The logits before each layer and after the last, where the model has a classifier."""
    return {"logit_lens": logit_lens(trace)[:, 0]} if trace.config.num_classes else {}


def script(trace: ViTTrace, selection: Selection, step: str) -> str:
    """PyTorch that prints the step's numbers for the chosen token."""
    token, patch, layer, head = selection.token, patch_of(trace, selection), selection.layer, selection.head
    lead = readout(trace.config).lead
    first = lead.rows(trace.layout).start
    read = f"[0, {first}:].mean(0)" if lead.several else f"[0, {first}]"
    classes = trace.config.num_classes
    lines = {
        "input": f"print(trace.attn_weights(0, {token})[0, :, 0].mean(0))  # layer 1, mean of the heads\n",
        "patches": f"print(trace.patches.shape, trace.patches[0, {patch}])\n",
        "vocabulary": f"print(trace.patch_embeddings[0, {patch}])\n",
        "cls": f"for layer in range(trace.depth + 1):\n    print(layer, trace.resid(layer){read}.norm())\n",
        "positions": f"print(trace.tokens[0, {token}])  # content + position\n",
        "attention": f"print(trace.attn_weights({layer}, {token})[0, {head}, 0])\n",
        "mlp": f"print(trace.block({layer}).mlp_post_act[0, {token}].topk(8))\n",
        "layers": f"for layer in range(trace.depth + 1):\n    print(layer, trace.resid(layer)[0, {token}].norm())\n"
        + ("print(vit_core.analysis.logit_lens(trace)[:, 0].argmax(-1))  # the likeliest class by layer\n" if classes else ""),
        "classifier": "for label, probability in trace.top_k(5):\n    print(label, round(probability, 4))\n"
        if classes
        else "print(trace.logits)  # features\n",
    }
    return script_start(selection) + lines[step]
