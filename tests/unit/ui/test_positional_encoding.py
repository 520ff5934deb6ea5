"""What the positional page sends, checks, exports and says: compared with `vit_core`."""

import io
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.support.payload import unpack
from ui.kit.latex import four
from ui.kit.payload import layout_facts
from ui.positional_encoding import explained, page, payload, setting
from ui.state import view
from ui.state.selection import Selection
from ui.work import cached
from ui.work.models import Source
from vit_core import positions
from vit_core.data import moments
from vit_core.data.bundled import Bundled
from vit_core.study import position_experiments as experiments
from vit_core.train import snapshots

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def selection() -> Selection:
    return Selection(picture="coffee", image_size=96, patch_size=16, token=9)


@pytest.fixture(scope="module")
def analysis(selection) -> cached.Analysis:
    return cached.analysis.__wrapped__(
        "bundled", selection.picture, selection.image_size, selection.patch_size, cached.gallery_picture(selection.picture)
    )


@pytest.fixture(scope="module")
def explorer(selection, analysis):
    return unpack(page.explorer(selection, layout_facts(analysis.trace)))


def test_the_tables_are_the_models_own(explorer, analysis):
    header, arrays = explorer
    model = analysis.trace.model
    assert np.array_equal(arrays["table"], model.pos_embed[0].detach().numpy())
    assert header["nativeGrid"] == [14, 14] and header["posPrefix"] == ["[CLS]"] and header["grid"] == [6, 6]
    assert header["parameters"] == sum(p.numel() for p in model.parameters())
    assert np.array_equal(arrays["random"], positions.random_positions(576, 192).numpy())


def test_every_grid_of_the_slider_is_the_models_interpolation(explorer, analysis):
    header, arrays = explorer
    model = analysis.trace.model
    assert header["sides"] == list(range(2, 25))
    at, table = 0, arrays["table"][1:].reshape(14, 14, 192).astype(np.float64)
    for index, side in enumerate(header["sides"]):
        rows, cols, back_rows, back_cols = (arrays[name][at : at + side * 14] for name in ("toRows", "toCols", "fromRows", "fromCols"))
        at += side * 14
        there = np.einsum("ri,sj,ijd->rsd", rows.reshape(side, 14), cols.reshape(side, 14), table)
        expected = positions.interpolate_positions(model.pos_embed.detach(), model.config, (side, side))[0, 1:]
        assert np.abs(there.reshape(side * side, 192) - expected.numpy()).max() <= 1e-5
        back = np.einsum("ri,sj,ijd->rsd", back_rows.reshape(14, side), back_cols.reshape(14, side), there)
        lost = np.linalg.norm(back - table, axis=-1).flatten() / np.sqrt((table**2).sum() / 196)
        assert np.abs(lost - arrays["errors"][index]).max() <= 1e-5
    assert at == len(arrays["toRows"])


def test_the_structure_of_every_encoding(explorer):
    header, arrays = explorer
    kinds = ["learned", "sincos2d", "sincos1d", "random"]
    assert header["structured"][:4] == kinds and len(header["explained"]) == len(header["structured"]) == len(arrays["shares"])
    for index, rows in enumerate([torch.tensor(arrays["table"][1:]), positions.sincos_positions((14, 14), 192)]):
        found = positions.position_structure(rows)
        assert_close(torch.tensor(arrays["components"][index]), found.components[:, :8].T)
        assert_close(torch.tensor(arrays["shares"][index]), found.shares[:24])
        assert header["explained"][index] == pytest.approx(positions.similarity_explained(positions.cosine_similarity(rows), (14, 14)))


def test_the_snapshots_that_are_there_are_sent(monkeypatch, tmp_path, analysis):
    model = analysis.trace.model
    assert len(payload.model_tables(model)[0]["snapshots"]) == len(moments.available())
    for number, label in enumerate(["Untrained", "Early"]):
        snapshots.save(model, tmp_path / f"{number}.safetensors", label, None if number == 0 else 8.0, None if number == 0 else 100)
    found = moments.available(tmp_path)
    monkeypatch.setattr(payload.moments, "available", lambda: found)
    arrays, facts = payload.model_tables(model)
    assert [row["label"] for row in facts["snapshots"]] == ["Untrained", "Early"] and facts["snapshots"][1]["minutes"] == 8.0
    assert arrays["snapshots"].shape == (2, 197, 192) and np.abs(arrays["snapshots"][0] - arrays["table"]).max() < 5e-3
    assert facts["structured"][-1] == "snapshot-1" and len(arrays["components"]) == 6
    monkeypatch.setattr(payload.moments, "available", lambda: [])
    assert payload.model_tables(model)[0]["snapshots"].shape == (0, 197, 192)


