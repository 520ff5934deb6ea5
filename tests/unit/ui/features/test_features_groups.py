"""Groups on the features page: what k-means finds is a fixed point, names that stay, what is sent while it is made and at its end."""

import csv
import io
import json

import numpy as np
import pytest
import torch
from torch.testing import assert_close

import vit_core
from tests.support.models.small import small_model
from tests.support.payload import unpack
from ui.features import groups
from ui.features.payload import Setting
from ui.state.selection import Selection
from ui.work import cached
from ui.work.analysis import Analysis
from ui.work.jobs import jobs
from vit_core.study.representations import features
from vit_core.study.representations.groups import patch_answers, rand_index

HERE = Setting("stream", False)
COUNT = 4


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return cached.analysis.__wrapped__("bundled", "chelsea", 64, 16, cached.gallery_picture("chelsea"))


def rows_of(trace) -> groups.Rows:
    return lambda layer: features.rows_of(trace, layer, "stream")


@pytest.fixture(scope="module")
def values(analysis) -> np.ndarray:
    return torch.cat(list(groups.steps(analysis.trace, rows_of(analysis.trace), COUNT))).numpy()


def chosen(**view) -> Selection:
    return Selection(picture="chelsea", image_size=64, layer=3, view=json.dumps({"look": "groups", **view}))


def test_no_patch_lies_nearer_to_another_groups_mean(analysis, values) -> None:
    found = groups.parts(analysis.trace, values)[0]
    assert found.shape == (12, 16)
    for layer in (0, 5, 11):
        rows = groups.unit_patches(analysis.trace, features.rows_of(analysis.trace, layer, "stream"))
        labels = torch.from_numpy(found[layer]).long()
        means = torch.stack([rows[labels == group].mean(0) for group in range(COUNT)])
        assert torch.cdist(rows, means).argmin(dim=1).tolist() == labels.tolist()


def test_groups_keep_their_names_and_begin_by_size(analysis, values) -> None:
    found = torch.from_numpy(groups.parts(analysis.trace, values)[0]).long()
    sizes = found[0].bincount(minlength=COUNT)
    assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)
    again = groups.agreements(found.float().numpy(), np.zeros((12, 0)))
    assert again["before"][0] is None and again["withAnswers"] == [None] * 12
    assert again["before"][4] == pytest.approx(rand_index(found[4], found[3]))


def test_what_is_sent_names_the_classes_by_their_weight(analysis, values) -> None:
    header, arrays = unpack(groups.payload(analysis, 9, HERE, COUNT, values))
    answers, probabilities = patch_answers(analysis.trace, 7)
    names = analysis.trace.config.labels
    assert [header["labels"][rank] for rank in arrays["answers"][7]] == [names[label].split(",")[0] for label in answers.tolist()]
    assert_close(torch.from_numpy(arrays["probabilities"][7].copy()), probabilities)
    sums = [arrays["probabilities"][arrays["answers"] == rank].sum() for rank in range(len(header["labels"]))]
    assert sums == sorted(sums, reverse=True) and header["noClasses"] is None
    assert header["parted"][11] == pytest.approx(float(values.reshape(12, -1)[11, -1]))


def test_what_is_not_known_yet_is_none(analysis, values) -> None:
    part = values.copy()
    part[len(part) // 2 :] = np.nan
    header, arrays = unpack(groups.payload(analysis, 9, HERE, COUNT, part))
    assert (arrays["groups"][6:] == -1).all() and (arrays["answers"][6:] == -1).all() and (arrays["groups"][:6] >= 0).all()
    assert header["parted"][6] is None and header["before"][6] is None and header["before"][5] is not None
    nothing = unpack(groups.payload(analysis, 9, HERE, COUNT, np.full_like(values, np.nan)))[0]
    assert nothing["labels"] == []


def test_a_model_without_classes_has_groups_alone() -> None:
    model = small_model(num_classes=0)
    image = cached.gallery_picture("chelsea")
    trace = model(vit_core.preprocess(image, model))
    analysis = Analysis(trace, 0.0, image)
    values = torch.cat(list(groups.steps(trace, rows_of(trace), 3))).numpy()
    header, arrays = unpack(groups.payload(analysis, 9, HERE, 3, values))
    assert header["noClasses"] == groups.NO_CLASSES and arrays["answers"].size == 0
    assert arrays["groups"].shape == (trace.depth, trace.layout.num_patches)


def test_there_are_no_more_groups_than_patches() -> None:
    assert groups.asked(chosen(groups=9), 4) == 4
    assert groups.asked(chosen(), 196) == 5


def test_what_stands_under_the_page(analysis, values) -> None:
    selection = chosen(groups=COUNT)
    assert not groups.checks(analysis.trace, selection, HERE, rows_of(analysis.trace))
    assert not groups.exports(analysis.trace, selection, HERE)
    assert "=" not in groups.formulas(analysis.trace, selection, HERE)[0][1]
    jobs.keep(groups.key_of(selection, HERE, COUNT), values)
    try:
        checks = groups.checks(analysis.trace, selection, HERE, rows_of(analysis.trace))
        share, before, said, answer = checks
        assert all(check.difference < 1e-6 for check in checks)
        told = groups.formulas(analysis.trace, selection, HERE)
        assert len(told) == 3 and f"= {share.shown:.4g}" in told[0][1] and f"= {before.shown:.4g}" in told[1][1]
        assert (before.name, said.name) == ("Rand index with layer 3", "Rand index with what patches say")
        (table,) = groups.exports(analysis.trace, selection, HERE)
        rows = list(csv.DictReader(io.StringIO(table.make())))
        assert len(rows) == 12 * 16 and table.file_name == "chelsea-64-16-stream-4-groups.csv"
        assert [int(row["group"]) - 1 for row in rows[48:64]] == groups.parts(analysis.trace, values)[0][3].tolist()
        assert float(rows[48 + 0]["with"]) == pytest.approx(answer.shown) and rows[48]["would say"] in answer.name
        assert [rows[48 + 5][name] for name in ("layer", "row", "column")] == ["4", "2", "2"]
    finally:
        jobs.forget(groups.key_of(selection, HERE, COUNT))


def test_pairs_that_are_counted_give_the_same_index() -> None:
    draw = torch.Generator().manual_seed(3)
    for groups_of in (1, 2, 5):
        one, other = (torch.randint(groups_of, (40,), generator=draw) for _ in range(2))
        assert groups.pairs_index(one.numpy(), other.numpy()) == pytest.approx(rand_index(one, other))


def test_a_model_without_classes_is_checked_without_answers() -> None:
    model = small_model(num_classes=0)
    trace = model(vit_core.preprocess(cached.gallery_picture("chelsea"), model))
    selection = chosen(groups=3)
    found = torch.cat(list(groups.steps(trace, rows_of(trace), 3))).numpy()
    jobs.keep(groups.key_of(selection, HERE, 3), found)
    try:
        names = [check.name for check in groups.checks(trace, selection, HERE, rows_of(trace))]
        assert len(names) in (1, 2) and names[0].startswith("variance between groups")
        (table,) = groups.exports(trace, selection, HERE)
        assert table.make().splitlines()[0] == "layer,row,column,group"
        assert "patch_answers" not in groups.script(trace, selection, HERE)
    finally:
        jobs.forget(groups.key_of(selection, HERE, 3))
