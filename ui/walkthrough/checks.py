"""Numbers of the nine steps, computed again in float64 from what they are made of."""

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from ui.kit.explain import Check
from ui.state.selection import Selection
from vit_core.layers import ACTIVATIONS, LayerScale
from vit_core.patches import flatten_kernel
from vit_core.readout import features, head_matrix, lead_rows, likeliest, readout
from vit_core.study.assembly import assembled, content_of, place_of
from vit_core.trace import ViTTrace


def linear_check(name: str, shown: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None, factor: Tensor | None = None) -> Check:
    """One output of a linear layer from its inputs; `factor` is the output's LayerScale."""
    total, offset = float(x.double() @ weight.double()), 0.0 if bias is None else float(bias)
    words = f"{len(x)} products, sum {total:.5g}, + b = {offset:.5g}" + ("" if factor is None else f", × γ = {float(factor):.5g}")
    return Check(name, float(shown), (total + offset) * (1.0 if factor is None else float(factor)), words)


def norm_check(name: str, shown: Tensor, x: Tensor, norm: nn.LayerNorm) -> Check:
    """The first number of a normalised row."""
    row = x.double()
    mean, spread = row.mean(), (row.var(correction=0) + norm.eps).sqrt()
    again = float((row[0] - mean) / spread) * float(norm.weight[0]) + float(norm.bias[0])
    return Check(
        name,
        float(shown),
        again,
        f"({float(row[0]):.5g} − {float(mean):.5g}) / {float(spread):.5g}, × γ = {float(norm.weight[0]):.5g}, + β",
    )


def factor_of(scale: nn.Module, at: int = 0) -> Tensor | None:
    """One factor of a LayerScale; None where the model has none."""
    return scale.gamma[at] if isinstance(scale, LayerScale) else None


def entry(trace: ViTTrace, selection: Selection) -> list[Check]:
    row = trace.attn_weights(0, selection.token)[0, :, 0].double()
    mean = row.mean(0)
    return [
        Check(
            "sum of layer 1’s weights, mean of the heads", 1.0, float(mean.sum()), f"{row.shape[1]} weights in each of {row.shape[0]} heads"
        ),
        Check("smallest of these weights", float(mean.min()), float((row.sum(0) / len(row)).min()), "above zero: nothing is out of reach"),
    ]


def patches(trace: ViTTrace, selection: Selection) -> list[Check]:
    patch, p = patch_of(trace, selection), trace.patch_size
    row, col = divmod(patch, trace.layout.grid[1])
    prep = trace.config.preprocessing
    level = round(float((trace.images[0, 0, row * p, col * p] * prep.std[0] + prep.mean[0]) * 255))
    again = (level / 255 - prep.mean[0]) / prep.std[0]
    return [
        Check(
            f"first value of patch {patch + 1}",
            float(trace.patches[0, patch, 0]),
            again,
            f"({level} / 255 − {prep.mean[0]}) / {prep.std[0]}",
        ),
        Check("numbers in all patches", float(trace.patches[0].numel()), float(trace.images[0].numel()), "as many as in the picture"),
    ]


def patch_of(trace: ViTTrace, selection: Selection) -> int:
    """The chosen patch, from 0; the first where a token without a place is chosen."""
    return max(0, selection.token - trace.layout.num_prefix_tokens)


def vocabulary(trace: ViTTrace, selection: Selection) -> list[Check]:
    patch, embed = patch_of(trace, selection), trace.model.patch_embed
    kernel = flatten_kernel(embed.kernel(trace.patch_size))[0]
    bias = None if embed.proj.bias is None else embed.proj.bias[0]
    return [
        linear_check(
            f"embedding of patch {patch + 1}, number 1", trace.patch_embeddings[0, patch, 0], trace.patches[0, patch], kernel, bias
        )
    ]


def cls(trace: ViTTrace, _: Selection) -> list[Check]:
    rows, lead = lead_rows(trace), readout(trace.config).lead
    who = lead.name
    added = sum(float(lead.of((block.attn_update + block.mlp_update)[0].double(), trace.layout)[0]) for block in trace.blocks)
    start = float(rows[0, 0])
    words = f"start {start:.5g}, and what {trace.depth} blocks added: {added:.5g}"
    return [
        Check(f"number 1 of {who} after the last block", float(rows[-1, 0]), start + added, words),
        Check(
            f"length of {who} after the last block",
            float(rows[-1].norm()),
            float(rows[-1].double().square().sum().sqrt()),
            f"root of the sum of {rows.shape[1]} squares",
        ),
    ]


