"""The memory page: the setting of its link, and what is explained under it, against `vit_core.cost`."""

import json
from math import prod

import pytest

from ui.memory_scaling import explained
from ui.memory_scaling.setting import read_setting
from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.presets import presets

SMALL = ViTConfig(embed_dim=6, depth=2, num_heads=2, mlp_hidden=10, num_classes=5, norm_eps=1e-6, image_size=8, patch_size=4)
MODELS = {"bundled": SMALL, **presets}


def test_the_page_starts_with_the_sources_setting():
    setting = read_setting("", MODELS)
    assert (setting.model, setting.image_size, setting.patch_size, setting.batch, setting.trains) == ("ViT-B/16", 384, 16, 8, True)
    assert cost.tokens(setting.config, 384, 16) == 577


@pytest.mark.parametrize(
    "view", ["nonsense", "[]", '{"mem": 3}', '{"mem": {"m": [], "r": "x", "p": null, "b": true, "own": 7, "d": "a"}}', "[" * 5000]
)
def test_a_link_that_makes_no_sense_opens_the_start(view):
    assert read_setting(view, MODELS) == read_setting("", MODELS)


def test_a_link_is_held_in_range():
    place = {"m": "own", "r": 1e9, "p": 0, "b": -4, "t": 0, "e": "int8", "k": 1, "a": 1, "g": 3, "own": [100, 900, 7, 1], "d": 1e12}
    setting = read_setting(json.dumps({"mem": place}), MODELS)
    config = setting.config
    assert (setting.image_size, setting.patch_size, setting.batch, setting.device) == (8192, 1, 1, 10**15)
    assert (config.embed_dim, config.depth, config.num_heads, config.mlp_hidden, config.num_registers) == (100, 500, 5, 1, 3)
    assert setting.options == {"mode": "inference", "element_bytes": 2, "attention": "fused", "int8": True, "keep_trace": True}
    assert cost.memory(config, **setting.at).total > 0


def test_a_model_of_384_px_has_a_position_table_of_its_own():
    published, own = (read_setting(json.dumps({"mem": {"n": n}}), MODELS) for n in (0, 1))
    assert cost.parameters(published.config).total == 86_567_656 and cost.parameters(own.config).total == 86_859_496
    for setting in (published, own):
        (latex,) = (latex for sentence, latex in explained.formulas(setting) if sentence.startswith("**Position table"))
        assert r"24\times24:\ 86\,859\,496" in latex
    assert r"14\times14:\ 86\,567\,656" in "".join(latex for _, latex in explained.formulas(published))


@pytest.mark.parametrize(
    "place", [{}, {"n": 1}, {"t": 0}, {"m": "own", "g": 4}, {"m": "bundled", "r": 64, "p": 4}, {"o": "adafactor", "e": "mixed", "c": 1}]
)
def test_what_is_explained_follows_the_setting(place):
    setting = read_setting(json.dumps({"mem": place}), MODELS)
    assert all(check.difference <= 1e-12 * abs(check.shown) for check in explained.checks(setting))
    assert all(sentence and latex for sentence, latex in explained.formulas(setting))
    curve, parts = (export.make() for export in explained.exports(setting))
    assert str(cost.memory(setting.config, **setting.at).total) in parts
    assert any(line.startswith(f"{setting.image_size},") for line in curve.splitlines())


@pytest.mark.parametrize(
    "place",
    [{}, {"n": 1, "t": 0}, {"t": 0, "m": "own", "own": [192, 3, 3, 700], "g": 2}, {"m": "DINOv2-B/14-reg4", "g": 0, "p": 14, "r": 518}],
)
def test_the_script_prints_the_same_bytes(place, capsys):
    setting = read_setting(json.dumps({"mem": place}), MODELS)
    exec(compile(explained.script(setting), "script", "exec"), {})
    printed = capsys.readouterr().out
    held = cost.memory(setting.config, **setting.at)
    assert f"weights={held.weights}, " in printed
    assert f"{cost.macs(setting.config, setting.image_size, setting.patch_size).total} MACs a picture" in printed
    assert prod(setting.config.native_grid) > 0
