"""The choosing page: the browser’s table is the guide’s function, and the cards of what carries over are measured."""

import json
from typing import get_args

import numpy as np
import pytest

from published import evidence, guide
from published.guide import choose, suggest
from published.guide_rules import RULES
from published.guide_situation import OPTIONS, Situation, situations
from tests.support.answers import said
from tests.support.payload import unpack
from ui.choosing import explained, page, payload
from ui.choosing.setting import read_situation
from ui.choosing.words import APPROACHES, ATTENTION, COLOURS, FIELDS
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from vit_core import cost
from vit_core.presets import presets

EVERY = [(situation, suggest(situation)) for situation in situations()]


def test_every_option_has_words():
    assert list(FIELDS) == list(OPTIONS)
    assert all(set(words) == set(OPTIONS[name]) for name, (_, words) in FIELDS.items())
    assert APPROACHES.keys() == COLOURS.keys() == set(get_args(guide.Approach)) and ATTENTION.keys() == set(get_args(guide.Attention))


def test_the_browsers_table_is_the_function():
    header, arrays = unpack(payload.guide())
    names = [rule["id"] for rule in header["rulebook"]]
    for at, (_, found) in enumerate(EVERY):
        assert header["choices"][arrays["picks"][at]] == {
            "approach": found.choice.approach,
            "model": found.choice.model,
            "attention": found.choice.attention,
        }
        held = [names[number] for number in arrays["rules"][at] if number != payload.NOTHING]
        assert held == [*found.reasons, *found.alternatives, *found.traps]
    assert len(names) < payload.NOTHING and len(header["choices"]) < 256
    needed = {name for rule in header["rulebook"] if rule["role"] == "trap" for name in rule["evidence"]}
    assert {claim["id"] for claim in header["claims"]} == needed


BAD_VIEWS = ["", "{}", "[]", "7", '{"g": 3}', '{"g": [1, 2]}', '{"g": ["a", null, 99, -1, 1.5, true]}', "{" * 5000, '{"g": [9,9,9,9,9,9]}']


@pytest.mark.parametrize("view", BAD_VIEWS)
def test_what_is_no_situation_is_the_default(view):
    assert read_situation(view) == Situation()


def test_a_link_names_a_situation():
    view = json.dumps({"g": [1, 0, 2, 2, 0, 1]})
    assert read_situation(view) == Situation("dense", "hundreds", "self", 1024, "offline", "laptop")


@pytest.mark.parametrize("situation", [Situation(), Situation("dense", "millions", "none", 2048, "video", "phone")])
def test_what_is_explained_is_right(situation, capsys):
    assert all(check.difference == 0 for check in explained.checks(situation))
    assert explained.formulas(situation)
    answers, rules = (export.make().splitlines() for export in explained.exports())
    assert len(answers) == 1 + len(EVERY) and len(rules) == 1 + len(RULES)
    exec(compile(explained.script(situation), "script", "exec"), {})
    assert choose(situation).model in capsys.readouterr().out


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee"))


def test_the_cards_are_measured(analysis, monkeypatch):
    monkeypatch.setattr(session, "current", lambda: Selection(picture="coffee"))
    monkeypatch.setattr(session, "picture", lambda: cached.gallery_picture("coffee"))
    monkeypatch.setattr(session, "picture_title", lambda: cached.gallery()["coffee"].title)
    header, arrays = unpack(payload.carried_over(analysis, page.gallery_pairs(), page.packed_pictures(), "Bundled ViT"))
    trace = analysis.trace
    np.testing.assert_allclose(arrays["looks"], trace.attn_weights(11, 0)[0, :, 0, 1:].numpy(), rtol=1e-5)
    np.testing.assert_allclose(arrays["norms"], np.linalg.norm(trace.resid(12)[0, 1:].numpy(), axis=-1), rtol=1e-5)
    assert header["kept"] == 49
    assert [paper["id"] for paper in header["papers"]] == list(evidence.papers())
    same = next(cut for cut in header["flexible"] if cut["patch"] == 16)
    assert (same["label"], same["probability"]) == said(trace)[0]
    other = next(cut for cut in header["flexible"] if cut["patch"] == 32)
    assert other["tokens"] == 50
    assert other["label"] == said(cached.model("bundled")(trace.images, patch_size=32))[0][0]
    assert header["sam"] == {"side": 1024, "window": 14, "global": 4, "patch": 16}
    assert len({pair["title"] for pair in header["pairs"]}) == 4
    assert [one["title"] for one in header["packed"]] == [pair["title"] for pair in header["pairs"]]
    image = cached.gallery_picture("coffee")
    assert (header["packed"][0]["rows"], header["packed"][0]["cols"]) == payload.whole_grid(image.width, image.height)


@pytest.mark.parametrize(("width", "height", "grid"), [(100, 100, (8, 8)), (400, 100, (4, 16)), (100, 400, (16, 4)), (9, 9000, (253, 1))])
def test_a_whole_picture_is_cut_in_its_own_shape(width, height, grid):
    assert payload.whole_grid(width, height) == grid


def test_blocks_cost_what_the_closed_form_says():
    config = presets["ViT-B/16"]
    for size in (112, 224, 448):
        count = cost.macs(config, size)
        assert payload.block_macs(config, cost.tokens(config, size)) == count.depth * count.block.total
