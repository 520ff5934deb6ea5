"""The performance page: its table and charts are the data files, and what is explained under them is right."""

import re

import plotly.io

from published import derived, evidence
from published.results import result
from ui.performance import charts, explained, panels, results, words
from vit_core import cost
from vit_core.presets import presets, specs


def test_the_table_is_the_data_files():
    rows = results.table()
    assert len(rows) == sum(len(spec.top1) for spec in specs())
    names = list(words.COLUMNS)
    published = iter((spec, a) for spec in specs() for a in spec.top1)
    for row in rows:
        spec, accuracy = next(published)
        cells = dict(zip(names, row["cells"], strict=True))
        assert all(cell[2] for cell in row["cells"]), "Every cell says where it is from."
        assert cells["top1"][1] == accuracy.value == float(cells["top1"][0]) and evidence.sources()[accuracy.source] in cells["top1"][2]
        assert cells["parameters"][1] == spec.params_exact
        if spec.name in presets:
            config = presets[spec.name]
            read_out = result(spec, accuracy)
            assert cells["size"][1] == (read_out.size if read_out.size_stated else None)
            assert read_out.size_stated or "assumption" in cells["macs"][2]
            size = read_out.size - read_out.size % spec.patch_size
            assert cells["parameters"][1] == cost.parameters(config).total
            assert cells["macs"][1] == cost.macs(config, size).total
            assert cells["fp16"][1] == 2 * cost.parameters(config).total and cells["adam"][1] == 16 * cost.parameters(config).total
            training = cost.memory(config, size, mode="training", element_bytes=2)
            assert cells["saved"][1] == training.activations
            assert training.weights + training.gradients + training.optimizer == cells["adam"][1]
            assert cells["peak"][1] == cost.memory(config, size, element_bytes=2, keep_trace=False).activations


def test_stated_figures_stand_beside_the_right_ones():
    names = list(words.COLUMNS)
    stated = derived.stated_models()
    seen = {}
    for row in results.table():
        cells = dict(zip(names, row["cells"], strict=True))
        if cells["model"][4]:
            seen[row["name"]] = {name: cells[name][4:] for name in ("top1", "parameters", "fp16", "days")}
            assert cells["data"][0] == stated[row["name"]]["data"]
    assert seen.keys() == stated.keys()
    assert (
        seen["ViT-B/16"]["top1"] == ["77.9", False]
        and seen["ViT-H/14"]["top1"] == ["88.5", True]
        and seen["ViT-G/14"]["top1"] == ["90.1", False]
    )
    assert all(found["parameters"][1] and not found["fp16"][1] for found in seen.values())
    assert results.rounded_to("1.8B", 1_842_772_352) and not results.rounded_to("1.9B", 1_700_000_000) and not results.rounded_to("", 1)


def test_the_charts_data_is_the_tables():
    names = list(words.COLUMNS)
    for column in charts.AXES:
        rows, figure = results.table(), charts.against(column, results.table(), names)
        drawn = [(x, y, row) for one in figure.data for x, y, row in zip(one.x, one.y, one.customdata or (), strict=False)]
        cells = {row[-1]: dict(zip(names, rows[row[-1]]["cells"], strict=True)) for *_, row in drawn}
        assert len(cells) == len(drawn) > 40
        for x, y, row in drawn:
            of = cells[row[-1]]
            assert (x, y) == (of[column][1], of["top1"][1]) and row[0].startswith(rows[row[-1]]["name"])
            assert row[1].startswith(of[column][0]) and row[2] == f"top-1 {of['top1'][0]}%"
            assert row[3].replace("<br>", " ") == " ".join(of["top1"][2].split())
        left_out = [row["protocol"] for number, row in enumerate(rows) if number not in cells]
        assert set(left_out) <= {"ReaL labels"} if column == "parameters" else left_out
        assert plotly.io.from_json(figure.to_json()) == figure
    for panel in panels.panels():
        if panel["kind"] == "lines":
            made = charts.panel(panel)
            shown = {(x, y) for one in made.data for x, y, _ in zip(one.x, one.y, one.customdata or (), strict=False)}
            assert shown == {(point["x"], point["y"]) for line in panel["lines"] for point in line["points"]}


def test_panels_show_rows():
    values = {a.value for spec in specs() for a in spec.top1} | {
        figure.number for figure in evidence.figures().values() if re.fullmatch(r"[\d.,]+", figure.value)
    }
    for panel in panels.panels():
        assert panel["words"]
        for bar in panel.get("bars", []):
            assert bar["note"]
            if panel["id"] not in ("doublings", "efficiency"):
                assert bar["value"] in values
        for line in panel.get("lines", []):
            assert all(point["y"] in values and point["note"] for point in line["points"])
    doublings = next(panel for panel in panels.panels() if panel["id"] == "doublings")
    assert [bar["text"] for bar in doublings["bars"]] == ["+2.83", "+0.89", "+0.60", "+1.19", "+0.87", "+0.29"]


def test_what_is_explained_is_right(capsys):
    assert all(check.difference < 1e-9 for check in explained.checks())
    assert r"173\,135\,312" in "".join(latex for _, latex in explained.formulas())
    every, claims = (export.make().splitlines() for export in explained.exports())
    assert len(every) == 1 + len(results.table()) and len(claims) == 1 + len(evidence.claims())
    exec(compile(explained.script(), "script", "exec"), {})
    assert "86,567,656 parameters  77.91%" in capsys.readouterr().out
