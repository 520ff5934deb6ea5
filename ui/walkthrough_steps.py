"""What stands under each step of the walkthrough: the lines that compute it, its exports, and a script that gives the same numbers."""

from collections.abc import Callable

import numpy as np

from ui.explain import Check, Export
from ui.export import csv_text, npz_bytes, script_start
from ui.state import Selection
from ui.walkthrough_checks import CHECKS
from ui.walkthrough_formulas import FORMULAS
from vit_core.analysis import attention_distance, logit_lens
from vit_core.layers import Attention, Mlp, PatchEmbed
from vit_core.model import Block, VisionTransformer
from vit_core.patches import flatten_kernel, patchify, resize_kernel
from vit_core.positions import cosine_similarity, interpolate_positions
from vit_core.trace import AttentionTrace, ViTTrace

CODE: dict[str, list[Callable]] = {
    "input": [Attention.scores, AttentionTrace.weights],
    "patches": [patchify],
    "vocabulary": [PatchEmbed.forward, flatten_kernel, resize_kernel],
    "cls": [VisionTransformer.assemble],
    "positions": [VisionTransformer.assemble, interpolate_positions, cosine_similarity],
    "attention": [Attention.project, Attention.scores, AttentionTrace.weights, Attention.merge, Block.forward],
    "mlp": [Mlp, Block.forward],
    "layers": [Block.forward, attention_distance, logit_lens],
    "head": [VisionTransformer.read_out, ViTTrace.probs.fget],
}


def formulas(trace: ViTTrace, selection: Selection, step: str) -> list[tuple[str, str]]:
    """The step's formulas with the numbers of this picture."""
    return FORMULAS[step](trace, selection)


def checks(trace: ViTTrace, selection: Selection, step: str) -> list[Check]:
    """The step's numbers, computed again from what they are made of."""
    return CHECKS[step](trace, selection)


def exports(trace: ViTTrace, selection: Selection, step: str) -> list[Export]:
    """The step's tensors as NPZ, and the chosen row of the step as CSV."""
    name = f"{selection.picture}-{selection.image_size}-{selection.patch_size}-step-{step}"
    return [
        Export("The chosen row (CSV)", f"{name}.csv", "text/csv", lambda: csv_text(["number", "value"], enumerate(row_of(trace, selection, step), 1))),
        Export("Tensors of this step (NPZ)", f"{name}.npz", "application/octet-stream", lambda: npz_bytes(**tensors_of(trace, selection, step))),
    ]


def patch_of(trace: ViTTrace, selection: Selection) -> int:
    """The chosen patch, from 0; the first where a token without a place is chosen."""
    return max(0, selection.token - trace.layout.num_prefix_tokens)


def row_of(trace: ViTTrace, selection: Selection, step: str) -> list[float]:
    """The row of numbers that the step looks at."""
    token, patch = selection.token, patch_of(trace, selection)
    row = {
        "input": lambda: trace.attn_weights(0, token)[0, :, 0].mean(0),
        "patches": lambda: trace.patches[0, patch],
        "vocabulary": lambda: trace.patch_embeddings[0, patch],
        "cls": lambda: trace.resid(trace.depth)[0, 0],
        "positions": lambda: trace.tokens[0, token],
        "attention": lambda: trace.attn_weights(selection.layer, token)[0, selection.head, 0],
        "mlp": lambda: trace.block(selection.layer).mlp_post_act[0, token],
        "layers": lambda: trace.resid(selection.layer + 1)[0, token],
        "head": lambda: trace.probs[0],
    }[step]()
    return row.tolist()


def tensors_of(trace: ViTTrace, selection: Selection, step: str) -> dict[str, np.ndarray]:
    """The tensors behind the step's picture, without the batch axis."""
    block = trace.block(selection.layer)
    named = {
        "input": lambda: {"images": trace.images[0], "attn_weights_layer_1": trace.attn_weights(0)[0]},
        "patches": lambda: {"images": trace.images[0], "patches": trace.patches[0]},
        "vocabulary": lambda: {"patches": trace.patches[0], "patch_embeddings": trace.patch_embeddings[0]},
        "cls": lambda: {"tokens": trace.tokens[0], **{f"resid_{i}_cls": trace.resid(i)[0, 0] for i in range(trace.depth + 1)}},
        "positions": lambda: {"patch_embeddings": trace.patch_embeddings[0], "pos_embedding": trace.pos_embedding[0].detach(), "tokens": trace.tokens[0]},
        "attention": lambda: {
            name: getattr(block, name)[0] for name in ("resid_pre", "norm1_out", "q", "k", "v", "attn_weights", "head_out", "attn_update", "resid_mid")
        },
        "mlp": lambda: {name: getattr(block, name)[0] for name in ("resid_mid", "norm2_out", "mlp_pre_act", "mlp_post_act", "mlp_update", "resid_post")},
        "layers": lambda: {f"resid_{i}": trace.resid(i)[0] for i in range(trace.depth + 1)} | {"logit_lens": logit_lens(trace)[:, 0]},
        "head": lambda: {"pooled": trace.pooled[0], "logits": trace.logits[0], "probs": trace.probs[0]},
    }[step]()
    return {name: tensor.numpy() for name, tensor in named.items()}


def script(trace: ViTTrace, selection: Selection, step: str) -> str:
    """PyTorch that prints the step's numbers for the chosen token."""
    token, patch, layer, head = selection.token, patch_of(trace, selection), selection.layer, selection.head
    lines = {
        "input": f"print(trace.attn_weights(0, {token})[0, :, 0].mean(0))  # layer 1, mean of the heads\n",
        "patches": f"print(trace.patches.shape, trace.patches[0, {patch}])\n",
        "vocabulary": f"print(trace.patch_embeddings[0, {patch}])\n",
        "cls": "print(model.cls_token[0, 0])\nprint(trace.resid(trace.depth)[0, 0])\n",
        "positions": f"print(trace.tokens[0, {token}])  # content + position\n",
        "attention": f"print(trace.attn_weights({layer}, {token})[0, {head}, 0])\n",
        "mlp": f"print(trace.block({layer}).mlp_post_act[0, {token}].topk(8))\n",
        "layers": "lens = vit_core.analysis.logit_lens(trace)[:, 0]\nfor row in lens:\n    print(model.config.labels[int(row.argmax())])\n",
        "head": "for label, probability in trace.top_k(5):\n    print(label, round(probability, 4))\n",
    }
    return script_start(selection) + lines[step]