def test_the_published_ablation():
    rows = {row.name: row.value for row in payload.ABLATION["rows"]}
    assert rows == {"none": 0.614, "1D (ViT)": 0.642, "2D": 0.640, "relative": 0.640}
    assert "Dosovitskiy et al. 2021" in payload.ABLATION["source"] and "Table 8" in payload.ABLATION["source"]


def test_official_figures_come_from_the_file_or_are_missing(monkeypatch, tmp_path):
    found = {name: Source(name, name, "bundled", tmp_path, bundled=Bundled(name, name, tmp_path / name)) for name in ("with", "without")}
    moment = Source("moment", "moment", "snapshot", tmp_path, bundled=found["with"].bundled)
    monkeypatch.setattr(cached, "sources", lambda: {**found, "moment": moment})
    measured = {"pictures": 2000, "kept": 0.5, "zeroed": 0.2, "shuffled": 0.1}
    (tmp_path / "with").mkdir()
    (tmp_path / "with" / "measures.json").write_text(json.dumps({"measures": {"without_positions": measured}}))
    assert page.official("with") == measured
    assert page.official("without") is page.official("moment") is page.official("other") is None


def test_the_trials_are_the_models_answers(analysis):
    header, arrays = unpack(payload.trials(analysis, page.official("bundled")))
    trace = analysis.trace
    assert header["ways"] == list(experiments.WAYS) and header["undone"] == 0
    assert np.array_equal(arrays["learned"], trace.pos_embedding[0].numpy())
    for way, edits in experiments.position_edits(trace.config, trace.layout.grid).items():
        again = trace.model(trace.images, trace.patch_size, edits)
        assert np.abs(arrays["probs"][header["ways"].index(way)] - again.probs[0].numpy()).max() <= 1e-6
    assert arrays["order"].tolist() == experiments.shuffled_order(36).tolist()


def test_the_twins_follow_the_chosen_patch(analysis):
    header, arrays = unpack(payload.twins(analysis, 8))
    twins = experiments.follow_twins(analysis.trace, 8)
    assert (header["first"], header["second"]) == (8, 27) == (twins.first, twins.second)
    assert np.abs(arrays["kept"] - twins.kept.similarity.numpy()).max() <= 1e-5
    assert arrays["keptDistance"][0] == 0 and arrays["zeroedDistance"].max() <= 1e-5
    assert payload.shown_patch(analysis.trace.layout, 0) == 7


@pytest.mark.parametrize("kind", setting.KINDS)
@pytest.mark.parametrize("side", [6, 14])
def test_rows_of_every_encoding(analysis, kind, side):
    rows = setting.rows_of(analysis.trace.model, kind, side)
    assert rows.shape == (1 + side * side, 192)
    if kind == "learned" and side == 6:
        assert torch.equal(rows, analysis.trace.pos_embedding[0])
    if kind == "none":
        assert not rows.any()


def test_every_check_agrees(analysis, selection):
    rows = setting.rows_of(analysis.trace.model, "sincos1d", 20)
    value = float(positions.cosine_similarity(rows)[3, 77])
    asked = {"enc": "sincos1d", "side": 20, "a": 3, "b": 77, "value": value}
    found = explained.checks(analysis.trace, selection, asked)
    assert len(found) == 4 and all(check.difference <= 1e-5 for check in found)
    assert "sincos1d, 20 × 20, IDs 3 and 77" in found[0].name and found[0].shown == value
    for chosen in (0, 1, 36):
        checks = explained.checks(analysis.trace, Selection(picture="coffee", image_size=96, token=chosen), None)
        assert len(checks) == 3 and all(check.difference <= 1e-5 for check in checks)


@pytest.mark.parametrize(
    "message",
    [
        None,
        "words",
        {},
        {"enc": "other", "side": 4, "a": 0, "b": 1, "value": 0.5},
        {"enc": "learned", "side": 25, "a": 0, "b": 1, "value": 0.5},
        {"enc": "learned", "side": 4, "a": 0, "b": 17, "value": 0.5},
        {"enc": "learned", "side": 4, "a": -1, "b": 1, "value": 0.5},
        {"enc": "learned", "side": 4, "a": True, "b": 1, "value": 0.5},
        {"enc": "learned", "side": 4.0, "a": 0, "b": 1, "value": 0.5},
        {"enc": "learned", "side": 4, "a": 0, "b": 1, "value": "much"},
        {"enc": "snapshot-99", "side": 4, "a": 0, "b": 1, "value": 0.5},
    ],
)
def test_a_message_that_cannot_be_is_left_alone(analysis, message):
    assert not explained.valid(message, analysis.trace)


