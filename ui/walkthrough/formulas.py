"""The formulas of the nine steps, with the numbers of the current picture put in."""

from ui.kit.latex import four, latex_words
from ui.state.selection import Selection
from vit_core.readout import head_matrix, lead_rows, likeliest, readout
from vit_core.study.assembly import assembled, content_of, place_of
from vit_core.study.neurons import most_active
from vit_core.trace import ViTTrace

Formulas = list[tuple[str, str]]


def entry(trace: ViTTrace, selection: Selection) -> Formulas:
    height, width = trace.image_size
    layers = max(1, (max(height, width)) // 2)
    return [
        (
            f"**A stack of 3×3 convolutions.** Each layer adds one pixel on every side; it takes {layers} of them until the square is as "
            "wide as the picture.",
            rf"r_l = 1 + 2l,\qquad r_{{{layers}}} = {1 + 2 * layers} \ge {max(height, width)}",
        ),
        (
            "**Attention.** A patch’s new content is a weighted mean over all tokens, with weights above zero for each, from layer 1 on.",
            rf"y_i = \sum_{{j=1}}^{{{trace.layout.num_tokens}}} a_{{ij}}\,v_j,\qquad a_{{ij}} > 0,\qquad \sum_j a_{{ij}} = 1",
        ),
    ]


def patches(trace: ViTTrace, _: Selection) -> Formulas:
    (height, width), p, c, n = trace.image_size, trace.patch_size, trace.config.in_chans, trace.layout.num_patches
    return [
        (
            "**How many.** Squares that do not overlap.",
            rf"N = \frac{{H}}{{P}}\cdot\frac{{W}}{{P}} = \frac{{{height}}}{{{p}}}\cdot\frac{{{width}}}{{{p}}} = {n}",
        ),
        ("**How long a line.** Pixels times channels.", rf"P^2 C = {p}^2\cdot {c} = {p * p * c}"),
        (
            "**Nothing is lost.** As many numbers as before.",
            rf"H W C = {height * width * c:,} = N\cdot P^2 C = {n}\cdot {p * p * c}".replace(",", r"\,"),
        ),
    ]


def vocabulary(trace: ViTTrace, selection: Selection) -> Formulas:
    n, d, values = trace.layout.num_patches, trace.config.embed_dim, trace.patch_size**2 * trace.config.in_chans
    patch = max(0, selection.token - trace.layout.num_prefix_tokens)
    return [
        ("**A table of words.** Text: the word’s number picks a row.", r"e = T[\text{id}]"),
        (
            "**A matrix for pixels.** Pictures: the values are multiplied, whatever they are.",
            rf"E = xW + b,\qquad [{n}\times{values}]\cdot[{values}\times{d}] + [{d}] \to [{n}\times{d}]",
        ),
        (
            f"**One number.** The first of patch {patch + 1}.",
            rf"E_{{{patch + 1},1}} = \sum_{{i=1}}^{{{values}}} x_i W_{{i,1}} + b_1 = {four(float(trace.patch_embeddings[0, patch, 0]))}",
        ),
    ]


def cls(trace: ViTTrace, _: Selection) -> Formulas:
    n, t, d = trace.layout.num_patches, trace.layout.num_tokens, trace.config.embed_dim
    rows, mean = lead_rows(trace), readout(trace.config).lead.several
    row, more = r"\bar z" if mean else "z^0", "" if t - n == 1 else r"\ldots;\,"
    lengths = (
        rf"\lVert {row}_0\rVert = {four(float(rows[0].norm()))},\quad \lVert {row}_{{{trace.depth}}}\rVert = {four(float(rows[-1].norm()))}"
    )
    if mean:
        return [
            (
                "**The mean of the patches’ rows.** Number by number.",
                rf"\bar z_l = \frac{{1}}{{{n}}}\sum_{{i=1}}^{{{n}}} z^i_l,\qquad {lengths}",
            )
        ]
    return [
        (
            "**Rows in front.** Learned, and the same for every picture.",
            rf"[\,x_\text{{cls}};\,{more}E\,] \in \mathbb{{R}}^{{({t - n}+{n})\times{d}}} = \mathbb{{R}}^{{{t}\times{d}}}",
        ),
        (
            "**What it collects.** In each block it adds a weighted mean of the values, and what the MLP makes of it.",
            rf"z^0_{{l}} = z^0_{{l-1}} + \Delta_\text{{attention}} + \Delta_\text{{MLP}},\qquad {lengths}",
        ),
    ]


def positions(trace: ViTTrace, selection: Selection) -> Formulas:
    table, d, token = trace.pos_embedding.shape[1], trace.config.embed_dim, selection.token
    whole, content, place = float(assembled(trace, token)[0]), float(content_of(trace, token)[0]), place_of(trace, token)
    where = "" if place is None else f" + ({four(float(trace.pos_embedding[0, place, 0]))})"
    found = [
        (
            "**What plus where.** Row by row.",
            rf"z_0 = [\ldots;\,x_1 W + b;\,\ldots] + E_\text{{pos}},\qquad E_\text{{pos}} \in \mathbb{{R}}^{{{table}\times{d}}}",
        ),
        (
            f"**The number 1 of token {token}.**" + (" It has no place." if place is None else ""),
            rf"{four(content)}{where} = {four(whole)}",
        ),
    ]
    if trace.config.pre_norm:
        found.append(
            ("**Normalised before block 1**, as in CLIP.", rf"\text{{LN}}(z_0)_{{{token},1}} = {four(float(trace.tokens[0, token, 0]))}")
        )
    return found


def attention(trace: ViTTrace, selection: Selection) -> Formulas:
    layout, config = trace.layout, trace.config
    t, d, dh, heads = layout.num_tokens, config.embed_dim, config.head_dim, config.num_heads
    count = 4 * d * d + (4 if config.qkv_bias else 1) * d
    factor = r"\gamma \odot " if config.layer_scale else ""
    row = trace.attn_weights(selection.layer, selection.token)[0, selection.head, 0]
    key = int(row.argmax())
    scores = trace.attn_scores(selection.layer, selection.token)[0, selection.head, 0]  # of this query alone, not of all
    score, total = float(scores[key]), float(scores.logsumexp(-1).exp())
    return [
        (
            "**Three matrices.** Each head gets its share of the columns. What they multiply is the normalised stream, LN(z): formulas "
            "often write z (Dosovitskiy et al. 2021, equation 2).",
            rf"u = \text{{LN}}(z):\ [{t}\times{d}] \to q, k, v:\ [{heads}\times{t}\times{dh}]",
        ),
        (
            "**Scores, scale, shares.** A row for each query.",
            rf"A = \text{{softmax}}\!\left(\frac{{q k^\top}}{{\sqrt{{{dh}}}}}\right) \in \mathbb{{R}}^{{{t}\times{t}}}",
        ),
        (
            f"**One share.** Layer {selection.layer + 1}, head {selection.head + 1}: {layout.name(selection.token)} reads "
            f"{layout.name(key)}.",
            rf"\frac{{\exp({four(score)})}}{{{four(total)}}} = {four(float(row[key]))}",
        ),
        ("**Mix, join, project, add.**", rf"z \leftarrow z + {factor}([A_1 v_1;\ldots;A_{{{heads}}} v_{{{heads}}}]\,W_o + b_o)"),
        (
            "**Parameters of the attention.** Commonly stated: 3D². In fact the output matrix and the biases belong to it.",
            rf"4D^2 + {4 if config.qkv_bias else ''}D = {count:,}".replace(",", r"\,"),
        ),
    ]


def mlp(trace: ViTTrace, selection: Selection) -> Formulas:
    d, hidden = trace.config.embed_dim, trace.config.mlp_hidden
    best, active = most_active(trace, selection.layer, selection.token, k=1)[0]
    pre, gamma = trace.block(selection.layer).mlp_pre_act[0, selection.token], r"\gamma \odot " if trace.config.layer_scale else ""
    if trace.config.ffn == "swiglu":
        return [
            (
                "**Widen, gate, narrow.** Each token on its own.",
                rf"[g, h] = \text{{LN}}(z)W_{{12}} + b_{{12}},\quad z \leftarrow z + {gamma}((\text{{SiLU}}(g)\odot h)W_3 + b_3),"
                rf"\qquad {d}\to 2\cdot{hidden}\to{d}",
            ),
            ("**The bend of the gate.**", r"\text{SiLU}(g) = \frac{g}{1 + e^{-g}}"),
            (
                f"**The most active neuron** of this token in layer {selection.layer + 1} is number {best + 1}.",
                rf"\text{{SiLU}}({four(float(pre[best]))})\cdot({four(float(pre[hidden + best]))}) = {four(active)}",
            ),
        ]
    curves = {
        "gelu": r"\text{GELU}(x) = x\,\Phi(x)",
        "gelu_tanh": r"\text{GELU}(x) \approx \tfrac{x}{2}\left(1 + \tanh\!\left(\sqrt{2/\pi}\,(x + 0.044715\,x^3)\right)\right)",
        "quick_gelu": r"x\,\sigma(1.702\,x)",
    }
    return [
        (
            "**Widen, bend, narrow.** Each token on its own.",
            rf"h = \text{{LN}}(z)W_1 + b_1,\quad z \leftarrow z + {gamma}(\text{{GELU}}(h)W_2 + b_2),\qquad {d}\to{hidden}\to{d}",
        ),
        (
            "**The bend.** Values below zero are damped: the lowest that comes out is about −0.17. JAX’s ViT uses the tanh form, "
            "PyTorch’s default is exact, CLIP has QuickGELU.",
            curves[trace.config.act],
        ),
        (
            f"**The most active neuron** of this token in layer {selection.layer + 1} is number {best + 1}.",
            rf"h = {four(float(pre[best]))} \;\to\; {four(active)}",
        ),
    ]


def layers(trace: ViTTrace, selection: Selection) -> Formulas:
    block = trace.block(selection.layer)
    token = selection.token
    found = [
        (
            "**The stream.** Nothing is replaced: every block adds.",
            rf"z_{{{trace.depth}}} = z_0 + \sum_{{l=1}}^{{{trace.depth}}} \left(\Delta^\text{{attention}}_l + \Delta^\text{{MLP}}_l\right)",
        ),
        (
            f"**How much.** Layer {selection.layer + 1}, token {token}: lengths of the stream before it, and of what the two parts add.",
            rf"\lVert z\rVert = {four(float(block.resid_pre[0, token].norm()))},"
            rf"\quad \lVert\Delta^\text{{attention}}\rVert = {four(float(block.attn_update[0, token].norm()))},"
            rf"\quad \lVert\Delta^\text{{MLP}}\rVert = {four(float(block.mlp_update[0, token].norm()))}",
        ),
    ]
    if trace.config.num_classes:
        said = "**The logit lens.** The classifier, which was made for the last layer, reads the stream earlier (nostalgebraist 2020)."
        found.append((said, r"\text{softmax}\!\left((\text{LN}(z_l)\,W_\text{class} + b) / T\right)"))
    return found


def head(trace: ViTTrace, _: Selection) -> Formulas:
    config = trace.config
    said = "**Norm.** Mean 0 and variance 1 over the row, then a learned factor and offset."
    norm = (said, r"y = \gamma\,\frac{z - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta")
    if not config.num_classes:
        return [
            norm,
            (
                f"**Features.** {config.embed_dim} numbers; no classifier follows.",
                rf"\lVert y\rVert = {four(float(trace.logits[0].norm()))}",
            ),
        ]
    label, probability = likeliest(config, trace.logits[0], 1)[0][:2]
    best, (weight, _bias) = int(trace.logits[0].argmax()), head_matrix(trace)
    both = " Two classifiers, each counts half." if readout(config).heads == "two" else ""
    shared = (
        f"**Shared space.** A matrix takes the row to the {config.projection} numbers that pictures share with texts, at length 1. A logit "
        "is its cosine with a name’s text features, times the logit scale. For one picture that is a product with one matrix:",
        r"\frac{\text{scale}\cdot\text{texts}\cdot\text{projection}}{\lVert\text{projected row}\rVert}",
    )
    return [
        norm,
        *([shared] if config.projection else []),
        (
            f"**Logits.** A dot product for each of the {config.num_classes} classes.{both}",
            rf"y\,W_\text{{class}} + b:\ [1\times{weight.shape[1]}] \to [1\times{config.num_classes}],"
            rf"\qquad \text{{logit of {latex_words(label)}}} = {four(float(trace.logits[0, best]))}",
        ),
        (
            f"**Probabilities.** Softmax, the logits divided by the temperature {config.temperature:.4g}.",
            rf"p_c = \frac{{\exp(\text{{logit}}_c / {config.temperature:.4g})}}{{\sum_j \exp(\text{{logit}}_j / "
            f"{config.temperature:.4g})}},"
            rf"\qquad p_\text{{{latex_words(label)}}} = {four(probability)}",
        ),
    ]
