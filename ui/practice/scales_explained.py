"""What is explained under the demonstrations of several sizes: formulas, checks, exports, script."""

from typing import TYPE_CHECKING

import numpy as np

from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.kit.latex import four, latex_words
from ui.practice import scales as several
from ui.practice.setting import Place
from ui.state import session
from ui.work import cached
from vit_core.readout import class_names
from vit_core.study.efficiency import scales

if TYPE_CHECKING:
    from torch import Tensor

Formulas = list[tuple[str, str]]
SOFTMAX = r"p = \text{softmax}(y / T)"


def counted(place: Place, sizes: int) -> list[int]:
    """The numbers of the sizes whose answers are averaged: those of the setting, all if it names none that is here."""
    return [i for i in range(sizes) if place.averaged >> i & 1] or list(range(sizes))


def probabilities(found: several.Answers) -> "tuple[list[int], list[int], Tensor]":
    """Sizes, what each costs, and the probabilities `[sizes, 1 + gallery, classes]`."""
    sizes, macs, logits = several.of_logits(found)
    return sizes, macs, scales.answers(logits, session.analysis().trace.config.temperature)


def grouped(number: float) -> str:
    """Digits in groups of three, for LaTeX."""
    return f"{number:,.0f}".replace(",", r"\,")


def formulas(place: Place) -> Formulas:
    """The open demonstration's, with the numbers of the open picture; a sentence where it cannot be shown, or is not known yet."""
    try:
        found = several.known()
    except ValueError as error:
        return [(str(error), SOFTMAX)]
    if found is None:
        return [("The numbers stand here when every size has been run.", SOFTMAX)]
    return (of_average if place.demo == "scales" else of_adaptive)(place, *probabilities(found))


def of_average(place: Place, sizes: list[int], macs: list[int], probs: "Tensor") -> Formulas:
    used = counted(place, len(sizes))
    mean = scales.averaged(probs[used, 0])
    best = int(mean.argmax())
    name = latex_words(class_names(session.analysis().trace.config)[best])
    terms = " + ".join(four(float(probs[i, 0, best])) for i in used)
    total = sum(macs[i] for i in used)
    return [
        (
            f"**The mean answer** over {', '.join(str(sizes[i]) for i in used)} px, for the class that it finds likeliest.",
            rf"\bar p_c = \frac{{1}}{{S}}\sum_{{s=1}}^{{S}} p^{{(s)}}_c:\quad \bar p_\text{{{name}}} = "
            rf"\frac{{{terms}}}{{{len(used)}}} = {four(float(mean[best]))}",
        ),
        (
            "**Its cost**: every size is run.",
            " + ".join(grouped(macs[i]) for i in used) + rf" = {grouped(total)}\ \text{{MACs}}",
        ),
    ]


def of_adaptive(place: Place, sizes: list[int], macs: list[int], probs: "Tensor") -> Formulas:
    own = int(scales.sure(probs[:, 0], place.threshold))
    tries = r",\quad ".join(rf"{sizes[i]}:\ {four(float(probs[i, 0].max()))}" for i in range(own + 1))
    gallery = probs[:, 1:]
    spent = [scales.spent(macs, i) for i in scales.sure(gallery, place.threshold).tolist()]
    same = scales.agreement(scales.kept(gallery, place.threshold), gallery[-1])
    count = len(spent)
    return [
        (
            f"**The smallest size that is sure**, at a threshold of {place.threshold:g}: the open picture’s largest probability at each "
            "size that was tried.",
            rf"s^* = \min\{{s:\ \max_c p^{{(s)}}_c \ge \tau\}}:\quad {tries}",
        ),
        (
            "**Its cost**: every try counts. The mean over the gallery, beside the largest size alone.",
            rf"\frac{{1}}{{M}}\sum_{{m=1}}^{{M}}\sum_{{s \le s^*_m}} \text{{MACs}}_s = {grouped(sum(spent) / count)},\qquad "
            rf"\frac{{{grouped(sum(spent) / count)}}}{{{grouped(macs[-1])}}} = {sum(spent) / count / macs[-1]:.4g}",
        ),
        ("**Agreement** with the largest size.", rf"\frac{{{same}}}{{{count}}}"),
    ]


