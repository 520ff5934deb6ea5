"""The practice page: its tabs, the table of results, and what is explained under it."""

import io

import numpy as np
import streamlit as st

from ui.kit.components import component
from ui.kit.explain import Check, Export
from ui.kit.export import csv_text, npz_bytes, script_start
from ui.practice import payload as practice_payload
from ui.practice import runs as practice_runs
from ui.practice import setting as practice_setting
from ui.practice import ways as practice_ways
from ui.practice import words as practice_words
from ui.practice.formulas import formulas
from ui.practice.setting import DEMOS, Place
from ui.state import session
from ui.work import cached, watch
from ui.work.job import Macs
from vit_core import cost
from vit_core.study import altered, attention_variants, quantization, strategies, token_reduction

__all__ = ["CODE", "checks", "exports", "formulas", "results", "script", "stage", "tabs", "words"]

COMPARED = [strategies.agreement, strategies.time_ratio]
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
    "bits": [quantization.quantise, quantization.pack, quantization.Int8Linear, quantization.bytes_on_disk, *COMPARED],
}


def tabs() -> None:
    """The choice of demonstrations; only the open one is computed."""
    st.session_state["demonstration"] = practice_setting.place().demo
    st.segmented_control(
        "Demonstration",
        list(DEMOS),
        format_func=DEMOS.get,
        key="demonstration",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: practice_setting.choose(st.session_state["demonstration"]),
    )


def words(place: Place) -> None:
    """The open strategy in one sentence."""
    st.markdown(practice_words.WHAT[place.demo])


def stage(place: Place) -> None:
    """The open strategy's picture."""
    kind, macs, build = practice_payload.stage(place)

    def draw(data: bytes) -> None:
        component("practice")(key="practice", data=data)

    watch.payload("practice", kind, Macs(macs), build, draw, practice_words.RUNS[place.demo])


def results(place: Place) -> None:
    """The table, filled as the runs come in."""
    compared = practice_ways.ways(place)

    def show(found: list[practice_runs.Outcome]) -> None:
        component("practice_results")(key="practice_results", data=results_data(found, place))

    practice_runs.follow(place, compared, show)


def results_data(found: list[practice_runs.Outcome], place: Place) -> dict:
    """What the table is sent."""
    chosen = session.current()
    rows = practice_runs.rows(found, place)
    itself = next(row for row in rows if row["now"]) if place.demo in ("patches", "sizes") else rows[0]
    about = {
        "read": practice_words.READ[place.demo],
        "more": practice_words.MORE.get(place.demo, ""),
        "published": practice_words.published(place.demo),
    }
    own = f"{chosen.image_size} / {chosen.patch_size}, in fp32, with all tokens and full attention"
    return {"demo": place.demo, "rows": rows, "own": own, "picture": session.picture_title(), "itself": itself["ratio"], **about}


def checks(place: Place) -> list[Check]:
    """Closed forms against the same counted or measured."""
    trace = session.analysis().trace
    config, layout = trace.config, trace.layout
    if place.demo == "attention":
        variant = place.variant()
        seen = int(attention_variants.mask(variant, layout).sum())
        name = practice_ways.variant_name(variant)
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
    way = practice_ways.at_size(config, trace.image_size[0], trace.patch_size)
    parts = cost.macs(config, trace.image_size, trace.patch_size).parts()
    operands = " + ".join(f"{part:,}" for part in parts.values() if part)
    return [Check("multiply-accumulates at the app’s setting", way.macs, sum(parts.values()), operands)]


def bit_checks(place: Place) -> list[Check]:
    """The largest rounding error of the chosen matrix against half a step, and its packed integers read back."""
    weight = practice_payload.matrix_layers(session.analysis().trace.model, place.layer)[place.matrix].weight.detach().float()
    steps, scale = quantization.quantise(weight, place.bits)
    furthest = float((weight - steps * scale).abs().div(scale).max())
    read = quantization.unpack(quantization.pack(steps, place.bits), place.bits, tuple(weight.shape))
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

    def table() -> str:
        rows = practice_runs.rows(practice_runs.outcomes(practice_ways.ways(place)), place)
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
    weight = practice_payload.matrix_layers(trace.model, place.layer)[place.matrix].weight.detach().float()
    steps, scale = quantization.quantise(weight, place.bits)
    return {"weight": weight.numpy(), "steps": steps.numpy(), "scale": scale.numpy()}


def script(place: Place) -> str:
    """Python that makes the same numbers."""
    text, selection = io.StringIO(), session.current()
    text.write(script_start(selection))
    model_run = f"run_with(model, x, {selection.patch_size}, {{}})"
    if place.demo in ("patches", "sizes"):
        other = practice_ways.ways(place)[0]
        text.write(
            "from vit_core.study import strategies\nfrom vit_core.study.altered import run_with\n\n"
            f"y = vit_core.preprocess(image, model, image_size={other.image_size})\n"
            f"own, other = {model_run}, run_with(model, y, {other.patch_size}, {{}})\n"
            f"print(strategies.time_ratio(lambda: {model_run}, lambda: run_with(model, y, {other.patch_size}, {{}})))\n"
        )
    elif place.demo == "attention":
        variant = place.variant()
        text.write(
            "from vit_core.study import attention_variants, strategies\nfrom vit_core.study.altered import run_with\n\n"
            f'variant = attention_variants.Variant("{variant.kind}", {variant.size})\n'
            f"attend = {{layer: attention_variants.attend(variant, trace.layout) for layer in range({place.layers})}}\n"
            f"own, other = {model_run}, run_with(model, x, {selection.patch_size}, attend)\n"
            "print(attention_variants.pairs(variant, trace.layout), attention_variants.mask(variant, trace.layout).sum())\n"
        )
    elif place.demo == "tokens":
        text.write(
            "from vit_core.study import strategies, token_reduction\nfrom vit_core.study.altered import run_with\n\n"
            f'done = token_reduction.reduce(model, x, {selection.patch_size}, {place.per_layer}, "{place.method}")\n'
            f"own, other = {model_run}, (done.pooled, done.logits)\n"
            "print(done.counts)\n"
        )
    else:
        text.write(
            "from vit_core.study import quantization, strategies\nfrom vit_core.study.altered import run_with\n\n"
            f"small = quantization.rounded(model, {place.bits})\n"
            f"own, other = {model_run}, run_with(small, x, {selection.patch_size}, {{}})\n"
            f'print(quantization.bytes_on_disk(model, {place.bits}), quantization.bytes_on_disk(model, "fp32"))\n'
        )
    has_head = cached.model(selection.model).config.num_classes > 0
    text.write(f"print(strategies.agreement(own, other, has_head={has_head}))\n")
    return text.getvalue()
