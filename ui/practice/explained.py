"""What is explained under a demonstration: the lines that compute it, checks against what is counted or measured, exports, a script."""

import math
from dataclasses import replace

import numpy as np

from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.practice import distil, payload, runs, scales_explained, ways
from ui.practice.setting import SCALED, Place
from ui.state import session
from ui.work import cached
from vit_core import cost
from vit_core.study import altered, distillation
from vit_core.study.efficiency import attention_variants, quantization, strategies, token_reduction
from vit_core.train.distill import losses

COMPARED = [strategies.agreement, strategies.time_ratio, strategies.one_round, strategies.fastest_ratio]
CODE = {
    "patches": [altered.run_with, *COMPARED],
    "sizes": [altered.run_with, *COMPARED],
    "attention": [
        attention_variants.along,
        attention_variants.mask,
        attention_variants.pairs_along,
        attention_variants.edits,
        attention_variants.attend_in_cells,
        attention_variants.linear_attention,
        *COMPARED,
    ],
    "tokens": [token_reduction.reduce, token_reduction.most_similar, token_reduction.merge, token_reduction.least_attended, *COMPARED],
    "distil": [distillation.softened, distillation.divergence, distillation.in_common, losses.end_to_end],
    "bits": [quantization.quantise, quantization.pack, quantization.Int8Linear, quantization.bytes_on_disk, *COMPARED],
    **dict.fromkeys(SCALED, scales_explained.CODE),
}


def checks(place: Place) -> list[Check]:
    """Closed forms against the same counted or measured."""
    trace = session.analysis().trace
    config, layout = trace.config, trace.layout
    if place.demo == "attention":
        variant = place.variant()
        seen = int(attention_variants.mask(variant, layout).sum())
        name = ways.variant_name(variant)
        return [
            Check(
                f"pairs that see each other, {name}",
                attention_variants.pairs(variant, layout),
                seen,
                "the true entries of the mask, counted",
            )
        ]
    if place.demo == "tokens":
        done = token_reduction.reduce(trace.model, trace.images, trace.patch_size, place.per_layer, place.method)
        held = float(done.sizes[-1].sum()) if place.method == "merge" else float(done.counts[-1])
        counts = token_reduction.schedule(layout, config.depth, place.per_layer)
        total = layout.num_tokens if place.method == "merge" else counts[-1]
        own = token_reduction.reduce(trace.model, trace.images, trace.patch_size, 0, place.method).logits
        return [
            Check("first tokens that the last tokens stand for", total, held, "the sizes of the tokens that are left, added up"),
            Check("the largest logit, no token lost", float(own.max()), float(trace.logits.max()), "the model’s own forward pass"),
        ]
    if place.demo == "bits":
        return bit_checks(place)
    if place.demo == "distil":
        return distil_checks(place)
    if place.demo in SCALED:
        return scales_explained.checks(place)
    way = ways.at_size(config, trace.image_size[0], trace.patch_size)
    parts = cost.macs(config, trace.image_size, trace.patch_size).parts()
    operands = " + ".join(f"{part:,}" for part in parts.values() if part)
    return [Check("multiply-accumulates at the app’s setting", way.macs, sum(parts.values()), operands)]


def distil_checks(place: Place) -> list[Check]:
    """The teacher's likeliest class from its logits, and the divergence as cross-entropy less entropy; none where there is no pair."""
    try:
        teacher, student, names, _ = distil.logits_of(place)
    except ValueError:
        return []
    t = place.temperature
    answer, other = distillation.softened(teacher, t), distillation.softened(student, t)
    best, exps = int(answer.argmax()), [math.exp(float(value) / t) for value in teacher]
    cross, own = (-float((answer * q.log()).nan_to_num().sum()) for q in (other, answer))
    return [
        Check(
            f"probability of {names[best]} at T = {t:g}",
            float(answer[best]),
            exps[best] / sum(exps),
            f"exp({float(teacher[best]):.5g}/{t:g}) = {exps[best]:.5g}, Σ over {len(exps)} classes = {sum(exps):.5g}",
        ),
        Check(
            "divergence of the student’s answer, nats",
            float(distillation.divergence(teacher, student, t)),
            cross - own,
            f"cross-entropy {cross:.6g} − the teacher’s entropy {own:.6g}",
        ),
    ]


