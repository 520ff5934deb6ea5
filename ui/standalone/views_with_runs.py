"""The views of pages that offer several things at once: of each, what a trace suffices for, with the runs of the model that it takes."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from ui.choosing import payload as choosing
from ui.experiments import sent as experiments
from ui.features import payload as features
from ui.kit.payload import data_uri
from ui.lessons import payload as lessons
from ui.lessons.steps import Seen
from ui.standalone.asked import Asked
from ui.standalone.parts import Part, part
from ui.state import view as link
from ui.state.selection import sizes_of
from ui.walkthrough import payload as walkthrough
from vit_core.study import ablation, perturbation
from vit_core.study.effect import Followed
from vit_core.study.explanations import gradients
from vit_core.study.explanations.methods import explained
from vit_core.study.opening import opening
from vit_core.trace import ViTTrace

THUMBNAIL = 96


def walkthrough_parts(asked: Asked) -> list[Part]:
    """All nine steps, those of attention and of the MLP in one layer; without the gallery's patches that drive the neurons."""
    found, layer = asked.found, asked.chosen.layer
    made = [walkthrough.layer_payload(found, name, layer) for name in ("attention", "mlp")] + [walkthrough.layers_payload(found)]
    return [part("walkthrough", walkthrough.base_payload(found)), *(part("walkthrough_part", data) for data in made)]


def subject_of(trace: ViTTrace) -> int:
    """The token of the patch that a picture is best opened with."""
    return trace.layout.num_prefix_tokens + opening(trace).patch


def nothing() -> torch.Tensor:
    """Stands for the gallery's means, of which a trace knows nothing."""
    raise ValueError("What a place has in all pictures is known of the gallery alone: the view “features” of a trace has no “content”.")


def features_parts(asked: Asked) -> list[Part]:
    """How alike the tokens of a layer are, and every layer's components. ValueError for the other tabs: they need more pictures or runs."""
    said = link.read("features", asked.chosen.view)
    if said["look"] != "alike":
        raise ValueError(f'The view “features” of a trace has “Alike and apart” (look="alike"); “{said["look"]}” is in the app.')
    here, trace, layer = features.Setting(said["rows"], said["content"]), asked.found.trace, asked.chosen.layer
    subject = subject_of(trace)
    alike = features.likeness(asked.found, about_of(asked), subject, layer, here, nothing, 0)
    return [part("features", alike), part("features_components", features.directions(asked.found, subject, here, nothing))]


def about_of(asked: Asked) -> str:
    """What a payload belongs to."""
    return f"{asked.model} {asked.picture} {asked.chosen.image_size} {asked.chosen.patch_size}"


def all_of(parts: Iterable[torch.Tensor]) -> np.ndarray:
    """The numbers that the steps of a work give."""
    return torch.cat(list(parts)).float().numpy()


def experiments_parts(asked: Asked) -> list[Part]:
    """Every patch covered, every head silenced, or the explanations of the likeliest class; the model is run for it here. ValueError for
    the other experiments, and for explanations of a model without classes."""
    found, trace = asked.found, asked.found.trace
    kind, shown = link.read("experiments", asked.chosen.view, "exp"), about_of(asked)
    if kind == "occlusion":
        drops = all_of(perturbation.occlusion_drops(trace, Followed.of(trace)))
        attention = experiments.attention_maps(trace).float().numpy()
        facts: dict[str, Any] = {"correlation": experiments.agreeing(attention, drops)}
        arrays = {"drops": drops, "attention": attention}
    elif kind == "heads":
        arrays, facts = {"drops": all_of(ablation.head_drops(trace, Followed.of(trace)))}, {}
    elif kind == "explain":
        asks = gradients.asked(trace)
        maps, measured = experiments.split(all_of(explained(trace, asks)), trace.layout.num_patches)
        arrays, facts = {"maps": maps}, {"measured": measured, **experiments.facts_of(trace, asks)}
    else:
        raise ValueError(f'The view “experiments” of a trace is exp="occlusion", "heads" or "explain"; “{kind}” is in the app.')
    return [part("experiments", experiments.packed_kind(kind, arrays, found, shown, **facts))]


def practice_parts(asked: Asked) -> list[Part]:
    """One strategy beside the model as it is: other patch sizes or resolutions, other attention, fewer tokens or bits. ValueError for
    what needs a teacher or the gallery, ImportError without the extra `app`, whose page it is."""
    from ui.practice import payload as practice  # Streamlit and Plotly, which the other views do not need
    from ui.practice import setting

    trace = asked.found.trace
    place = setting.read(asked.chosen.view, trace.config, trace.layout)
    if place.demo in ("patches", "sizes"):
        return [part("practice", practice.sizes(place, asked.found, asked.image or asked.found.shown))]
    makes = {"attention": practice.attention, "tokens": practice.tokens, "bits": practice.bits}
    if place.demo not in makes:
        raise ValueError(f"The view “practice” of a trace has {', '.join(('patches', 'sizes', *makes))}; “{place.demo}” is in the app.")
    return [part("practice", makes[place.demo](place, asked.found))]


def choosing_parts(asked: Asked) -> list[Part]:
    """The guide, which depends on no picture, and what carries over to later works, on this one alone."""
    whole = asked.image or asked.found.shown
    short = min(whole.size)
    left, top = (whole.width - short) // 2, (whole.height - short) // 2
    pair = {"title": asked.picture, "src": data_uri(whole.crop((left, top, left + short, top + short)), THUMBNAIL)}
    cards = choosing.carried_over(asked.found, [pair], [choosing.in_whole_patches(asked.picture, whole)], asked.model)
    return [part("choosing", choosing.guide()), part("choosing_next", cards)]


def lessons_parts(asked: Asked) -> list[Part]:
    """The three plans, with the answers that the model gives for this picture; their views are in the app."""
    chosen, trace = asked.chosen, asked.found.trace
    seen = Seen(trace, chosen.layer, chosen.head, chosen.model, lessons.other_patch_size(chosen, sizes_of(trace.config)))
    setting = f"{asked.model}, {asked.picture}, {chosen.image_size} / {chosen.patch_size}"
    note = "The views that the steps open are in the app."
    return [part("lessons", lessons.plans(lessons.told_steps(seen), chosen, True, setting, note))]
