"""One function for each browser component: what it is sent, and what comes back."""

import base64
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from plotly.colors import sample_colorscale, unlabel_rgb

from ui.kit import answers
from ui.kit.payload import layout_facts, pack, picture_array
from ui.kit.places import COMPONENTS
from ui.shell import stage_links

if TYPE_CHECKING:
    from ui.work.cached import Analysis

IMPORT = re.compile(r'^import [^;"]+ from "(\.\.?/[^"]+)";\n', re.MULTILINE)
COLOUR_TABLES = {"viridis": "Viridis", "cividis": "Cividis", "diverging": "RdBu_r"}


@cache
def colour_tables() -> str:
    """256 colours of each map as base64 of R, G, B bytes, sampled from Plotly's so that canvas and chart agree."""
    tables = {}
    for name, scale in COLOUR_TABLES.items():
        colours = sample_colorscale(scale, [i / 255 for i in range(256)])
        tables[name] = base64.b64encode(bytes(round(v) for colour in colours for v in unlabel_rgb(colour))).decode()
    return json.dumps(tables)


@cache
def script(name: str) -> str:
    """The ES module `<name>/main.js` of `assets/components/` with the modules it imports in front of it, as one inline module."""
    seen: list[Path] = []

    def collect(file: Path) -> None:
        for needed in IMPORT.findall(file.read_text()):
            if (found := (file.parent / needed).resolve()) not in seen:
                collect(found)
        seen.append(file)

    collect(COMPONENTS / name / "main.js")
    parts = []
    for file in seen:
        source = IMPORT.sub("", file.read_text())
        parts.append(source if file == seen[-1] else re.sub(r"^export ", "", source, flags=re.MULTILINE))
    return f"globalThis.__vitColourTables ??= {colour_tables()};\n" + "\n".join(parts)


@cache
def style(name: str) -> str:
    """The component's CSS after what all components share."""
    own = COMPONENTS / name / "style.css"
    return (COMPONENTS / "kit" / "shared.css").read_text() + (own.read_text() if own.exists() else "")


@cache
def component(name: str) -> Callable:
    """Register a component once a process."""
    return st.components.v2.component(f"vit_{name}", css=style(name), js=script(name))


def shell_strip(data: dict, on_change: Callable[[], None]):
    """The strip on top of every page. It is also where the browser's selection meets the server's.

    `data`: `selection` (the fields that views share), `echo` (the number of the last change received), and the strip's facts.
    Back come the state `change` `{"at": number, "values": {...}}` and the trigger `open` (a page's slug).
    """
    return component("strip")(key="strip", data=data, default={"change": None}, on_change_change=on_change, on_open_change=lambda: None)


def terms(payload: bytes):
    """The meaning of words under the pointer, on every page, from the bytes of `ui.glossary.payload.payload`. Back comes the trigger `open`: an entry's id."""
    return component("terms")(key="terms", data=payload, on_open_change=lambda: None)


def glossary(payload: bytes):
    """The glossary's stage, from the bytes of `ui.glossary.payload.page_payload`; search and entry come back through the strip, in `view`."""
    return component("glossary")(key="glossary", data=payload)


def gallery(pictures: list[dict], selected: str):
    """Thumbnails to choose a picture from: `pictures` is a list of id, title, alt and thumbnail address."""
    return component("gallery")(key="gallery", data={"pictures": pictures, "selected": selected})


def overview(payload: bytes):
    """The overview's stage: picture, tokens, flow and prediction, from the bytes of `overview_payload`."""
    return component("overview")(key="overview", data=payload)


def attention(payload: bytes):
    """The attention explorer, from the bytes of `attention_payload`.

    Back comes the trigger `check`: layer, head, query, key, and the weight that the browser computed.
    """
    return component("attention")(key="attention", data=payload, on_check_change=lambda: None)


def patch_grid(payload: bytes):
    """The patch grid's stage, from the bytes of `ui.patch_grid.payload.payload`; its setting comes back through the strip."""
    return component("patch_grid")(key="patch_grid", data=payload)


def patch_shuffle(payload: bytes, on_shuffle: Callable[[], None]):
    """The shuffled patches, from the bytes of `ui.patch_grid.shuffle.payload`. Back comes the trigger `shuffle`: the number of the next order."""
    return component("patch_grid_shuffle")(key="patch_shuffle", data=payload, on_shuffle_change=on_shuffle)


