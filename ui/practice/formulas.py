"""The formulas of the practice page, with the numbers of the open demonstration."""

from ui.kit.latex import four, latex_words
from ui.practice import distil, scales_explained
from ui.practice.payload import matrix_layers
from ui.practice.setting import SCALED, Place
from ui.practice.ways import patch_pairs, resolution_pairs, variant_name
from ui.state import session
from vit_core import cost
from vit_core.readout import readout
from vit_core.study import distillation
from vit_core.study.efficiency import attention_variants, quantization, token_reduction
from vit_core.study.efficiency.attention_variants import Variant
from vit_core.trace import ViTTrace

Formulas = list[tuple[str, str]]


def formulas(place: Place) -> Formulas:
    """Pairs of a sentence and LaTeX."""
    trace = session.analysis().trace
    if place.demo == "distil":
        return of_distillation(place)
    if place.demo in SCALED:
        return scales_explained.formulas(place)
    make = {"patches": of_sizes, "sizes": of_sizes, "attention": of_attention, "tokens": of_tokens, "bits": of_bits}[place.demo]
    return [*make(place, trace), of_agreement(trace)]


def grouped(number: int) -> str:
    """Digits in groups of three, for LaTeX."""
    return f"{number:,}".replace(",", r"\,")


def of_agreement(trace: ViTTrace) -> tuple[str, str]:
    if trace.config.num_classes:
        return (
            "**Agreement**: on how many of the gallery’s pictures the likeliest class is the one that the model gives at the app’s "
            "setting.",
            r"\frac{1}{M}\sum_{m=1}^{M}\,[\,\operatorname{argmax}\,y'_m = \operatorname{argmax}\,y_m\,]",
        )
    return (
        "**Agreement**: the cosine of the pooled features, because this model has no classes.",
        r"\cos(f', f) = \frac{f'\cdot f}{\|f'\|\,\|f\|}",
    )


def of_sizes(place: Place, trace: ViTTrace) -> Formulas:
    config, (height, _), patch = trace.config, trace.image_size, trace.patch_size
    pairs = (patch_pairs if place.demo == "patches" else resolution_pairs)(config, height, patch)
    counts = [cost.tokens(config, *pair) for pair in pairs]
    own, prefix = cost.macs(config, height, patch), config.num_prefix_tokens
    steps = r",\quad ".join(rf"({size}/{p})^2 + {prefix} = {grouped(n)}" for (size, p), n in zip(pairs[:3], counts, strict=False))
    macs = [cost.macs(config, *pair).total for pair in (pairs[0], pairs[-1])]
    named = r",\quad ".join(rf"{size}/{p}:\ {grouped(total)}" for (size, p), total in zip((pairs[0], pairs[-1]), macs, strict=True))
    return [
        (
            "**Tokens.** Patches fall with the square of the patch size, and rise with that of the resolution.",
            rf"n = (H/P)^2 + p:\quad {steps}",
        ),
        (
            f"**Compute.** Linear layers grow with n, attention with n²; attention is {100 * own.attention_share:.1f}% of the whole at "
            "the app’s setting.",
            rf"L\,[\,n(4D^2 + 2DM) + 2n^2D\,] + \ldots:\quad {named}\ \text{{MACs}}",
        ),
    ]


def of_attention(place: Place, trace: ViTTrace) -> Formulas:
    config, layout, variant = trace.config, trace.layout, place.variant()
    p, n, dim = layout.num_prefix_tokens, layout.num_patches, config.embed_dim
    rows, cols = (attention_variants.pairs_along(variant, count) for count in layout.grid)
    core, full = (attention_variants.core_macs(v, config, layout) for v in (variant, Variant()))
    held, whole = (attention_variants.stored(v, config, layout) for v in (variant, Variant()))
    forms = {
        "full": r"S(c) = c^2",
        "windows": r"S(c) = \lfloor c/w \rfloor\,w^2 + (c \bmod w)^2",
        "neighbourhood": r"S(c) = c\,(2k+1) - k(k+1),\quad k = \min(\text{reach},\, c-1)",
        "strided": r"S(c) = (c \bmod s)(\lfloor c/s\rfloor + 1)^2 + (s - c \bmod s)\lfloor c/s\rfloor^2",
    }
    share = rf"\frac{{{grouped(core)}}}{{{grouped(full)}}} = {100 * core / full:.4g}\%"
    if variant.kind == "linear":
        d = config.head_dim
        return [
            (
                "**Linear attention.** Keys and values are summed up first, so no pair of tokens is ever looked at.",
                r"\frac{\phi(q_i)\,\sum_j \phi(k_j)^T v_j}{\phi(q_i)\cdot\sum_j \phi(k_j)},\qquad \phi(x) = \operatorname{elu}(x) + 1",
            ),
            (
                "**Its cost**, one layer’s multiply-accumulates, beside full attention’s 2n²D.",
                rf"nD(2d+1) = {n + p}\cdot{dim}\cdot{2 * d + 1},\qquad {share}",
            ),
            (
                "**What it holds**, one layer: numbers, however many tokens there are.",
                rf"D(d+1) = {grouped(held)}\quad\text{{beside}}\quad a\,n^2 = {grouped(whole)}",
            ),
        ]
    return [
        (
            f"**Pairs that see each other, {variant_name(variant)}.** Rows times columns of the grid; the {p} "
            f"token{'' if p == 1 else 's'} in front of the patches see all and are seen by all.",
            rf"S_R\,S_C + 2pN + p^2 = {rows}\cdot{cols} + 2\cdot{p}\cdot{n} + {p}^2 = {grouped(attention_variants.pairs(variant, layout))}",
        ),
        ("**Along one side** of c patches.", forms[variant.kind]),
        (
            "**Cost**: one layer’s scores and weighted values, 2D multiply-accumulates a pair, beside full attention.",
            rf"2D\cdot\text{{pairs}}:\quad {share}",
        ),
        (
            "**If its weights are stored**, one layer: a numbers a pair.",
            rf"a\cdot\text{{pairs}} = {grouped(held)}\quad\text{{beside}}\quad {grouped(whole)}",
        ),
    ]