def bit_checks(place: Place) -> list[Check]:
    """The largest rounding error of the chosen matrix against half a step, and its packed integers read back."""
    weight = payload.matrix_layers(session.analysis().trace.model, place.layer)[place.matrix].weight.detach().float()
    steps, scale = quantization.quantise(weight, place.bits)
    furthest = float((weight - steps * scale).abs().div(scale).max())
    read = quantization.unpack(quantization.pack(steps, place.bits), place.bits, (weight.shape[0], weight.shape[1]))
    return [
        Check(
            "the furthest that a weight moves, in steps (at most ½)",
            furthest,
            min(furthest, 0.5),
            "max |W − Ŵ| / scale, and ½ where it is more",
        ),
        Check("sum of the integers", int(steps.long().sum()), int(read.long().sum()), f"packed into {place.bits} bits each and read back"),
    ]


def exports(place: Place) -> list[Export]:
    """The table as CSV, and the tensors behind the picture as NPZ."""
    chosen = session.current()
    name = f"practice-{place.demo}-{chosen.picture}-{chosen.image_size}-{chosen.patch_size}"

    if place.demo == "distil":
        return distil_exports(place, name)
    if place.demo in SCALED:
        return scales_explained.exports(place, name)

    def table() -> str:
        rows = runs.rows(runs.outcomes(ways.ways(place)), place)
        head = [
            "way",
            "image size",
            "patch size",
            "works with",
            "MACs",
            "time ratio",
            "peak bytes",
            "same class",
            "pictures",
            "mean cosine",
            "largest logit change",
        ]
        return csv_text(head, (csv_row(row) for row in rows))

    found = [Export("Results (CSV)", f"{name}.csv", "text/csv", table)]
    if place.demo in ("attention", "tokens", "bits"):
        found.append(Export("Tensors (NPZ)", f"{name}.npz", "application/octet-stream", lambda: npz_bytes(**tensors(place))))
    return found


def distil_exports(place: Place, name: str) -> list[Export]:
    """Both answers over the classes in common as CSV, the logits as NPZ; nothing where there is no pair."""
    try:
        teacher, student, names, _ = distil.logits_of(place)
    except ValueError:
        return []
    t = place.temperature

    def table() -> str:
        answers = (distillation.softened(logits, t).tolist() for logits in (teacher, student))
        return csv_text(["class", f"teacher at T = {t:g}", f"student at T = {t:g}"], zip(names, *answers, strict=True))

    def tensors_of() -> bytes:
        return npz_bytes(teacher=teacher.numpy(), student=student.numpy())

    return [
        Export("Answers (CSV)", f"{name}.csv", "text/csv", table),
        Export("Logits (NPZ)", f"{name}.npz", "application/octet-stream", tensors_of),
    ]


def csv_row(row: dict) -> list:
    said = row.get("pictures") or []
    same = sum(picture[1] for picture in said) if said and said[0][1] is not None else ""
    return [
        row["name"],
        *row["sizes"],
        row["counts"],
        row["macs"],
        row["ratio"],
        row["peak"],
        same,
        len(said) or "",
        row.get("cosine", ""),
        row.get("difference", ""),
    ]


def tensors(place: Place) -> dict[str, np.ndarray]:
    """What the picture is drawn from."""
    trace = session.analysis().trace
    if place.demo == "attention":
        return {"mask": attention_variants.mask(place.variant(), trace.layout).numpy()}
    if place.demo == "tokens":
        done = token_reduction.reduce(trace.model, trace.images, trace.patch_size, place.per_layer, place.method)
        return {"owners": done.owners[:, 0].numpy(), "logits": done.logits[0].numpy()} | {
            f"sizes{i}": size[0].numpy() for i, size in enumerate(done.sizes)
        }
    weight = payload.matrix_layers(trace.model, place.layer)[place.matrix].weight.detach().float()
    steps, scale = quantization.quantise(weight, place.bits)
    return {"weight": weight.numpy(), "steps": steps.numpy(), "scale": scale.numpy()}


