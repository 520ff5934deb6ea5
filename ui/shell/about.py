"""The model's card in the app: what it is made of, its files; for the bundled one also what it was trained on and how often it is right."""

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ui.state import session
from ui.work import cached, models

if TYPE_CHECKING:
    from vit_core import ViTConfig

EVEN_CHANCE = 0.5


def verdict(probability: float) -> str:
    """How the strip introduces an answer: below an even chance, the model is unsure, and the page says so."""
    return "says" if probability >= EVEN_CHANCE else "unsure, perhaps"


def button() -> None:
    """Opens the card."""
    if st.button("About this model", key="about", width="stretch"):
        card()


@st.dialog("About this model", width="large")
def card() -> None:
    """What the chosen model is made of and where it comes from; for the bundled one, the card that lies beside its weights."""
    selection = session.current()
    source, config = cached.sources()[selection.model], cached.model(selection.model).config
    st.markdown(f"**{source.title}** ({models.KINDS[source.kind]})")
    st.html(table(facts(config)))
    st.markdown("**Files**")
    st.html(table(files(source)))
    if source.bundled is not None:
        trained(source.bundled.card)


def facts(config: "ViTConfig") -> list[tuple[str, str]]:
    """A model's configuration in words, its parameters counted, and what happens to a picture before it."""
    from vit_core import cost
    from vit_core.readout import prefix_words, readout

    counted, prepared = cost.parameters(config), config.preprocessing
    side = config.image_size if isinstance(config.image_size, int) else " × ".join(map(str, config.image_size))
    extra = [name for name, present in (("layer scale", config.layer_scale), ("norm before the first layer", config.pre_norm)) if present]
    prefix = prefix_words(config.layout(config.native_grid))
    kernel = "" if config.kernel == config.patch_size else f", kernel stored at {config.kernel} px"
    rows, cols = config.native_grid
    return [
        ("parameters", f"{counted.total:,}"),
        ("layers, heads of each", f"{config.depth}, {config.num_heads}"),
        ("width", f"{config.embed_dim} ({config.head_dim} a head)"),
        ("MLP", f"{config.mlp_hidden} hidden, {'SwiGLU' if config.ffn == 'swiglu' else config.act.replace('_', ' ')}"),
        ("trained at", f"{side} px, patches of {config.patch_size} px{kernel}"),
        ("positions", f"learned, {rows} × {cols}, {config.pos_interpolation.replace('_antialias', ', antialiased')} to other grids"),
        ("tokens in front", prefix or "none"),
        ("reads the answer from", readout(config).name),
        (
            "answer",
            f"{config.num_classes:,} classes{'' if config.labels else ', without names'}{', by text features' if config.projection else ''}"
            if config.num_classes
            else "features, no classifier",
        ),
        ("normalisation", f"LayerNorm, ε = {config.norm_eps:g}{''.join(f', {text}' for text in extra)}"),
        ("pixels", f"/ 255, − {numbers(prepared.mean)}, ÷ {numbers(prepared.std)}, resized {prepared.interpolation}"),
    ]


def numbers(values: tuple[float, ...]) -> str:
    """One value, if all are the same; else all."""
    return f"{values[0]:.4g}" if len(set(values)) == 1 else f"({', '.join(f'{value:.4g}' for value in values)})"


def files(source: "models.Source") -> list[tuple[str, str]]:
    """Each file with its size and checksum, the revision, and what a person added."""
    listed = []
    for path in source.files:
        stat = path.stat()
        listed.append((path.name, f"{stat.st_size / 1e6:.4g} MB, SHA-256 {cached.checksum(path, stat.st_size, stat.st_mtime_ns)}"))
    if source.revision:
        listed.append(("revision", source.revision))
    said = [name.replace("_", " ") for name in source.facts]
    return [*listed, *([("said by you", ", ".join(said))] if said else [])]


def table(lines: list[tuple[str, str]]) -> str:
    """Names and values as HTML."""
    cells = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in lines)
    return f"<div class='vit-check'><table class='vit-about'>{cells}</table></div>"


def trained(card: Path) -> None:
    """A card as it lies beside the weights; its figures are read from there too."""
    for part in re.split(r"(!\[[^\]]*\]\([\w.-]+\))", card.read_text(encoding="utf-8")):
        figure = re.fullmatch(r"!\[([^\]]*)\]\(([\w.-]+)\)", part)
        if figure:
            st.image((card.parent / figure[2]).read_text(encoding="utf-8"), caption=figure[1])
        else:
            st.markdown(part)
