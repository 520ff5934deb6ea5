"""The guide over all situations: every branch is reached, every reason rests on evidence that exists, and the browser's table is the
function."""

from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest

from published import evidence, guide, guide_cost
from published.guide import choose, sensitivity, suggest
from published.guide_rules import RULES
from published.guide_situation import OPTIONS, Situation, situations
from vit_core import cost
from vit_core.presets import presets

EVERY = [(situation, suggest(situation)) for situation in situations()]


def test_all_situations_are_there_once():
    assert len(EVERY) == len({s for s, _ in EVERY}) == 4 * 5 * 4 * 4 * 3 * 3


def test_every_branch_is_reached():
    assert {found.choice.approach for _, found in EVERY} == set(get_args(guide.Approach))
    assert {found.choice.attention for _, found in EVERY} == set(get_args(guide.Attention))
    named = {name for models in guide.MODELS.values() for name in models.values()} | {guide.LARGER_CLIP}
    reached = {found.choice.model for _, found in EVERY}
    assert named <= reached and reached <= presets.keys()


def test_every_rule_holds_somewhere_and_not_everywhere():
    times = Counter(name for _, found in EVERY for name in (*found.reasons, *found.alternatives, *found.traps))
    assert times.keys() == RULES.keys()
    assert not [name for name, count in times.items() if count == len(EVERY)]


def test_every_suggestion_has_reasons_and_every_reason_evidence():
    assert min(len(found.reasons) for _, found in EVERY) >= 2
    for rule in RULES.values():
        known = evidence.claims() if rule.role == "trap" else evidence.findings()
        assert rule.evidence and not [name for name in rule.evidence if name not in known]
    used = {name for rule in RULES.values() if rule.role != "trap" for name in rule.evidence}
    assert used == evidence.findings().keys()


def test_the_same_situation_has_the_same_answer():
    assert all(suggest(situation) == found for situation, found in EVERY[::97])


@pytest.mark.parametrize(
    ("changes", "approach", "model", "attention"),
    [
        ({}, "finetune", "ViT-B/16", "global"),
        ({"weights": "none"}, "obtain", "ViT-B/16", "global"),
        ({"weights": "none", "images": "millions"}, "scratch", "DeiT-B/16", "global"),
        ({"weights": "none", "images": "tens_of_millions", "speed": "offline"}, "pretrain", "ViT-L/16", "global"),
        ({"weights": "text", "images": "hundreds"}, "zero_shot", "CLIP-B/16", "global"),
        ({"weights": "self", "images": "hundreds", "device": "phone"}, "frozen", "DINOv2-S/14", "global"),
        ({"task": "dense", "weights": "self", "size": 1024}, "frozen", "DINOv2-S/14", "windowed"),
        ({"task": "dense", "weights": "self", "speed": "offline"}, "frozen", "DINOv2-L/14-reg4", "global"),
        ({"task": "search", "weights": "labels"}, "frozen", "ViT-B/16", "global"),
        ({"task": "search", "weights": "self", "speed": "offline"}, "frozen", "DINOv2-L/14", "global"),
        ({"task": "text"}, "obtain", "CLIP-B/16", "global"),
        ({"task": "text", "weights": "text", "speed": "offline", "size": 384}, "zero_shot", "CLIP-L/14@336", "global"),
        ({"size": 1024, "speed": "offline"}, "finetune", "ViT-L/16", "global"),
        ({"size": 2048, "speed": "offline"}, "finetune", "ViT-L/16", "windowed"),
        ({"device": "phone", "speed": "video", "size": 2048}, "finetune", "ViT-Ti/16", "windowed"),
    ],
)
def test_answers_by_hand(changes, approach, model, attention):
    choice = choose(replace(Situation(), **changes))
    assert (choice.approach, choice.model, choice.attention) == (approach, model, attention)


def test_registers_are_for_the_size_that_needs_them_and_search_says_what_was_not_measured():
    for situation, found in EVERY:
        assert found.choice.model.endswith("-reg4") <= (found.choice.model == "DINOv2-L/14-reg4")
        searching = found.choice.approach == "frozen" and situation.task == "search"
        assert ("search_unmeasured" in found.reasons) == (searching and situation.weights != "self")


def test_traps_stand_where_they_tempt():
    for situation, found in EVERY:
        assert ("trap_over_1024" in found.traps) == (situation.size >= 1024)
        assert ("trap_mobile" in found.traps) == (situation.device == "phone" or situation.speed == "video")
        assert ("trap_ten_million" in found.traps) == (situation.images != "tens_of_millions")


def test_sensitivity_is_the_function_with_one_input_changed():
    for situation, found in EVERY[::61]:
        changes = sensitivity(situation)
        assert {(change.field, change.value) for change in changes} == {
            (name, value)
            for name, values in OPTIONS.items()
            for value in values
            if choose(replace(situation, **{name: value})) != found.choice
        }
        assert all(choose(replace(situation, **{change.field: change.value})) == change.choice != found.choice for change in changes)


def test_costs():
    found = guide_cost.choice_cost("ViT-B/16", 1024)
    assert guide_cost.window_pairs(64, 14) == 25 * 196**2
    assert found.tokens == 4097 and found.side == 1024
    assert found.rest + found.attention_global == cost.macs(presets["ViT-B/16"], 1024).total
    assert found.attention_global == 12 * 2 * 4097**2 * 768
    assert found.attention_windowed == 2 * 768 * (4 * 4097**2 + 8 * 25 * 196**2)
    assert guide_cost.choice_cost("DINOv2-S/14", 1024).side == 1022
    small = guide_cost.choice_cost("ViT-B/32", 64)
    assert small.attention_windowed == small.attention_global