def test_formulas_hold_the_current_numbers(analysis, selection):
    text = " ".join(sentence + latex for sentence, latex in explained.formulas(analysis.trace, selection))
    alike = positions.cosine_similarity(analysis.trace.pos_embedding[0])[9].clone()
    alike[[0, 9]] = -2
    most = int(alike.argmax())
    assert f"(ID 9) and the place most like it, row {(most - 1) // 6 + 1}, column {(most - 1) % 6 + 1} (ID {most})" in text
    assert f"= {float(alike[most]):.4g}" in text
    assert r"\mathbb{R}^{37\times192}" in text and r"R \in \mathbb{R}^{6\times14}" in text


@pytest.mark.parametrize("kind", setting.kinds())
def test_formula_check_export_and_script_speak_of_the_stages_encoding_and_grid(kind, analysis, tmp_path, monkeypatch, capsys):
    said = view.changed("positional_encoding", "", {"enc": kind, "side": 9})
    chosen = Selection(picture="coffee", image_size=96, patch_size=16, token=20, view=said)
    pair = setting.pair(analysis.trace, chosen)
    assert (pair.kind, pair.side, pair.here, len(pair.rows)) == (kind, 9, 1 + 5 * 9 + 2, 82)  # row 4, column 2 of 6 by 6
    likeness = positions.cosine_similarity(pair.rows)[pair.here]
    others = [place for place in range(1, 82) if place != pair.here]
    assert float(likeness[pair.there]) >= max(float(likeness[place]) for place in others) - setting.EQUAL * len(others)
    sentence, latex = explained.alike(pair)
    check = explained.checks(analysis.trace, chosen, None)[0]
    assert "9 × 9" in sentence and "9 × 9" in check.name and check.difference <= 1e-6
    assert latex.endswith(f"= {four(check.shown)}") or kind == "none"
    lines = explained.exports(analysis.trace, chosen)[0].make().splitlines()
    assert float(lines[1 + pair.there].split(",")[1]) == pytest.approx(check.shown, abs=1e-6)
    file = tmp_path / "script.py"
    file.write_text(explained.script(analysis.trace, chosen).partition("for way, broken")[0])
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(file))
    first = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
    assert first[1 if kind != "none" else 0] == pytest.approx(check.shown, abs=1e-4)


def test_a_kept_position_of_another_grid_is_the_pages_subject(analysis):
    def asked(**values) -> int:
        said = view.changed("positional_encoding", "", values)
        chosen = Selection(picture="coffee", image_size=96, patch_size=16, token=20, view=said)
        return setting.pair(analysis.trace, chosen).here

    assert setting.token_at(analysis.trace.layout, ("[CLS]",), 39, 9) == 20
    assert asked(side=9, at=39) == 39  # another place of the grid for the same token
    assert asked(side=9, at=3) == asked(side=9) == 48  # one of another token is left alone
    assert asked(enc="snapshot-99") == 20 and asked(enc="none") == 20


def test_exports(analysis, selection):
    row, answers, tensors = (export.make() for export in explained.exports(analysis.trace, selection))
    lines = row.splitlines()
    assert lines[0] == "id,similarity" and len(lines) == 38 and float(lines[1 + 9].split(",")[1]) == pytest.approx(1)
    assert answers.splitlines()[0] == "positions,class,probability" and len(answers.splitlines()) == 1 + 5 * len(experiments.WAYS)
    arrays = np.load(io.BytesIO(tensors))
    assert arrays["similarity"].shape == (37, 37) and np.array_equal(arrays["pos_embedding"], analysis.trace.pos_embedding[0].numpy())


def test_the_script_runs(analysis, selection, tmp_path, monkeypatch, capsys):
    file = tmp_path / "script.py"
    file.write_text(explained.script(analysis.trace, selection))
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(file))
    said = capsys.readouterr().out
    assert said.splitlines()[0].startswith("9 1.0") and all(f"\n{way} [(" in said for way in experiments.WAYS)
    label, probability = analysis.trace.top_k(1)[0]
    assert f"kept [({label!r}, {probability:.4f}" in said.replace(f"{probability}", f"{probability:.4f}")
