"""The patch grid: its setting, its payload against the trace, and its counts and costs against the running model."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.answers import said
from tests.support.payload import unpack
from ui.kit.patches import PATCHES, kernel_arrays
from ui.patch_grid import explained, page, payload
from ui.patch_grid.setting import FITS, GRIDS, SIZES, Setting, nearest_size, setting_of
from ui.state.selection import Selection
from ui.work import cached
from vit_core import cost
from vit_core.cost import measure
from vit_core.patches import flatten_kernel
from vit_core.readout import Answer


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "chelsea", 96, 16, cached.gallery_picture("chelsea"))


def as_run(analysis: cached.Analysis) -> cached.Answered:
    trace = analysis.trace
    return cached.Answered(trace.images, trace.layout, trace.patch_size, analysis.seconds, Answer.of(trace, 5), analysis.shown)


@given(wanted=st.integers(1, 3000), patch=st.sampled_from(PATCHES))
def test_the_nearest_resolution_divides_and_none_is_nearer(wanted: int, patch: int) -> None:
    size = nearest_size(wanted, patch)
    possible = [s for s in range(SIZES[0], SIZES[1] + 1) if s % patch == 0 and GRIDS[0] <= s // patch <= GRIDS[1]]
    assert size in possible
    assert abs(size - wanted) == min(abs(s - wanted) for s in possible)


@given(
    size=st.integers(32, 1024),
    patch=st.sampled_from(PATCHES),
    fit=st.sampled_from(list(FITS)),
    source=st.tuples(*[st.integers(1, 4000)] * 2),
)
def test_every_shape_can_be_cut(size: int, patch: int, fit: str, source: tuple[int, int]) -> None:
    setting = Setting(nearest_size(size, patch), patch, fit)
    height, width = setting.shape(source)
    assert height % patch == 0 and width % patch == 0
    assert GRIDS[0] <= min(height, width) // patch and max(height, width) // patch <= GRIDS[1]
    assert max(height, width) == setting.size
    assert fit == "keep" or height == width


def view(**values) -> Selection:
    return Selection(view=json.dumps(values))


def test_a_setting_in_the_view_is_taken_for_the_sizes_it_was_made_over() -> None:
    assert setting_of(Selection()) == (Setting(224, 16), None)
    assert setting_of(view(grid=[1024, 16, "pad"], over=[224, 16])) == (Setting(1024, 16, "pad"), None)
    assert setting_of(replace(view(grid=[1024, 16, "pad"], over=[224, 16]), image_size=96)) == (Setting(96, 16), None)


@pytest.mark.parametrize(
    "text",
    ["", "not json", "[]", "null", "3", '{"grid": 3}', '{"grid": [1, 2]}', '{"grid": ["a", null, {}], "over": [224, 16]}', "[" * 299],
)
def test_a_view_that_is_something_else_changes_nothing(text: str) -> None:
    assert setting_of(Selection(view=text)) == (Setting(224, 16), None)


def test_a_pair_that_does_not_divide_becomes_the_nearest_and_is_said() -> None:
    setting, notice = setting_of(view(grid=[1000, 16, "keep"], over=[224, 16]))
    assert setting == Setting(992, 16, "keep")
    assert notice == "1000 pixels cannot be cut into patches of 16 here; the nearest that can is 992 / 16."
    setting, notice = setting_of(view(grid=[500, 7, "sideways"], over=[224, 16]))
    assert setting == Setting(496, 8, "crop") and notice.count(".") == 1


@settings(max_examples=12, deadline=None)
@given(patch=st.sampled_from(PATCHES), rows=st.integers(2, 8), fit=st.sampled_from(list(FITS)), seed=st.integers(0, 3))
def test_counts_and_costs_hold_for_the_running_model(patch: int, rows: int, fit: str, seed: int) -> None:
    picture = list(cached.gallery())[seed]
    image, model = cached.gallery_picture(picture), cached.model("bundled")
    setting = Setting(nearest_size(rows * patch, patch), patch, fit)
    shape = setting.shape((image.height, image.width))
    run = cached.run.__wrapped__("bundled", picture, shape, patch, FITS[fit], image)
    assert run.layout.num_tokens == cost.tokens(model.config, shape, patch) == shape[0] * shape[1] // patch**2 + 1
    assert (run.shown.height, run.shown.width) == tuple(run.images.shape[-2:]) == shape
    assert cost.macs(model.config, shape, patch).total == measure.macs(model, shape, patch)
    for check in explained.checks(run, model.config, run.layout.num_patches - 1):
        assert check.difference < 1e-5, check


def test_the_grid_is_sent_the_models_own_pixels(analysis) -> None:
    model, picture = analysis.trace.model, cached.gallery_picture("chelsea")
    header, arrays = unpack(payload.stage(Selection(), Setting(96, 16), as_run(analysis), picture, "Chelsea", model))
    assert header["grid"] == [6, 6] and header["prefix"] == ["[CLS]"] and header["sourceSize"] == [picture.height, picture.width]
    levels = arrays["pixels"].reshape(6, 16, 6, 16, 3)[2, :, 4].reshape(-1)
    read = (levels / 255 - np.tile(header["mean"], 256)) / np.tile(header["std"], 256)
    assert np.abs(read - analysis.trace.patches[0, 2 * 6 + 4].numpy()).max() < 1e-5
    assert np.array_equal(arrays["words"], model.head.weight.detach().numpy())


@pytest.mark.parametrize("patch", [4, 8, 14, 16, 32])
def test_the_kernel_sent_is_the_models(patch: int) -> None:
    model = cached.model("bundled")
    arrays = {name: array.astype(np.float64) for name, array in kernel_arrays(model, patch).items()}
    resized = np.einsum("ia,dcab,jb->dijc", arrays["resize"], arrays["kernel"], arrays["resize"]).reshape(len(arrays["bias"]), -1)
    assert np.abs(resized - flatten_kernel(model.patch_embed.kernel(patch)).detach().numpy()).max() < 1e-5


def test_four_answers_agree_without_positions() -> None:
    model = cached.model("bundled")
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    answers, drift = payload.four_answers(model, x, 16, payload.order_of(3, 16))
    assert answers[0][0][:2] == said(model(x, 16))[0]
    assert answers[1][0][0] == answers[1][1][0] and drift < 1e-3


def test_formulas_and_exports_can_be_made(analysis) -> None:
    trace, run = analysis.trace, as_run(analysis)
    for sentence, latex in explained.formulas(run, trace.config, 8):
        assert sentence and latex.count("{") == latex.count("}")
    for export in explained.exports(run, Selection(), 8):
        assert len(export.make()) > 100, export.label
    values = explained.exports(run, Selection(), 8)[1].make().splitlines()
    assert len(values) == 769
    assert float(values[-1].split(",")[-1]) == pytest.approx(float(trace.patches[0, 8, -1]))


@pytest.mark.parametrize(("token", "patch"), [(0, 106 - 1), (1, 0), (14 * 14, 14 * 14 - 1), (999, 14 * 14 - 1)])
def test_every_part_of_the_page_speaks_of_one_patch(token: int, patch: int) -> None:
    layout = cached.model("bundled").config.layout((14, 14))
    assert page.subject(Selection(token=token), layout) == patch
    first = layout.num_prefix_tokens
    assert token or layout.token_at(7, 7) == first + patch  # the middle one, as the stage's `tokenOf`


@pytest.mark.parametrize(
    ("token", "at", "patch"),
    [
        (1 + 9 * 14 + 4, None, 18 * 27 + 8),  # the app's token, at its place of the picture
        (0, None, 13 * 27 + 13),
        (5, 27 * 27, 27 * 27 - 1),
        (5, 999_999, 27 * 27 - 1),
        (5, 0, 13 * 27 + 13),
    ],
)
def test_in_a_cut_of_its_own_the_page_speaks_of_the_patch_that_the_stage_shows(token: int, at: int | None, patch: int) -> None:
    layout = cached.model("bundled").config.layout((27, 27))
    named = {"grid": [648, 24, "crop"], "over": [224, 16], **({} if at is None else {"at": at})}
    assert page.subject(Selection(token=token, view=json.dumps(named)), layout) == patch
    other = cached.model("bundled").config.layout((14, 14))
    elsewhere = Selection(token=5, view=json.dumps({"grid": [648, 24, "crop"], "over": [96, 16], "at": 99}))
    assert page.subject(elsewhere, other) == 4


def test_the_script_runs(capsys) -> None:
    run = cached.run.__wrapped__("bundled", "chelsea", (48, 64), 16, "stretch", cached.gallery_picture("chelsea"))
    text = explained.script(run, Selection(image_size=64), Setting(64, 16, "keep"), 3)
    exec(compile(text, "patch_grid", "exec"), {})
    assert "(3, 4)" in capsys.readouterr().out
