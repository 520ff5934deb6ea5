"""Lessons: plans that take the time they say, links that open what they should, and answers read from the model that runs."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import torch

from tests.support.models import small
from tests.support.payload import unpack
from ui.kit import registry
from ui.lessons import explained, payload
from ui.lessons.script import LINES
from ui.lessons.steps import STEPS, Seen
from ui.state import view
from ui.state.schema import COMPONENTS_OF_VIEW
from ui.state.selection import Limits, Selection, Sizes, from_query, sizes_of
from ui.work import cached

CHOSEN = Selection(picture="chelsea", image_size=64, layer=3, head=2, token=5)


@pytest.fixture(scope="module")
def seen() -> Seen:
    found = cached.analysis.__wrapped__("bundled", "chelsea", 64, 16, cached.gallery_picture("chelsea"))
    return Seen(found.trace, 3, 2, "bundled", payload.other_patch_size(CHOSEN, sizes_of(found.trace.config)))


@pytest.fixture(scope="module")
def told(seen: Seen):
    return payload.told_steps(seen)


def test_plans_take_as_long_as_they_say() -> None:
    assert {name: plan.minutes for name, plan in payload.PLANS.items()} == {"school": 45, "lecture": 90, "self": 0}
    for plan in payload.PLANS.values():
        assert not plan.minutes or str(plan.minutes) in plan.title
        assert len({name for name, _ in plan.steps}) == len(plan.steps)
    assert set(STEPS) == set(LINES) == {name for name, _ in payload.PLANS["self"].steps}
    assert {step.slug for step in STEPS.values()} <= {spec.slug for spec in registry.PAGES}


def test_every_step_says_something_and_its_link_opens_it(seen: Seen, told) -> None:
    assert set(told) == set(STEPS)
    config = seen.trace.config
    limits = Limits([*cached.gallery()], ["bundled"], config.depth, config.num_heads, 1, sizes_of(config))
    for name, one in told.items():
        assert one.question.endswith("?") and one.look.endswith((".", "?")) and one.answer.endswith("."), name
        link = urlsplit(payload.address(one, STEPS[name].slug, CHOSEN, False))
        assert link.path == registry.spec_of(STEPS[name].slug).path
        found, changed = from_query(dict(parse_qsl(link.query)), limits)
        assert not changed and found.picture == "chelsea"
        assert {key: getattr(found, key) for key in one.changes} == dict(one.changes)
        for component, values in one.view.items():
            assert STEPS[name].slug in COMPONENTS_OF_VIEW[component]["pages"]
            said = view.values(found.view)
            assert all(said.get(key, values[key]) == values[key] or isinstance(values[key], dict) for key in values)


def test_the_other_patch_size_is_the_next_larger_or_else_the_next_smaller() -> None:
    sizes = Sizes(224, 16)
    assert payload.other_patch_size(Selection(), sizes) == 32
    assert payload.other_patch_size(Selection(image_size=64, patch_size=16), sizes) == 8
    assert payload.other_patch_size(Selection(image_size=225, patch_size=16), sizes) is None


def test_answers_by_hand(seen: Seen, told) -> None:
    trace = seen.trace
    row = trace.block(3).q[0, 2, 0] @ trace.block(3).k[0, 2].T / trace.config.head_dim**0.5
    weights = row.softmax(0)
    assert f"{100 * float(weights.max()):.2f}% of its attention" in told["strongest"].answer
    assert trace.layout.name(int(weights.argmax())) in told["strongest"].answer
    assert told["the_cut"].answer == "4 × 4 = 16 patches of 16 × 16 pixels; a patch is 16 × 16 × 3 = 768 numbers."
    assert "17 × 17 = 289 in a head; 12 layers of 12 heads have 41,616." in told["the_matrix"].answer
    other = trace.model(trace.images, 8)
    assert f"64 patches of 8 px: {other.top_k(1)[0][0].split(',')[0]}, {100 * other.top_k(1)[0][1]:.1f}%" in told["another_cut"].answer
    shares = sorted(trace.probs[0].tolist(), reverse=True)
    few = next(count for count in range(1, 1001) if sum(shares[:count]) >= 0.9)
    assert re.search(rf"Of the 1,000 classes, {few:,} hold", told["all_classes"].answer)


@pytest.mark.parametrize("kind", small.VARIANTS)
def test_every_kind_of_model_answers(kind: str) -> None:
    model = small.small_model(**small.VARIANTS[kind])
    trace = model(torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(3)))
    seen = Seen(trace, 1, 2, "own", 8)
    told = payload.told_steps(seen)
    classes = {"growing_answer", "all_classes"} if model.config.num_classes == 0 else set()
    assert set(told) == set(STEPS) - classes == {name for name, lines in LINES.items() if lines(seen)}
    for check in explained.checks(seen):
        assert check.difference < 1e-5, check
    packed, _ = unpack(payload.plans(told, CHOSEN, True, "here", ""))
    assert [len(packed["plans"][name]["steps"]) for name in payload.PLANS] == [
        6 - ("all_classes" in classes),
        10 - bool(classes),
        len(told),
    ]


def test_without_another_patch_size_that_step_is_left_out() -> None:
    trace = small.small_model()(torch.zeros(1, 3, 16, 16))
    assert set(STEPS) - set(payload.told_steps(Seen(trace, 0, 0, "own", None))) == {"another_cut"}
