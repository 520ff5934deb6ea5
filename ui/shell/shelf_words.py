"""The words of the dialog "Models", as HTML and Markdown."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.work.job import Job
    from vit_core import ViTConfig
    from vit_core.data.shelf import Preset, Row

MB = 10**6
STYLE = """<style>
.shelf-row p { margin: 0; }
.shelf-row .name { font-weight: 650; }
.shelf-row .facts, .shelf-row .state { font-variant-numeric: tabular-nums; font-size: 0.92rem; opacity: 0.82; }
.shelf-row .why { font-size: 0.97rem; }
.shelf-row .state { display: flex; align-items: center; gap: 0.6rem; min-height: 1.5rem; }
.shelf-row .bar { flex: none; width: 9rem; height: 0.4rem; border-radius: 0.2rem; overflow: hidden;
  background: color-mix(in srgb, currentColor 22%, transparent); }
.shelf-row .bar i { display: block; height: 100%; background: #0072b2; }
.shelf-family { margin: 0; font-size: 0.92rem; opacity: 0.82; }
[class*="st-key-shelf_"] button p { white-space: normal; overflow: visible; text-overflow: clip; }
[class*="st-key-shelf_"] { border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); padding-top: 0.5rem; }
</style>"""


def lead(held: int, count: int, on: bool) -> str:
    """What the shelf is."""
    how = "" if on else " Downloads are switched off on this server (VIT_HUB=off): see “Without a network” below."
    return (
        f"Every page works with every one of these. {held} of the {count} published ones are on this machine. Below each name: width × "
        f"layers × heads, side of a patch, learned numbers of the ViT.{how}"
    )


def megabytes(count: int) -> str:
    return f"{count / MB:,.1f} MB"


def facts(config: "ViTConfig", parameters: int) -> str:
    """A model's sizes on one line."""
    classes = f"{config.num_classes:,} classes" if config.num_classes else "no classifier"
    shape = f"{config.embed_dim} × {config.depth} × {config.num_heads}"
    patch = f"patches of {config.patch_size} px"
    return f"{shape} · {patch} · {parameters / MB:,.1f} M parameters · {classes}"


def item(name: str, about: str, why: str, state: str) -> str:
    """Four lines that are always there, so that nothing moves when one of them changes."""
    return (
        f"<div class='shelf-row'><p class='name'>{escape(name)}</p><p class='facts'>{escape(about)}</p>"
        f"<p class='why'>{escape(why)}</p><div class='state'>{state}</div></div>"
    )


def bundled(title: str, config: "ViTConfig") -> str:
    """A model that comes with the app."""
    from vit_core.cost import parameters

    why = "It runs at any resolution and patch size of the sliders." if config.flexible else "It runs as it was trained."
    return item(title, facts(config, parameters(config).total), why, "comes with the app")


def row(of: "Row", state: str) -> str:
    """A published model."""
    return item(of.title, facts(of.config, of.parameters), of.why, state)


def preset(of: "Preset", state: str) -> str:
    """A comparison."""
    return item(of.title, f"At {of.image_size} px, each with its own patch size", of.why, state)


def family(of: "Row") -> str:
    """What the models of a publication share."""
    shared = of.family
    besides = f" A file also holds {escape(of.what)}, {megabytes(4 * of.besides)} of it." if of.besides else ""
    return (
        f"<p class='shelf-family'>Trained on {escape(shared.trained_on)}. Licence of the weights: {escape(shared.licence)}. "
        f"{escape(shared.paper)}.{besides}</p>"
    )


def of_row(of: "Row", here: bool, part: int, ended: "Job | None") -> str:
    """Whether a model is here, or what it takes; and why its download ended early."""
    if here:
        return "on this machine"
    if ended is not None and ended.problem:
        return said(ended.problem)
    return said(f"Stopped: {megabytes(part)} of {megabytes(of.bytes)} are here") if part else f"{megabytes(of.bytes)} to download"


def of_preset(there: int, count: int, ended: "Job | None") -> str:
    """How many of a comparison's models are here; and why the last download ended early."""
    if ended is not None and ended.outcome:
        return said(ended.outcome)
    return f"{there} of {count} models on this machine"


def said(text: str) -> str:
    return f"<span role='status'>{escape(text)}</span>"


def pair(one: "Row", other: "Row", missing: "Sequence[Row]") -> str:
    """The button of a pair."""
    beside = other.title.removeprefix(f"{one.family.title} ")
    both = f"{one.title} beside {beside}"
    return f"Download {both} ({megabytes(sum(row.bytes for row in missing))})" if missing else f"Compare {both}"


def heading(text: str) -> str:
    """Above a part of the dialog."""
    return f"<h3 class='vit-part'>{escape(text)}</h3>"


def progress(job: "Job") -> str:
    """How far a download is."""
    left = job.left
    line = job.line(job) + (f", about {left:.0f} s left" if left is not None else "")
    share = round(100 * job.share)
    bar = f"<span class='bar' role='progressbar' aria-label='{escape(job.what)}' aria-valuenow='{share}'>"
    return f"{bar}<i style='width:{share}%'></i></span><span>{escape(line)}</span>"


def offline(names: Sequence[str], held: dict[str, str]) -> str:
    """How to bring models to a machine without a network."""
    there = [name for name in names if name in held]
    missing = next((name for name in names if name not in held), names[0])
    on = f"Already here: {', '.join(f'`{name}`' for name in there)}." if there else "None of them is here yet."
    return (
        f"{on} To bring others, run this where there is a network, and copy the folder `models` to this machine:\n\n"
        f"```\npython -m vit_core.checkpoints fetch {missing} --to models\n```\n\n"
        "Then start the app with `make app MODELS=models`. Without a name, `fetch` lists all."
    )
