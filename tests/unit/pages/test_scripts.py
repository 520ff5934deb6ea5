"""Every script that a page offers, run in a fresh process from the project's folder: what it prints are the numbers of its page.

One process runs them all (`tests/support/run_scripts.py`). It imports nothing of the app, so that a script that needs more than it says
fails there.
"""

import csv
import io
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import ui.attention.explained as attention
import ui.choosing.explained as choosing
import ui.experiments.explained as experiments
import ui.features.explained as features
import ui.glossary.explained as glossary
import ui.lessons.payload as lessons
import ui.lessons.script as lesson_script
import ui.memory_scaling.explained as memory_scaling
import ui.model_variants.explained as model_variants
import ui.overview.explained as overview
import ui.patch_embedding.explained as patch_embedding
import ui.patch_grid.explained as patch_grid
import ui.performance.explained as performance
import ui.positional_encoding.explained as positional_encoding
import ui.practice.explained as practice
import ui.walkthrough.explained as walkthrough
from published import evidence, guide, guide_situation
from published.guide_rules import RULES
from ui.experiments import payload as of_experiments
from ui.kit import registry
from ui.kit.explain import NEEDS
from ui.lessons.steps import Seen
from ui.memory_scaling.setting import read_setting
from ui.patch_embedding.setting import Calculation
from ui.patch_grid import page as grid_page
from ui.patch_grid.setting import Setting
from ui.practice import runs
from ui.practice.setting import COMPARED, read
from ui.state import session
from ui.state.selection import Selection
from ui.walkthrough.words import SLUGS
from ui.work import cached
from ui.work.jobs import jobs
from vit_core import cost, presets
from vit_core.analysis import attention_distance
from vit_core.readout import Answer
from vit_core.study import ablation, effect, perturbation

ROOT = Path(__file__).resolve().parents[3]
RUNNER = ROOT / "tests" / "support" / "run_scripts.py"
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:[eE][-+]?\d+)?")
SELECTION = Selection(picture="coffee", image_size=64, layer=5, head=2, token=9)
TABS = ("occlusion", "curves", "heads", "tokens")
LOOKS = ("groups", "pair", "gallery", "layers")  # tabs of the features page beside the first
KNOWN = {"occlusion": "drop", "heads": "drop", "tokens": "moved"}  # a column of the tab's table that its script prints

Shown = list[float | str]
Case = tuple[str, Shown]
"""A script, and numbers or words of its page that it has to print."""


def missing(printed: str, shown: Shown) -> Shown:
    """What of a page does not stand in what its script printed: words as they are, numbers to four digits."""
    found = [float(text.replace(",", "")) for text in NUMBER.findall(printed)]

    def absent(value: float | str) -> bool:
        if isinstance(value, str):
            return value not in printed
        return min((abs(one - value) for one in found), default=np.inf) > max(6e-5, 1e-4 * abs(value))

    return [value for value in shown if absent(value)]


def column(text: str, name: str) -> list[float]:
    """A column of a page's table as it is exported."""
    return [float(row[name]) for row in csv.DictReader(io.StringIO(text))]


def of_step(trace, step: str) -> list[float]:
    """What the walkthrough shows of the chosen row, as its script prints it."""
    row = torch.tensor(walkthrough.row_of(trace, SELECTION, step))
    printed = {"cls": [row.norm()], "layers": [row.norm()], "mlp": row.sort(descending=True).values[:8], "classifier": row.topk(5).values}
    return [float(value) for value in printed.get(step, [*row[:3], *row[-3:]])]


def of_trace(analysis: cached.Analysis) -> dict[str, Case]:
    """The pages that show the current picture."""
    trace = analysis.trace
    first, patch = trace.layout.num_prefix_tokens, SELECTION.token - trace.layout.num_prefix_tokens
    done = cached.Answered(trace.images, trace.layout, trace.patch_size, 0.0, Answer.of(trace, 5), analysis.shown)
    chances = [probability for _, probability in trace.top_k(5)]
    sums = {check.name: check.shown for check in patch_embedding.checks(trace, patch, None, Calculation())}
    weights = column(attention.exports(trace, SELECTION)[0].make(), "weight")
    alike = column(positional_encoding.exports(trace, SELECTION)[0].make(), "similarity")
    shapes = [f"{name} {list(glossary.tensor(trace, name, SELECTION.layer).shape)}" for name in (*glossary.OF_TRACE, *glossary.OF_BLOCK)]
    assert grid_page.subject(SELECTION, trace.layout) == patch and first == 1
    return {
        "overview": (overview.script(SELECTION), chances),
        "attention": (attention.script(trace, SELECTION), sorted(weights)[-5:]),
        "patch_grid": (patch_grid.script(done, SELECTION, Setting(64, 16), patch), [*trace.patches[0, patch, :6].tolist(), *chances[:3]]),
        "patch_embedding": (patch_embedding.script(SELECTION, patch), [next(iter(sums.values()))]),
        "positional_encoding": (positional_encoding.script(trace, SELECTION), [*sorted(alike)[-6:], chances[0]]),
        "features": (features.script(trace, SELECTION), [*sorted(column(features.exports(trace, SELECTION)[0].make(), "cosine"))[-6:]]),
        "glossary": (glossary.script(trace, SELECTION), shapes),
        "lessons": of_lessons(Seen(trace, SELECTION.layer, SELECTION.head, "bundled", 8)),
        **{f"walkthrough {step}": (walkthrough.script(trace, SELECTION, step), of_step(trace, step)) for step in SLUGS},
    }