def script(place: Place) -> str:
    """Python that makes the numbers of one row of the table: the way that is set, or of patch sizes and resolutions the first."""
    if place.demo == "distil":
        return distil_script(place)
    if place.demo in SCALED:
        return scales_explained.script(place)
    chosen = session.current()
    other, way = other_way(place)
    files = ", ".join(f'"{picture.file.name}"' for picture in cached.gallery().values())
    has_head = cached.model(chosen.model).config.num_classes > 0
    same = 'print("same class", sum(one.same for one in said), "of", len(said))\n' if has_head else ""
    return script_start(chosen) + (
        "from vit_core.study.efficiency import attention_variants, quantization, strategies, token_reduction\n"
        "from vit_core.study.altered import run_with\n\n\n"
        f"def own(images):\n    return run_with(model, images, {chosen.patch_size}, {{}})\n\n\n"
        f"{other}\n\n"
        f"def read(picture, size):\n    return vit_core.preprocess(picture, model, image_size=size)\n\n\n"
        f"# {way.name}, beside the model at {chosen.image_size} / {chosen.patch_size}\n"
        f"y = read(image, {way.image_size})\n"
        f'gallery = [vit_core.open_image(f"assets/images/{{name}}") for name in ({files})]\n'
        f"pairs = [(own(read(picture, {chosen.image_size})), other(read(picture, {way.image_size}))) for picture in gallery]\n"
        f"said = [strategies.agreement(*pair, has_head={has_head}) for pair in pairs]\n"
        f"{same}"
        'print("mean cosine", sum(one.cosine for one in said) / len(said))\n'
        'print("largest logit change", max(one.difference for one in said))\n'
        f'print("time ratio", strategies.time_ratio(lambda: own(x), lambda: other(y), {runs.REPEATS}))\n'
        'print("peak bytes", strategies.peak_bytes(lambda: other(y)))\n'
    )


def other_way(place: Place) -> tuple[str, ways.Way]:
    """The lines that define `other(images)`, the way whose row the script makes, and that way."""
    patch, compared = session.current().patch_size, ways.ways(place)
    if place.demo in ("patches", "sizes"):
        way = compared[0]
        return f"def other(images):\n    return run_with(model, images, {way.patch_size}, {{}})\n", way
    way = next((way for way in compared if runs.is_now(way, place)), compared[0])
    if place.demo == "attention":
        variant = place.variant()
        return (
            f'variant = attention_variants.Variant("{variant.kind}", {variant.size})\n'
            f"attend = dict.fromkeys(range({place.layers}), attention_variants.attend(variant, trace.layout))\n"
            "print(attention_variants.pairs(variant, trace.layout), attention_variants.mask(variant, trace.layout).sum())\n\n\n"
            f"def other(images):\n    return run_with(model, images, {patch}, attend)\n"
        ), way
    if place.demo == "tokens":
        return (
            "def other(images):\n"
            f'    done = token_reduction.reduce(model, images, {patch}, {place.per_layer}, "{place.method}")\n'
            "    return done.pooled, done.logits\n"
        ), way
    return (
        f"small = quantization.rounded(model, {place.bits})\n"
        f'print(quantization.bytes_on_disk(model, {place.bits}), quantization.bytes_on_disk(model, "fp32"))\n\n\n'
        f"def other(images):\n    return run_with(small, images, {patch}, {{}})\n"
    ), way


def distil_script(place: Place) -> str:
    """Python that runs teacher and student and compares their answers."""
    selection = session.current()
    start = script_start(selection)
    try:
        teacher, _ = distil.sides(place)
    except ValueError as error:
        return f"{start}# {error}\n"
    other = script_start(replace(selection, model=teacher.id, image_size=teacher.image_size, patch_size=teacher.patch_size))
    return (
        f"{start}student = trace\n\n{other}teacher = trace\n\n"
        "from vit_core.study.distillation import divergence, in_common, softened\n\n"
        "theirs, mine = in_common(teacher.config, student.config)\n"
        "y, z = teacher.logits[0, theirs], student.logits[0, mine]\n"
        f"print(softened(y, {place.temperature}).topk(3).values, divergence(y, z, {place.temperature}))\n"
        "print(teacher.top_k(1), student.top_k(1))\n"
    )