def of_tokens(place: Place, trace: ViTTrace) -> Formulas:
    config, r = trace.config, place.per_layer
    counts = token_reduction.schedule(trace.layout, config.depth, r)
    macs, whole = (token_reduction.macs(config, trace.image_size, trace.patch_size, way, place.method) for way in (r, 0))
    path = r" \to ".join(str(count) for count in (*counts[:3], r"\ldots", counts[-1]))
    found = [
        (
            "**Tokens left.** Each layer loses r, but never more than half of its patches.",
            rf"n_{{l+1}} = n_l - \min(r,\ \lfloor (n_l - p)/2 \rfloor):\quad {path}",
        ),
        (
            "**Compute**: attention with the tokens that enter a layer, MLP with those that are left, and the choosing.",
            rf"\frac{{{grouped(macs)}}}{{{grouped(whole)}}} = {macs / whole:.4g}",
        ),
    ]
    if place.method == "merge":
        return [
            (
                "**Who is merged.** Every even token finds the odd one whose key is most similar, heads averaged; the r closest pairs "
                "merge.",
                r"\max_j\ \cos(\bar k_{2i},\ \bar k_{2j+1})",
            ),
            (
                "**Into what.** A mean, weighted by how many patches each stands for; sizes add up, and count in attention.",
                r"x = \frac{s_a x_a + s_b x_b}{s_a + s_b},\qquad \operatorname{softmax}\!\left(\tfrac{q k^T}{\sqrt d} + \log s\right)",
            ),
            *found,
        ]
    lead = readout(trace.config).lead
    return [
        (
            f"**Who is dropped.** The patches that {lead.on_average} {lead.does('attends', 'attend')} to least, heads averaged.",
            r"\tfrac{1}{aN}\sum_h \sum_n A^{(h)}_{n,\,j}" if lead.several else rf"\tfrac{{1}}{{a}}\sum_h A^{{(h)}}_{{{lead.name},\,j}}",
        ),
        *found,
    ]


def of_bits(place: Place, trace: ViTTrace) -> Formulas:
    weight = matrix_layers(trace.model, place.layer)[place.matrix].weight.detach().float()
    row = min(place.row, len(weight) - 1)
    steps, scale = quantization.quantise(weight, place.bits)
    top, largest = quantization.top_step(place.bits), float(weight[row].abs().max())
    bits_each = place.bits + 32 / weight.shape[1]
    first, step = float(weight[row, 0]), int(steps[row, 0])
    return [
        (
            f"**Scale of row {row + 1}**, layer {place.layer + 1}: its largest magnitude is the last step of {place.bits} bits.",
            rf"s = \frac{{\max|w|}}{{2^{{b-1}} - 1}} = \frac{{{four(largest)}}}{{{top}}} = {four(float(scale[row, 0]))}",
        ),
        (
            "**Rounding**, with the row’s first weight.",
            rf"q = \operatorname{{round}}(w/s) = \operatorname{{round}}({four(first)}/s) = {step},\qquad \hat w = s\,q = "
            f"{four(step * float(scale[row, 0]))}",
        ),
        (
            "**int8 products**: tokens are rounded too, each with a scale of its own; sums are exact integers.",
            r"y = s_x\,s_W\,\sum_i q^x_i\,q^W_i + b",
        ),
        (
            f"**Bits a weight**, its share of the scale counted: {bits_each:.4g} instead of 32.",
            rf"b + \frac{{32}}{{\text{{columns}}}} = {place.bits} + \frac{{32}}{{{weight.shape[1]}}}",
        ),
    ]


def of_distillation(place: Place) -> Formulas:
    """The teacher's answer at the temperature, and how far the student's is from it; a sentence where there is no pair."""
    try:
        teacher, student, names, _ = distil.logits_of(place)
    except ValueError as error:
        return [(str(error), r"p = \text{softmax}(y / T)")]
    t = place.temperature
    answer = distillation.softened(teacher, t)
    best = int(answer.argmax())
    apart, total = float(distillation.divergence(teacher, student, t)), float((teacher.double() / t).exp().sum())
    return [
        (
            "**The teacher’s answer** at temperature T, over the classes that both name.",
            rf"p_c = \frac{{\exp(y_c/T)}}{{\sum_j \exp(y_j/T)}}:\quad p_\text{{{latex_words(names[best])}}} = "
            rf"\frac{{\exp({four(float(teacher[best]))}/{t:g})}}{{{four(total)}}} = {four(float(answer[best]))}",
        ),
        (
            "**How far the student’s is from it**: the Kullback–Leibler divergence, both at T. Training makes it small; times T², its "
            "slope keeps one size at every temperature.",
            rf"\sum_c p_c\,\log\frac{{p_c}}{{q_c}} = {four(apart)}\ \text{{nats}},\qquad T^2\cdot{four(apart)} = {four(t * t * apart)}",
        ),
    ]
