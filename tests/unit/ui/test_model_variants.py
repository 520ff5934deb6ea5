"""What the page on published models is told: every figure from the closed forms or the table, every result with its source."""

import re

import plotly.io
import pytest

from published.evidence import accuracy_texts
from published.results import POOLED, macs_at
from ui.model_variants import explained, payload
from vit_core import cost
from vit_core.presets import NOT_PLAIN, presets, specs
from vit_figures.results import DATA_COLOURS, PROTOCOL_SHAPES

ROWS = {spec.name: payload.row(spec) for spec in specs()}


def test_every_published_model_is_a_row():
    assert list(ROWS) == [spec.name for spec in specs()]
    assert {name for name, row in ROWS.items() if row["facts"] is None} == set(NOT_PLAIN)
    assert all(row["note"] for name, row in ROWS.items() if name in NOT_PLAIN or name in POOLED)


@pytest.mark.parametrize("name", presets)
def test_results_name_data_protocol_size_and_source(name):
    for result in ROWS[name]["top1"]:
        assert 50 < result["value"] < 100 and result["source"] and result["training"] and result["head"]
        assert result["size_stated"] == (result["protocol"] not in ("linear probe", "nearest neighbours", "ReaL labels"))
        assert result["macs"] == cost.macs(presets[name], result["size"] - result["size"] % presets[name].patch_size).total


def test_every_kind_of_result_has_a_colour_and_a_shape():
    results = [result for row in ROWS.values() for result in row["top1"] if result["protocol"] != "ReaL labels"]
    assert {r["data"] for r in results} == DATA_COLOURS.keys() and {r["protocol"] for r in results} == PROTOCOL_SHAPES.keys()
    assert len(payload.charted()) == len(results)


def test_the_charts_data_is_the_tables():
    for figure, read in zip(payload.sizes(), (lambda spec, r: spec.params_exact, lambda spec, r: macs_at(spec, r.size)), strict=True):
        drawn = {row[-1]: (x, y, row) for one in figure.data for x, y, row in zip(one.x, one.y, one.customdata or (), strict=False)}
        known = {i: found for i, found in enumerate(payload.charted()) if read(found[0], found[2])}
        assert drawn.keys() == known.keys()
        for number, (spec, accuracy, found) in known.items():
            x, y, row = drawn[number]
            assert (x, y) == (read(spec, found), accuracy.value) and row[0].startswith(f"{spec.name} · {found.data}")
            assert row[2] == f"top-1 {accuracy_texts()[spec.name, accuracy.setting]}%" and row[3]
        assert plotly.io.from_json(figure.to_json()) == figure


def test_where_the_table_has_a_size_it_agrees():
    for spec in specs():
        if spec.name in presets and spec.name not in POOLED:
            assert macs_at(spec, spec.eval_size) / 1e9 == pytest.approx(spec.gmacs_eval, abs=0.0501)
        elif spec.name in NOT_PLAIN:
            assert macs_at(spec, 224) == round(spec.gmacs_224 * 1e9)
    assert macs_at(next(s for s in specs() if s.name == "SoViT-400m/14"), 384) is None


@pytest.mark.parametrize(
    ("text", "counts"), [("86M", [86e6]), ("307M(V1)/303M(Z2)", [307e6, 303e6]), ("5.5M", [5.5e6]), ("87.85M", [87.85e6])]
)
def test_published_counts(text, counts):
    assert payload.published(text) == pytest.approx(counts)


def test_what_is_explained_is_right():
    assert all(check.difference == 0 for check in explained.checks())
    shown = "".join(latex for _, latex in explained.formulas())
    assert r"2\,362\,368" in shown and r"86\,567\,656" in shown
    table = explained.exports()[0].make().splitlines()
    assert len(table) == 1 + len(ROWS)
    assert re.search(r"^ViT-B/16,16,12,768,12,3072,86567656,86567656,86M,\d+,17.56,", "\n".join(table), re.MULTILINE)


def test_the_script_runs(capsys):
    exec(compile(explained.script(), "script", "exec"), {})
    assert "86,567,656 parameters" in capsys.readouterr().out