def positions(trace: ViTTrace, selection: Selection) -> list[Check]:
    token, place = selection.token, place_of(trace, selection.token)
    whole = assembled(trace, token)
    content, where = content_of(trace, token)[0].double(), 0.0 if place is None else trace.pos_embedding[0, place, 0].double()
    words = f"content {float(content):.5g}, + " + ("nothing: it has no place" if place is None else f"position {place}: {float(where):.5g}")
    found = [Check(f"token {token}, number 1", float(whole[0]), float(content + where), words)]
    if trace.config.pre_norm:
        found.append(
            norm_check("the same, normalised before block 1", trace.tokens[0, token, 0], whole, cast(nn.LayerNorm, trace.model.norm_pre))
        )
    return found


def attention(trace: ViTTrace, selection: Selection) -> list[Check]:
    layer, head, token, dh = selection.layer, selection.head, selection.token, trace.config.head_dim
    block = trace.block(layer)
    attn, row = block.block.attn, trace.attn_weights(layer, token)[0, head, 0]
    key = int(row.argmax())
    q, k, v = block.q[0, head, token].double(), block.k[0, head].double(), block.v[0, head, :, 0]
    scores = k @ q / dh**0.5
    joined = block.head_out[0, :, token].flatten()
    bias = None if attn.qkv.bias is None else attn.qkv.bias[head * dh]
    found = [
        linear_check("q, number 1", block.q[0, head, token, 0], block.norm1_out[0, token], attn.qkv.weight[head * dh], bias),
        Check(
            "the largest weight",
            float(row[key]),
            float((scores[key] - scores.logsumexp(0)).exp()),
            f"exp({float(scores[key]):.5g}) ÷ {float(scores.logsumexp(0).exp()):.5g}",
        ),
        linear_check("mixed values, number 1", block.head_out[0, head, token, 0], row, v, None),
        linear_check(
            "what attention adds, number 1",
            block.attn_update[0, token, 0],
            joined,
            attn.proj.weight[0],
            attn.proj.bias[0],
            factor_of(block.block.ls1),
        ),
        Check("sum of the row", 1.0, float(row.double().sum()), f"{len(row)} weights"),
    ]
    return found


def mlp(trace: ViTTrace, selection: Selection) -> list[Check]:
    block, token, hidden = trace.block(selection.layer), selection.token, trace.config.mlp_hidden
    x, post = block.norm2_out[0, token], block.mlp_post_act[0, token]
    best, pre = int(post.argmax()), block.mlp_pre_act[0, token]
    gated = trace.config.ffn == "swiglu"
    into, out = block.block.mlp.linears
    what = "gate" if gated else "before the activation"
    found = [linear_check(f"neuron {best + 1}, {what}", pre[best], x, into.weight[best], into.bias[best])]
    if gated:
        value = pre[hidden + best]
        found.append(linear_check(f"neuron {best + 1}, value", value, x, into.weight[hidden + best], into.bias[hidden + best]))
        again = float(F.silu(pre[best].double()) * value.double())
        found.append(Check("the two together", float(post[best]), again, f"silu({float(pre[best]):.5g}) × {float(value):.5g}"))
    else:
        again = float(ACTIVATIONS[trace.config.act](pre[best].double()))
        found.append(Check("after it", float(post[best]), again, f"{trace.config.act}({float(pre[best]):.5g})"))
    scale = factor_of(block.block.ls2)
    return [*found, linear_check("what the MLP adds, number 1", block.mlp_update[0, token, 0], post, out.weight[0], out.bias[0], scale)]


def layers(trace: ViTTrace, selection: Selection) -> list[Check]:
    block, token = trace.block(selection.layer), selection.token
    parts = [t[0, token, 0].double() for t in (block.resid_pre, block.attn_update, block.mlp_update)]
    words = " + ".join(f"{float(part):.5g}" for part in parts)
    row = block.resid_post[0, token]
    return [
        Check(f"number 1 of token {token} after layer {selection.layer + 1}", float(row[0]), float(sum(parts)), words),
        Check("its length", float(row.norm()), float(row.double().square().sum().sqrt()), "root of the sum of squares"),
    ]


def head(trace: ViTTrace, _: Selection) -> list[Check]:
    config = trace.config
    if not config.num_classes:
        return [
            Check(
                "length of the features",
                float(trace.logits[0].norm()),
                float(trace.logits[0].double().square().sum().sqrt()),
                "root of the squares",
            )
        ]
    best, (label, probability) = int(trace.logits[0].argmax()), likeliest(config, trace.logits[0], 1)[0][:2]
    weight, bias = head_matrix(trace)
    exps = (trace.logits[0].double() / config.temperature).exp()
    power, whole = float(trace.logits[0, best]) / config.temperature, float(exps.sum())
    words = f"exp({power:.5g}) = {float(exps[best]):.5g}, Σ exp over {len(exps)} classes = {whole:.5g}"
    return [
        linear_check(f"logit of {label}", trace.logits[0, best], features(trace), weight[best], bias[best]),
        Check(f"probability of {label}", probability, float(exps[best] / exps.sum()), words),
    ]
