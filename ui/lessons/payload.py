"""What the page of lessons is sent: the plans in words, with the answers of the running model and the links that open their views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from ui.kit.payload import pack
from ui.kit.registry import PAGES, spec_of
from ui.lessons.steps import STEPS, Seen, Told
from ui.state import view as link
from ui.state.selection import OPENED, Selection, Sizes


@dataclass(frozen=True)
class Plan:
    """A lesson: its steps by name, each with the minutes that it takes, or none where everyone goes at their own pace."""

    title: str
    about: str
    steps: Sequence[tuple[str, int]]

    @property
    def minutes(self) -> int:
        return sum(minutes for _, minutes in self.steps)


PLANS = {
    "school": Plan(
        "45 minutes for a school class",
        "For pupils who know what a pixel is. No formula is needed: they predict, look, and compare.",
        [("first_look", 5), ("the_cut", 8), ("another_cut", 7), ("strongest", 10), ("covering", 10), ("all_classes", 5)],
    ),
    "lecture": Plan(
        "90 minutes for a lecture",
        "For students who know matrices: from pixels to the answer, and what it costs. The formulas stand below each view.",
        [
            ("first_look", 5),
            ("the_cut", 8),
            ("one_number", 10),
            ("no_places", 10),
            ("strongest", 10),
            ("the_matrix", 10),
            ("near_and_far", 10),
            ("growing_answer", 10),
            ("doubled", 10),
            ("where_parameters_are", 7),
        ],
    ),
    "self": Plan(
        "On your own",
        "A path through all pages. Answer each question for yourself before you open what the model says.",
        [(name, 0) for name in STEPS],
    ),
}


def other_patch_size(chosen: Selection, sizes: Sizes) -> int | None:
    """The next larger patch size that divides the picture; the next smaller where there is none."""
    fitting = sizes.patch_sizes_for(chosen.image_size)
    larger = [size for size in fitting if size > chosen.patch_size]
    smaller = [size for size in fitting if size < chosen.patch_size]
    return min(larger) if larger else max(smaller, default=None)


def address(told: Told, slug: str, chosen: Selection, named: bool) -> str:
    """The link that opens a step's view, from the app's own address."""
    said = ""
    for component, values in told.view.items():
        said = link.changed(component, said, values)
    there = replace(chosen, **{**told.changes, "view": said})
    query = there.to_query(named or any(name in told.changes for name in OPENED))
    return f"{spec_of(slug).path}{'?' if query else ''}{urlencode(query)}"


def told_steps(seen: Seen) -> dict[str, Told]:
    """Every step that the model has something to show for."""
    found = {name: step.tell(seen) for name, step in STEPS.items()}
    return {name: told for name, told in found.items() if told is not None}


def plans(told: Mapping[str, Told], chosen: Selection, named: bool, setting: str, note: str) -> bytes:
    """All plans. `setting`: what the answers hold for; `note`: what their links do not carry."""
    steps = {name: _facts(name, one, chosen, named) for name, one in told.items()}
    rows = {
        key: {
            "title": plan.title,
            "about": plan.about,
            "minutes": plan.minutes,
            "steps": [steps[name] | {"minutes": minutes} for name, minutes in plan.steps if name in steps],
        }
        for key, plan in PLANS.items()
    }
    return pack({}, plans=rows, setting=setting, note=note, pages={spec.path: spec.title for spec in PAGES})


def _facts(name: str, told: Told, chosen: Selection, named: bool) -> dict[str, Any]:
    step = STEPS[name]
    words = {"question": told.question, "look": told.look, "answer": told.answer}
    return {"page": spec_of(step.slug).title, "title": step.title, "link": address(told, step.slug, chosen, named), **words}