def checks(place: Place) -> list[Check]:
    """The mean answer's sum and its likeliest class from the model's own logits, or the cost from the largest probabilities, by hand."""
    try:
        found = several.known()
    except ValueError:
        return []
    if found is None:
        return []
    sizes, macs, probs = probabilities(found)
    trace = session.analysis().trace
    if place.demo == "scales":
        used = counted(place, len(sizes))
        mean = scales.averaged(probs[used, 0])
        best, own = int(mean.argmax()), sizes.index(trace.image_size[0])
        there = trace.logits[0].double() / trace.config.temperature
        alone = float((there[best] - there.logsumexp(dim=0)).exp())
        by_hand = [float(probs[i, 0, best]) if i != own else alone for i in used]
        operands = " + ".join(f"{p:.6g}" for p in by_hand)
        return [
            Check("the mean answer’s probability", float(mean[best]), sum(by_hand) / len(used), f"({operands}) / {len(used)}"),
            Check("sum of the mean answer", float(mean.sum()), 1.0, "every size’s probabilities add up to 1"),
        ]
    spent = sum(scales.spent(macs, i) for i in scales.sure(probs[:, 1:], place.threshold).tolist())
    again, tops = 0, probs[:, 1:].amax(dim=-1).tolist()
    for picture in range(len(tops[0])):
        for size, row in enumerate(tops):
            again += macs[size]
            if row[picture] >= place.threshold:
                break
    return [Check("multiply-accumulates over the gallery", spent, again, "each picture’s tries, one after the other")]


def exports(place: Place, name: str) -> list[Export]:
    """What each picture is answered, as CSV, and all logits as NPZ; nothing where there are none."""
    try:
        sizes = several.chosen_sizes()
    except ValueError:
        return []

    def table() -> str:
        _, macs, probs = probabilities(several.answers())
        names = class_names(session.analysis().trace.config)
        titles = [session.picture_title(), *(picture.title for picture in cached.gallery().values())]
        mean = scales.averaged(probs[counted(place, len(sizes))])
        picked, best = scales.sure(probs, place.threshold).tolist(), probs.max(dim=-1)
        head = ["picture", *(f"{size} px" for size in sizes), *(f"p at {size} px" for size in sizes)]
        head += ["mean answer", "p of the mean", f"size at {place.threshold:g}", "MACs at that"]
        rows = []
        for i, title in enumerate(titles):
            said, sure = [names[k] for k in best.indices[:, i].tolist()], best.values[:, i].tolist()
            top = int(mean[i].argmax())
            rows.append([title, *said, *sure, names[top], float(mean[i, top]), sizes[picked[i]], scales.spent(macs, picked[i])])
        return csv_text(head, rows)

    def tensors() -> bytes:
        return npz_bytes(logits=several.answers().logits, sizes=np.array(sizes))

    return [
        Export("Answers (CSV)", f"{name}.csv", "text/csv", table),
        Export("Logits (NPZ)", f"{name}.npz", "application/octet-stream", tensors),
    ]


def script(place: Place) -> str:
    """Python that runs the gallery at every size and prints cost and agreement."""
    chosen = session.current()
    start = script_start(chosen)
    try:
        sizes = several.chosen_sizes()
    except ValueError as error:
        return f"{start}# {error}\n"
    files = ", ".join(f'"{picture.file.name}"' for picture in cached.gallery().values())
    own = sizes.index(chosen.image_size)
    lines = (
        f"{start}\nimport torch\n\n"
        "from vit_core.study.altered import run_with\n"
        "from vit_core.study.efficiency import scales\n\n"
        f"sizes = {sizes}\n"
        f'pictures = [image, *(vit_core.open_image(f"assets/images/{{name}}") for name in ({files}))]\n\n\n'
        "def answer(picture, size):\n"
        "    pixels = vit_core.preprocess(picture, model, image_size=size)\n"
        f"    return run_with(model, pixels, {chosen.patch_size}, {{}})[1][0]\n\n\n"
        "logits = torch.stack([torch.stack([answer(picture, size) for picture in pictures]) for size in sizes])\n"
        "probs = scales.answers(logits, model.config.temperature)\n"
        f"macs = [vit_core.cost.macs(model.config, size, {chosen.patch_size}).total for size in sizes]\n"
    )
    if place.demo == "scales":
        used = counted(place, len(sizes))
        return lines + (
            f"mean = scales.averaged(probs[{used}])\n"
            'print("this picture", mean[0].max().item())\n'
            f'print("MACs", sum(macs[i] for i in {used}))\n'
            f'print("same class", scales.agreement(mean[1:], probs[{own}, 1:]), "of", len(pictures) - 1)\n'
        )
    return lines + (
        f"sure = scales.sure(probs, {place.threshold})\n"
        'print("sizes", [sizes[i] for i in sure])\n'
        'print("mean MACs", sum(scales.spent(macs, int(i)) for i in sure[1:]) / (len(pictures) - 1))\n'
        f"kept = scales.kept(probs[:, 1:], {place.threshold})\n"
        'print("same class", scales.agreement(kept, probs[-1, 1:]), "of", len(pictures) - 1)\n'
    )


CODE = [scales.answers, scales.averaged, scales.sure, scales.spent, scales.kept, scales.agreement]