def of_lessons(seen: Seen) -> Case:
    """Counts of the answers as they are, and of what is rounded there the numbers behind it."""
    trace, told = seen.trace, lessons.told_steps(seen)
    counts = [float(text.replace(",", "")) for text in re.findall(r"\d+,\d+", told["the_matrix"].answer + told["doubled"].answer)]
    weight = 100 * float(trace.attn_weights(seen.layer, seen.token)[0, seen.head, 0].max())
    reach = attention_distance(trace).nanmean(dim=1)
    value = float(trace.patch_embeddings[0, seen.patch, 0])
    return lesson_script.script(seen, SELECTION), [*counts, weight, value, *trace.probs[0].topk(2).values.tolist(), float(reach[-1])]


def of_open_experiments(trace, opened: Callable[[dict], Selection]) -> Iterator[tuple[str, Case]]:
    """The four experiments, each with its runs done."""
    followed = effect.Followed.of(trace)
    drops = torch.cat(list(perturbation.occlusion_drops(trace, followed))).numpy()
    silenced = torch.cat(list(ablation.head_drops(trace, followed))).numpy()
    for tab in TABS:
        selection = opened({"exp": tab, "tok": "3-5", "way": "zero", "at": 4})
        jobs.keep(of_experiments.job_key("occlusion"), drops)
        jobs.keep(of_experiments.job_key("heads"), silenced)
        curves = torch.cat(list(of_experiments.curve_steps(trace, selection.layer, drops)())).numpy()
        jobs.keep(of_experiments.job_key("curves", selection.layer), curves)
        script = experiments.script(trace, selection)
        if tab == "curves":
            shown = [check.shown for check in experiments.checks(trace, selection)[1:]]
        else:
            shown = column(experiments.exports(trace, selection)[0].make(), KNOWN[tab])
        if tab == "tokens":  # the script prints each layer's mean over the tokens, and what is left of the answer
            rows = np.array(shown).reshape(trace.depth + 1, -1)
            shown = [*rows.mean(axis=1), of_experiments.changed_tokens(trace).facts["left"]]
        yield f"experiments {tab}", (script, shown)


def of_features(trace, opened: Callable[[dict], Selection]) -> Iterator[tuple[str, Case]]:
    """The features page's tabs that rest on work of their own, each with that work done; two of them with position removed."""
    layer, patch = SELECTION.layer, SELECTION.token - trace.layout.num_prefix_tokens
    for look in LOOKS:
        selection = opened({"look": look, "content": look in ("pair", "gallery")})
        here = features.setting(selection)
        if look == "groups":
            count = features.groups.asked(selection, trace.layout.num_patches)
            steps = features.groups.steps(trace, features.page.rows_of(trace, selection), count)
            jobs.keep(features.groups.key_of(selection, here, count), torch.cat(list(steps)).numpy())
        elif look == "gallery":
            steps = features.gallery.steps(selection, here, layer)
            jobs.keep(features.gallery.key_of(selection, here, layer), torch.cat(list(steps)).numpy())
        elif look == "layers":
            second = features.layers.chosen_second(selection)
            runs = [(selection.model, selection.image_size, selection.patch_size), features.layers.replaced(second)]
            criteria = torch.cat(list(features.layers.steps(runs, here.rows))).numpy()
            jobs.keep(features.layers.key_of(selection, second, here.rows), criteria)
        table = features.exports(trace, selection)[0].make()
        numbers = {check.name: check.shown for check in features.checks(trace, selection)}
        match look:
            case "groups":
                shown: Shown = list(numbers.values())
            case "pair":
                cosines = column(table, "cosine")
                shown = [cosines[patch], float(np.mean(cosines)), sum(column(table, "mutual"))]
            case "gallery":
                shown = [*column(table, "cosine"), numbers["share of the first component"]]
            case _:
                rows = csv.DictReader(io.StringIO(table))
                shown = [float(row["CKA"]) for row in rows if int(row["layer"]) == layer + 1]
        yield f"features {look}", (features.script(trace, selection), shown)


