"""What the comparison of published models is sent."""

import re
from dataclasses import asdict
from typing import Any

import vit_core
from published.results import POOLED, family, macs_at, result
from ui.kit.config_facts import config_facts
from ui.kit.payload import pack
from vit_core.presets import NOT_PLAIN, SOURCES, ModelSpec, specs


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


def stage() -> bytes:
    """What the comparison is sent, once: every row of the table of models."""
    return pack({}, rows=[row(spec) for spec in specs()])