def patch_embedding(payload: bytes):
    """The patch embedding's stage, from the bytes of `ui.patch_embedding.payload.payload`.

    Back comes the trigger `check`: patch, dimension, and the sum that the browser computed.
    """
    return component("patch_embedding")(key="patch_embedding", data=payload, on_check_change=lambda: None)


def patch_calculator(data: dict):
    """The embedding calculator. `data`: presets and the setting to start from; the setting comes back through the strip."""
    return component("patch_embedding_calculator")(key="patch_calculator", data=data)


def memory(payload: bytes):
    """The memory calculator, from the bytes of `ui.memory_scaling.payload.payload`; its setting comes back through the strip, in `view`."""
    return component("memory_scaling")(key="memory", data=payload)


def variants(payload: bytes):
    """The comparison of published models, from the bytes of `ui.model_variants.payload.payload`; what is picked comes back through the strip."""
    return component("model_variants")(key="variants", data=payload)


def attention_payload(analysis: "Analysis") -> bytes:
    """q and k `[L, T, D]` in float16, the log-sum-exp of every row `[L, heads, T]` in float32, and the picture."""
    trace = analysis.trace
    layers = range(trace.depth)

    def by_token(name: str) -> np.ndarray:
        rows = [getattr(trace.block(layer), name)[0].transpose(0, 1).flatten(1).half().numpy() for layer in layers]
        return np.stack(rows)

    lse = np.stack([trace.block(layer).attention.log_sum_exp()[0].numpy() for layer in layers])
    arrays = {"q": by_token("q"), "k": by_token("k"), "lse": lse, "picture": picture_array(analysis.shown)}
    return pack(arrays, **layout_facts(analysis.trace))


def overview_payload(analysis: "Analysis") -> bytes:
    """Patch embeddings and tokens in float16, what [CLS] looks at in each layer (mean over heads), the probabilities, the picture.

    Without [CLS] the patches' attention, averaged; without a head the features instead of probabilities.
    """
    trace = analysis.trace
    readers = trace.layout.patches if trace.layout.cls is None else trace.layout.cls
    looks = np.stack([trace.attn_weights(layer, readers)[0].mean((0, 1)).numpy() for layer in range(trace.depth)])
    answer = answers.of_trace(trace, 5)
    arrays = {
        "embeddings": trace.patch_embeddings[0].half().numpy(),
        "tokens": trace.tokens[0].half().numpy(),
        "last": trace.resid(trace.depth)[0].half().numpy(),
        "looks": looks,
        "probs": (trace.probs if answer.top else trace.logits)[0].numpy(),
        "picture": picture_array(analysis.shown),
    }
    facts = {"top": answer.top, "classes": trace.config.num_classes, "length": answer.length, "reader": answers.reader(trace.layout)}
    return pack(arrays, **facts, links=stage_links(), **layout_facts(analysis.trace))


def maps(payload: bytes, key: str):
    """Maps over the picture, one for each token or layer: array `maps`, optional `flags`, and the facts `by`, `title` and `note`."""
    return component("attention_maps")(key=key, data=payload)


def heads(payload: bytes):
    """Every head as a dot by depth and measure, from the bytes of `whole_model.heads_payload`."""
    return component("attention_heads")(key="heads", data=payload)


def experiments(kind: str, payload: bytes):
    """One of the experiments, from the bytes of `ui.experiments.payload.show`; what is chosen comes back through the strip."""
    return component("experiments")(key=f"experiments_{kind}", data=payload)


def compare(payload: bytes):
    """Two analyses side by side, from the bytes of `ui.compare.payload.attention_payload` or `ui.compare.payload.overview_payload`."""
    return component("compare")(key="compare", data=payload)


def practice(payload: bytes):
    """The practice page's stage, from the bytes that `ui.practice.payload.stage` makes; its setting comes back through the strip, in `view`."""
    return component("practice")(key="practice", data=payload)


def practice_results(data: dict):
    """The table of a demonstration's results, from `ui.practice.page.results_data`."""
    return component("practice_results")(key="practice_results", data=data)