def of_practice(trace) -> Iterator[tuple[str, Case]]:
    """The row of each demonstration that its script makes."""
    for demo in COMPARED:
        here = read(json.dumps({"pr": {"d": demo}}), trace.config, trace.layout)
        _, way = practice.other_way(here)
        for _ in runs.plan([way])():
            pass
        (row,) = runs.rows(runs.outcomes([way]), here)
        same = sum(picture[1] for picture in row["pictures"])
        yield f"practice {demo}", (practice.script(here), [same, row["cosine"], row["difference"], row["peak"]])


def of_figures() -> dict[str, Case]:
    """The pages that show no picture."""
    setting, situation = read_setting("", {"bundled": cached.model("bundled").config, **presets}), guide_situation.Situation()
    held = cost.memory(setting.config, **setting.at)
    counts = [cost.parameters(config).total for config in presets.values()]
    rows = csv.DictReader(io.StringIO(performance.exports()[0].make()))
    top1 = [float(row["top1"]) for row in rows if row["model"] in presets]
    found = guide.suggest(situation)
    said = [found.choice.model, *(evidence.findings()[key].sources[0] for name in found.reasons for key in RULES[name].evidence)]
    return {
        "memory_scaling": (memory_scaling.script(setting), [held.weights, held.activations, cost.macs(setting.config, 384, 16).total]),
        "model_variants": (model_variants.script(), counts),
        "performance": (performance.script(), top1),
        "choosing": (choosing.script(situation), said),
    }


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> dict[str, tuple[Shown, dict[str, str]]]:
    """Every page's script, run: name to the page's numbers and what the script printed."""
    for thread in threading.enumerate():  # jobs of other tests that nobody looks at any more, over the whole gallery
        if thread.name.startswith("job "):
            thread.join(120)
    jobs.clear()
    analysis = cached.analysis.__wrapped__("bundled", "coffee", 64, 16, cached.gallery_picture("coffee"))
    pictures, now = dict(list(cached.gallery().items())[:2]), [SELECTION]

    def opened(view: dict) -> Selection:
        now[0] = replace(SELECTION, view=json.dumps(view))
        return now[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cached, "gallery", lambda: pictures)
        patch.setattr(runs, "REPEATS", 1)
        patch.setattr(session, "current", lambda: now[0])
        patch.setattr(session, "analysis", lambda: analysis)
        patch.setattr(session, "picture", lambda: cached.gallery_picture("coffee"))
        patch.setattr(session, "payload", lambda kind, build: build(analysis))
        patch.setattr(session, "uploads", dict)
        patch.setattr(features.pair, "drawn", lambda *_: True)
        patch.setattr(features.page, "runs", lambda *_: 0)
        means = lambda chosen, here: features.payload.place_means(features.page.of_the_gallery(chosen), here.rows)  # noqa: E731
        patch.setattr(features.page, "places", means)  # of these pictures alone: they are not kept
        cases = of_trace(analysis) | dict(of_open_experiments(analysis.trace, opened)) | dict(of_practice(analysis.trace)) | of_figures()
        cases |= dict(of_features(analysis.trace, opened))
    folder = tmp_path_factory.mktemp("scripts")
    for name, (script, _) in cases.items():
        (folder / f"{name}.py").write_text(NEEDS + script, encoding="utf-8")
    done = subprocess.run([sys.executable, RUNNER, folder], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=500)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert not said["strange"]
    return {name: (shown, said["found"][name]) for name, (_, shown) in cases.items()}


def test_every_page_has_its_scripts(ran) -> None:
    assert {name.split()[0] for name in ran} == {spec.slug for spec in registry.PAGES}
    assert len(ran) == 8 + 4 + len(SLUGS) + len(TABS) + len(COMPARED) + len(LOOKS)


@pytest.mark.parametrize(
    "name",
    [
        *("overview", "attention", "patch_grid", "patch_embedding", "positional_encoding", "features", "glossary", "lessons"),
        *("memory_scaling", "model_variants", "performance", "choosing"),
        *(f"walkthrough {step}" for step in SLUGS),
        *(f"experiments {tab}" for tab in TABS),
        *(f"features {look}" for look in LOOKS),
        *(f"practice {demo}" for demo in COMPARED),
    ],
)
def test_a_script_prints_the_numbers_of_its_page(name: str, ran) -> None:
    shown, said = ran[name]
    assert not said["failed"], said["failed"]
    assert shown and not missing(said["printed"], shown), f"{missing(said['printed'], shown)[:5]} in\n{said['printed'][:2000]}"


def test_scripts_say_what_they_need() -> None:
    assert NEEDS.startswith("# Run it in the project's folder") and "jaxtyping, safetensors" in NEEDS


def test_a_number_that_is_not_printed_is_missed() -> None:
    assert missing("0.1235 and 1,024 of 7e-05", [0.12349, 1024, 7e-5]) == []
    assert missing("0.1235", [0.1240]) == [0.1240] and missing("", [1.0]) == [1.0]
