"""Numbers of the nine steps, computed again in float64 from what they are made of."""

from collections.abc import Callable

from torch import Tensor

from ui.explain import Check
from ui.overview import checks as overview_checks
from ui.state import Selection
from vit_core.layers import ACTIVATIONS
from vit_core.trace import ViTTrace


def linear_check(name: str, shown: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None) -> Check:
    """One output of a linear layer from its inputs."""
    total, offset = float(x.double() @ weight.double()), 0.0 if bias is None else float(bias)
    return Check(name, float(shown), total + offset, f"{len(x)} products, sum {total:.5g}, + b = {offset:.5g}")


def entry(trace: ViTTrace, selection: Selection) -> list[Check]:
    row = trace.attn_weights(0, selection.token)[0, :, 0].double()
    mean = row.mean(0)
    return [
        Check("sum of layer 1’s weights, mean of the heads", 1.0, float(mean.sum()), f"{row.shape[1]} weights in each of {row.shape[0]} heads"),
        Check("smallest of these weights", float(mean.min()), float(row.sum(0).min() / len(row)), "above zero: nothing is out of reach"),
    ]


def patches(trace: ViTTrace, selection: Selection) -> list[Check]:
    patch, p = max(0, selection.token - trace.layout.num_prefix_tokens), trace.patch_size
    row, col = divmod(patch, trace.layout.grid[1])
    prep = trace.config.preprocessing
    level = round(float((trace.images[0, 0, row * p, col * p] * prep.std[0] + prep.mean[0]) * 255))
    again = (level / 255 - prep.mean[0]) / prep.std[0]
    return [
        Check(f"first value of patch {patch + 1}", float(trace.patches[0, patch, 0]), again, f"({level} / 255 − {prep.mean[0]}) / {prep.std[0]}"),
        Check("numbers in all patches", float(trace.patches[0].numel()), float(trace.images[0].numel()), "as many as in the picture"),
    ]


def vocabulary(trace: ViTTrace, selection: Selection) -> list[Check]:
    return [overview_checks(trace, selection.token)[1]]


def cls(trace: ViTTrace, _: Selection) -> list[Check]:
    depth = trace.depth
    added = sum((block.attn_update + block.mlp_update)[0, 0, 0].double() for block in trace.blocks)
    start = float(trace.resid(0)[0, 0, 0])
    norm = trace.resid(depth)[0, 0].double()
    return [
        Check(
            "number 1 of [CLS] after the last block",
            float(trace.resid(depth)[0, 0, 0]),
            start + float(added),
            f"start {start:.5g}, and what {depth} blocks added: {float(added):.5g}",
        ),
        Check(
            "length of [CLS] after the last block",
            float(trace.resid(depth)[0, 0].norm()),
            float(norm.square().sum().sqrt()),
            f"root of the sum of {len(norm)} squares",
        ),
    ]


def positions(trace: ViTTrace, selection: Selection) -> list[Check]:
    return [overview_checks(trace, selection.token)[2]]


def attention(trace: ViTTrace, selection: Selection) -> list[Check]:
    layer, head, token, dh = selection.layer, selection.head, selection.token, trace.config.head_dim
    block = trace.block(layer)
    attn, row = block.block.attn, trace.attn_weights(layer, token)[0, head, 0]
    key = int(row.argmax())
    q, k, v = block.q[0, head, token].double(), block.k[0, head].double(), block.v[0, head, :, 0]
    scores = k @ q / dh**0.5
    joined = block.head_out[0, :, token].flatten()
    return [
        linear_check(
            "q, number 1",
            block.q[0, head, token, 0],
            block.norm1_out[0, token],
            attn.qkv.weight[head * dh],
            None if attn.qkv.bias is None else attn.qkv.bias[head * dh],
        ),
        Check(
            "the largest weight",
            float(row[key]),
            float((scores[key] - scores.logsumexp(0)).exp()),
            f"exp({float(scores[key]):.5g}) ÷ {float(scores.logsumexp(0).exp()):.5g}",
        ),
        linear_check("mixed values, number 1", block.head_out[0, head, token, 0], row, v, None),
        linear_check("what attention adds, number 1", block.attn_out[0, token, 0], joined, attn.proj.weight[0], attn.proj.bias[0]),
        Check("sum of the row", 1.0, float(row.double().sum()), f"{len(row)} weights"),
    ]


def mlp(trace: ViTTrace, selection: Selection) -> list[Check]:
    block, token = trace.block(selection.layer), selection.token
    layer, post = block.block.mlp, block.mlp_post_act[0, token]
    best = int(post.argmax())
    pre = block.mlp_pre_act[0, token, best]
    return [
        linear_check(f"neuron {best + 1} before the activation", pre, block.norm2_out[0, token], layer.fc1.weight[best], layer.fc1.bias[best]),
        Check("after it", float(post[best]), float(ACTIVATIONS[trace.config.act](pre.double())), f"{trace.config.act}({float(pre):.5g})"),
        linear_check("what the MLP adds, number 1", block.mlp_out[0, token, 0], post, layer.fc2.weight[0], layer.fc2.bias[0]),
    ]


def layers(trace: ViTTrace, selection: Selection) -> list[Check]:
    block, token = trace.block(selection.layer), selection.token
    parts = [t[0, token, 0].double() for t in (block.resid_pre, block.attn_update, block.mlp_update)]
    words = " + ".join(f"{float(part):.5g}" for part in parts)
    return [
        Check(f"number 1 of token {token} after layer {selection.layer + 1}", float(block.resid_post[0, token, 0]), float(sum(parts)), words),
        Check(
            "its length",
            float(block.resid_post[0, token].norm()),
            float(block.resid_post[0, token].double().square().sum().sqrt()),
            "root of the sum of squares",
        ),
    ]


def head(trace: ViTTrace, selection: Selection) -> list[Check]:
    best = int(trace.logits[0].argmax())
    linear = trace.model.head
    label = trace.top_k(1)[0][0]
    return [
        linear_check(f"logit of {label}", trace.logits[0, best], trace.pooled[0], linear.weight[best], None if linear.bias is None else linear.bias[best]),
        overview_checks(trace, selection.token)[0],
    ]


CHECKS: dict[str, Callable[[ViTTrace, Selection], list[Check]]] = {
    "input": entry,
    "patches": patches,
    "vocabulary": vocabulary,
    "cls": cls,
    "positions": positions,
    "attention": attention,
    "mlp": mlp,
    "layers": layers,
    "head": head,
}
