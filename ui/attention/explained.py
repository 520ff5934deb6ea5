"""What the attention page explains under its explorer: the formula with its numbers, checks and exports."""

from collections.abc import Mapping
from typing import Any, TypeGuard

from torch import Tensor

from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.kit.latex import four
from ui.state import view
from ui.state.selection import Selection
from vit_core.layers import Attention
from vit_core.model import Block
from vit_core.study.heads import colour_ceiling
from vit_core.trace import AttentionTrace, ViTTrace

CODE = [Attention.project, Attention.scores, AttentionTrace.weights, Attention.merge, Block.forward]


def averaged(selection: Selection) -> bool:
    """Whether the explorer draws the mean of the layer's heads."""
    return view.read("attention", selection.view, "average")


def drawn(trace: ViTTrace, selection: Selection) -> Tensor:
    """The weights `[tokens]` that the chosen query gives to each key: in the chosen head, or on average over the layer's heads."""
    heads = trace.attn_weights(selection.layer, selection.token)[0, :, 0]
    return heads.mean(0) if averaged(selection) else heads[selection.head]


def strongest(trace: ViTTrace, selection: Selection) -> int:
    """The key that the chosen query weighs most, in what is drawn."""
    return int(drawn(trace, selection).argmax())


def formulas(trace: ViTTrace, selection: Selection) -> list[tuple[str, str]]:
    """From tokens to one weight, with the shapes and numbers of this head, query and key."""
    layout, config = trace.layout, trace.config
    t, d, dh = layout.num_tokens, config.embed_dim, config.head_dim
    weights = drawn(trace, selection)
    key = int(weights.argmax())
    scores = trace.attn_scores(selection.layer, selection.token)[0, selection.head, 0]  # of this query alone, not of all
    score, total = float(scores[key]), float(scores.logsumexp(-1).exp())
    weight = float(trace.attn_weights(selection.layer, selection.token)[0, selection.head, 0, key])
    query_name, key_name = layout.name(selection.token), layout.name(key)
    row = weights[layout.patches]
    end = colour_ceiling(row)
    mean = (
        f"**The mean of the heads,** which the map shows: the same weight in each of the layer's {config.num_heads} heads, averaged.",
        rf"\bar a = \frac{{1}}{{{config.num_heads}}}\sum_h a_h = {four(float(weights[key]))}",
    )
    return [
        (
            f"**Queries, keys, values.** The {t} normalised tokens are multiplied by three matrices; "
            f"each of the {config.num_heads} heads gets {dh} of the {d} numbers.",
            rf"q = uW_q + b_q,\quad k = uW_k + b_k,\quad v = uW_v + b_v,\qquad "
            rf"u = \text{{LN}}(z),\quad [{t}\times{d}] \to [{config.num_heads}\times{t}\times{dh}]",
        ),
        (
            f"**One weight.** Layer {selection.layer + 1}, head {selection.head + 1}: how much {query_name} looks at {key_name}.",
            rf"a = \frac{{\exp(q\cdot k/\sqrt{{{dh}}})}}{{\sum_j \exp(q\cdot k_j/\sqrt{{{dh}}})}} = "
            rf"\frac{{\exp({four(score)})}}{{{four(total)}}} = {four(weight)}",
        ),
        *([mean] if averaged(selection) else []),
        (
            f"**The colours.** They run from 0 to the largest weight on a patch, or, where few patches stand far above all others "
            "(attention sinks), to one and a half times the largest that at most one patch in fifty exceeds. "
            f"Here {above_words(row, end)}.",
            rf"\text{{end}} = {four(end)},\qquad \max_j a_j = {four(float(row.max()))}",
        ),
        (
            "**What the head passes on.** The values, averaged with these weights; the heads' results side by side go through "
            "one more matrix.",
            rf"\text{{head}}_h = A_h v_h,\qquad z \leftarrow z + [\text{{head}}_1;\ldots;\text{{head}}_{{{config.num_heads}}}]\,W_o + b_o",
        ),
        (
            "**What it costs.** A weight for every pair of tokens, in every head of every layer.",
            rf"{config.depth}\cdot{config.num_heads}\cdot{t}^2 = {config.depth * config.num_heads * t * t:,}".replace(",", r"\,"),
        ),
    ]


def above_words(row: Tensor, end: float) -> str:
    """How many of a map's patches lie above the end of its colours, and how much of its weight they hold."""
    above = row[row > end]
    if not len(above):
        return "no patch lies above"
    lie, hold = ("lies", "holds") if len(above) == 1 else ("lie", "hold")
    return f"{len(above)} of {len(row)} patches {lie} above and {hold} {100 * float(above.sum() / row.sum()):.1f}% of the patches’ weight"


