"""What the comparison of published models is sent."""

import re
from dataclasses import asdict
from typing import Any

import plotly.graph_objects as go

import vit_core
from published.derived import metric
from published.evidence import accuracy_texts
from published.results import POOLED, Result, family, macs_at, result
from ui.kit.charts import looks, packed
from ui.kit.config_facts import config_facts
from ui.kit.payload import pack
from vit_core.presets import NOT_PLAIN, SOURCES, Accuracy, ModelSpec, specs
from vit_figures.results import DATA_COLOURS, PROTOCOL_SHAPES
from vit_figures.results import Result as Shown
from vit_figures.results import accuracy as drawing


def published(text: str) -> list[float]:
    """The parameter counts that a table's text names: `307M(V1)/303M(Z2)` gives two."""
    return [float(number) * 1e6 for number in re.findall(r"(\d+(?:\.\d+)?)M", text)]


def note(spec: ModelSpec) -> str:
    """What one must know to compare the computed figures with the published."""
    if spec.name in NOT_PLAIN:
        return f"Not computed here: {NOT_PLAIN[spec.name]}. The figures are the table’s."
    if spec.name in POOLED:
        return "Published with an attention pooling head; the computed figures leave it out."
    return ""


def row(spec: ModelSpec) -> dict[str, Any]:
    """One model, as the component shows it."""
    config = vit_core.presets.get(spec.name)
    accuracies = [(accuracy, result(spec, accuracy)) for accuracy in spec.top1]
    return {
        "name": spec.name,
        "family": family(spec.name),
        "facts": None if config is None else config_facts(config),
        "note": note(spec),
        "patch": spec.patch_size,
        "depth": spec.depth,
        "dim": spec.embed_dim,
        "heads": spec.num_heads,
        "hidden": spec.mlp_hidden,
        "exact": spec.params_exact,
        "published": spec.params_published,
        "publishedCount": published(spec.params_published)[0],
        "gmacs224": spec.gmacs_224,
        "evalSize": spec.eval_size,
        "gmacsEval": spec.gmacs_eval,
        "top1": [
            {
                "value": a.value,
                "setting": a.setting,
                "source": SOURCES[a.source],
                "note": a.note,
                "macs": macs_at(spec, r.size),
                **asdict(r),
            }
            for a, r in accuracies
        ],
        "sources": [SOURCES[source] for source in spec.sources],
    }


def charted() -> list[tuple[ModelSpec, Accuracy, Result]]:
    """The results that the charts show, in their order: ReaL labels are another measure and left out."""
    every = [(spec, accuracy, result(spec, accuracy)) for spec in specs() for accuracy in spec.top1]
    return [found for found in every if found[2].protocol in PROTOCOL_SHAPES and found[2].data in DATA_COLOURS]


def sizes() -> list[go.Figure]:
    """Accuracy against parameters and against compute; choosing a point chooses its place in `charted`."""
    by_count, by_macs = [], []
    for number, (spec, accuracy, found) in enumerate(charted()):
        size = f"{found.size} px" if found.size_stated else "size not stated"
        source = SOURCES[accuracy.source] + (f" ({accuracy.note})" if accuracy.note else "")
        told = {"top1_text": f"top-1 {accuracy_texts()[spec.name, accuracy.setting]}%", "source": source, "data": found.data}
        told |= {"what": " · ".join((spec.name, found.data, found.protocol, size)), "protocol": found.protocol}
        count, macs = spec.params_exact, macs_at(spec, found.size)
        by_count.append(Shown(count, accuracy.value, x_text=f"{metric(count)} parameters", link=number, **told))
        if macs:
            at = "" if found.size_stated else f" at {found.size} px"
            by_macs.append(Shown(macs, accuracy.value, x_text=f"{metric(macs)} MACs{at}", link=number, **told))
    return [
        drawing(by_count, "Parameters and accuracy", "parameters (log)", height=420, phone=560),
        drawing(by_macs, "Compute and accuracy", "MACs a picture at its read-out size (log)", height=420, phone=560),
    ]


def stage() -> bytes:
    """What the comparison is sent, once: every row of the table of models, and the charts."""
    names = [spec.name for spec, *_ in charted()]
    figures = [packed(one) for one in sizes()]
    return pack({}, rows=[row(spec) for spec in specs()], protocols=list(PROTOCOL_SHAPES), charted=names, figures=figures, looks=looks())
