"""The views that can be one file: which components each has, and what these are sent for a trace."""

import time

import torch

import vit_core
from ui.attention import payload as attention
from ui.compare import payload as compare
from ui.glossary import payload as glossary
from ui.kit.payload import layout_facts
from ui.overview import payload as overview
from ui.patch_embedding import payload as embedding
from ui.patch_grid import payload as grid
from ui.patch_grid.setting import Setting
from ui.positional_encoding import payload as positions
from ui.standalone import views_with_runs as runs
from ui.standalone.asked import Asked, View
from ui.standalone.parts import Part, part
from ui.work.analysis import Answered
from vit_core.config import ViTConfig
from vit_core.data.bundled import bundled
from vit_core.readout import Answer
from vit_core.trace import ViTTrace


def attention_parts(asked: Asked) -> list[Part]:
    """The explorer: q and k of every layer. What each row is divided by, the browser computes when it is asked for."""
    return [part("attention", attention.explorer(asked.found))]


def patches_parts(asked: Asked) -> list[Part]:
    """The cut, with the model's own pixels and its kernel, and how long the model takes."""
    found, chosen = asked.found, asked.chosen
    trace = found.trace
    setting = Setting(chosen.image_size, chosen.patch_size)
    done = Answered(trace.images, trace.layout, trace.patch_size, found.seconds or seconds(trace), Answer.of(trace, 5), found.shown)
    return [part("patch_grid", grid.stage(chosen, setting, done, asked.image or found.shown, asked.picture, trace.model))]


def seconds(trace: ViTTrace) -> float:
    """How long one more run over the same picture takes."""
    start = time.perf_counter()
    trace.model(trace.images, trace.patch_size)
    return time.perf_counter() - start


def embedding_parts(asked: Asked) -> list[Part]:
    """The dot product of a patch and one row of the kernel, the filters, and what the embedding keeps."""
    return [part("patch_embedding", embedding.stage(asked.found))]


def positions_parts(asked: Asked) -> list[Part]:
    """The tables of positions, and the picture with its positions broken, every way of it computed."""
    trace = asked.found.trace
    tables = positions.model_tables(trace.model)
    explorer = positions.explorer(tables, asked.model, "Trained", layout_facts(trace))
    return [
        part("positional_encoding", explorer),
        part("positional_encoding_break", positions.trials(asked.found, without_positions(trace))),
    ]


def without_positions(trace: ViTTrace) -> dict | None:
    """What was measured on the validation set with other positions, if the model is one that ships; else None."""
    for row in bundled():
        model = vit_core.load(row.weights)
        if model.config == trace.config and torch.equal(model.pos_embed, trace.model.pos_embed):
            return row.measures.get("without_positions")
    return None


def compare_parts(asked: Asked) -> list[Part]:
    """Attention of one layer in two traces, side by side. ValueError without a second one."""
    if asked.other is None:
        raise ValueError("The view “compare” needs a second trace: other=….")
    here, there = asked.found.trace, asked.other.found.trace
    if here.model is not there.model:
        differs, titles = "model", [asked.model, asked.other.model]
    elif here.image_size != there.image_size or here.patch_size != there.patch_size:
        differs, titles = "setting", [f"{trace.image_size[0]} / {trace.patch_size}" for trace in (here, there)]
    else:
        differs, titles = "picture", [asked.picture, asked.other.picture]
    facts = {"differs": differs, "titles": titles, "said": [], "sameRows": differs != "model"}
    return [part("compare", compare.attention(asked.found, asked.other.found, asked.chosen.layer, **facts))]


def memory_parts(asked: Asked) -> list[Part]:
    """The memory calculator with the trace's model beside the published ones."""
    return [memory_part(asked.found.trace.config)]


def memory_part(config: ViTConfig) -> Part:
    """The memory calculator with a model beside the published ones. ImportError without Plotly, which draws its curves."""
    from ui.memory_scaling import payload as memory  # Plotly, which the other views do not need

    name, own = memory_name(config), vit_core.load().config
    return part("memory_scaling", memory.stage({"bundled": own, name: config, **vit_core.presets}, name))


def memory_name(config: ViTConfig) -> str:
    """What the memory calculator calls a model."""
    return "bundled" if config == vit_core.load().config else config.name


def variants_parts(_: Asked) -> list[Part]:
    """The comparison of published models."""
    from ui.model_variants import payload as variants

    return [part("model_variants", variants.stage())]


def performance_parts(_: Asked) -> list[Part]:
    """Published results."""
    from ui.performance import payload as performance

    return [part("performance", performance.stage())]


def glossary_parts(asked: Asked) -> list[Part]:
    """Every term, with its size in the trace."""
    return [part("glossary", glossary.stage(asked.found.trace))]


def story_parts(asked: Asked) -> list[Part]:
    """The half minute from pixels to the answer."""
    return [part("overview_story", overview.story(asked.found))]


VIEWS: dict[str, View] = {
    "attention": View("attention", attention_parts),
    "patches": View(
        "patch_grid",
        patches_parts,
        lead="Drag resolution and patch size: the cut follows. Point at a patch to see its pixels.",
    ),
    "embedding": View("patch_embedding", embedding_parts),
    "positions": View("positional_encoding", positions_parts),
    "compare": View(
        "attention",
        compare_parts,
        title="Two side by side",
        lead="Point at either picture: both show where that patch looks.",
    ),
    "memory": View("memory_scaling", memory_parts),
    "variants": View("model_variants", variants_parts),
    "performance": View("performance", performance_parts),
    "glossary": View("glossary", glossary_parts),
    "walkthrough": View("walkthrough", runs.walkthrough_parts),
    "features": View("features", runs.features_parts),
    "experiments": View("experiments", runs.experiments_parts),
    "practice": View("practice", runs.practice_parts),
    "choosing": View("choosing", runs.choosing_parts),
    "lessons": View("lessons", runs.lessons_parts),
    "story": View("overview", story_parts, title="How a Vision Transformer sees", lead="Half a minute, told on one picture."),
}