def checks(trace: ViTTrace, selection: Selection, asked: Mapping | None) -> list[Check]:
    """The weight that the browser computed (when asked), the same from q and k in float64, and the row's sum."""
    values = {"layer": selection.layer, "head": selection.head, "query": selection.token, "key": strongest(trace, selection)}
    if valid(asked, trace):
        values = {name: asked[name] for name in values}
    layer, head, query, key = values.values()
    block, row = trace.block(layer), trace.attn_weights(layer, query)[0, head, 0]
    q, k = block.q[0, head, query].double(), block.k[0, head].double()
    scores = k @ q / len(q) ** 0.5
    again = float((scores[key] - scores.logsumexp(0)).exp())
    place = f"layer {layer + 1}, head {head + 1}: {trace.layout.name(query)} → {trace.layout.name(key)}"
    operands = f"q·k = {float(q @ k[key]):.6g}, ÷ √{len(q)} = {float(scores[key]):.6g}, Σ exp = {float(scores.logsumexp(0).exp()):.6g}"
    found = [
        Check(f"weight, {place}", float(row[key]), again, operands),
        Check("sum of that row", 1.0, float(row.double().sum()), f"{len(row)} weights"),
    ]
    if averaged(selection):
        found.append(mean_check(trace, selection))
    if valid(asked, trace):
        found.insert(
            0,
            Check(
                f"the browser’s weight, {place}",
                float(asked["weight"]),
                float(row[key]),
                "the browser’s from q and k; again: trace.attn_weights",
            ),
        )
    return found


def mean_check(trace: ViTTrace, selection: Selection) -> Check:
    """The weight in the mean of the heads, and the same from every head's q and k in float64."""
    block, key = trace.block(selection.layer), strongest(trace, selection)
    q, k = block.q[0, :, selection.token].double(), block.k[0].double()
    scores = (k @ q[:, :, None]).squeeze(-1) / q.shape[-1] ** 0.5
    again = float(scores.softmax(-1)[:, key].mean())
    place = f"layer {selection.layer + 1}: {trace.layout.name(selection.token)} → {trace.layout.name(key)}"
    return Check(f"weight, mean of {len(q)} heads, {place}", float(drawn(trace, selection)[key]), again, "every head’s from q and k")


def valid(asked: Mapping | None, trace: ViTTrace) -> TypeGuard[Mapping[str, Any]]:
    """Whether a message from the browser names places that exist."""
    if not isinstance(asked, Mapping):
        return False
    tops = {"layer": trace.depth, "head": trace.config.num_heads, "query": trace.layout.num_tokens, "key": trace.layout.num_tokens}
    whole = all(type(asked.get(name)) is int and 0 <= asked[name] < top for name, top in tops.items())
    return whole and isinstance(asked.get("weight"), int | float)


def exports(trace: ViTTrace, selection: Selection) -> list[Export]:
    """The row that is drawn as CSV; q, k, v and the weights of the layer as NPZ."""
    heads = "mean" if averaged(selection) else f"head{selection.head + 1}"
    name = f"{selection.picture}-{selection.image_size}-{selection.patch_size}-layer{selection.layer + 1}-{heads}"

    def row() -> str:
        weights = drawn(trace, selection).tolist()
        return csv_text(["token", "name", "weight"], ((i, trace.layout.name(i), w) for i, w in enumerate(weights)))

    def tensors() -> bytes:
        block = trace.block(selection.layer)
        return npz_bytes(q=block.q[0].numpy(), k=block.k[0].numpy(), v=block.v[0].numpy(), attn_weights=block.attn_weights[0].numpy())

    return [
        Export("This row (CSV)", f"{name}-token{selection.token}.csv", "text/csv", row),
        Export("q, k, v and weights (NPZ)", f"{name}.npz", "application/octet-stream", tensors),
    ]


def script(trace: ViTTrace, selection: Selection) -> str:
    """PyTorch that prints the strongest keys of the chosen query."""
    mean = averaged(selection)
    heads = f"mean of {trace.config.num_heads} heads" if mean else f"head {selection.head + 1}"
    row = f"[0, :, {selection.token}].mean(0)" if mean else f"[0, {selection.head}, {selection.token}]"
    return script_start(selection) + (
        f"# layer {selection.layer + 1}, {heads}: what {trace.layout.name(selection.token)} looks at\n"
        f"row = trace.attn_weights({selection.layer}){row}\n"
        "for weight, key in zip(*row.topk(5), strict=True):\n"
        "    print(trace.layout.name(int(key)), f'{float(weight):.4g}')\n"
    )
