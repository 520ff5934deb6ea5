"""The patch pages' other half: settings, payloads against the trace, counts and costs against the running model."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.payload import unpack
from ui.kit import answers
from ui.patch_embedding import payload as patch_embedding
from ui.patch_embedding.calculator import Calculation, calculation_of, data, of_preset
from ui.patch_grid import payload as patch_grid
from ui.patch_grid.setting import FITS, GRIDS, PATCHES, SIZES, Setting, nearest_size, setting_of
from ui.state.selection import Selection
from ui.work import cached
from vit_core import cost
from vit_core.cost import measure
from vit_core.images import to_image
from vit_core.layers import PatchEmbed
from vit_core.patches import flatten_kernel
from vit_core.presets import presets
from vit_core.study.embedding import reconstruct


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "chelsea", 96, 16, cached.gallery_picture("chelsea"))


def as_run(analysis: cached.Analysis) -> cached.Run:
    trace = analysis.trace
    return cached.Run(trace.images, trace.layout, trace.patch_size, analysis.seconds, answers.of_trace(trace, 5), analysis.shown)


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
    assert calculation_of(Selection(view=text)) == Calculation()


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
    for check in patch_grid.checks(run, model.config, run.layout.num_patches - 1):
        assert check.difference < 1e-5, check


def test_the_grid_is_sent_the_models_own_pixels(analysis, monkeypatch) -> None:
    monkeypatch.setattr(patch_grid.session, "picture_title", lambda: "Chelsea")
    model, picture = analysis.trace.model, cached.gallery_picture("chelsea")
    header, arrays = unpack(patch_grid.build(Selection(), Setting(96, 16), as_run(analysis), picture, model))
    assert header["grid"] == [6, 6] and header["prefix"] == ["[CLS]"] and header["sourceSize"] == [picture.height, picture.width]
    levels = arrays["pixels"].reshape(6, 16, 6, 16, 3)[2, :, 4].reshape(-1)
    read = (levels / 255 - np.tile(header["mean"], 256)) / np.tile(header["std"], 256)
    assert np.abs(read - analysis.trace.patches[0, 2 * 6 + 4].numpy()).max() < 1e-5
    assert np.array_equal(arrays["words"], model.head.weight.detach().numpy())


@pytest.mark.parametrize("patch", [4, 8, 14, 16, 32])
def test_the_kernel_sent_is_the_models(patch: int) -> None:
    model = cached.model("bundled")
    arrays = {name: array.astype(np.float64) for name, array in patch_grid.kernel_arrays(model, patch).items()}
    resized = np.einsum("ia,dcab,jb->dijc", arrays["resize"], arrays["kernel"], arrays["resize"]).reshape(len(arrays["bias"]), -1)
    assert np.abs(resized - flatten_kernel(model.patch_embed.kernel(patch)).detach().numpy()).max() < 1e-5


def test_the_embedding_page_is_sent_the_trace(analysis) -> None:
    trace = analysis.trace
    header, arrays = unpack(patch_embedding.payload(analysis))
    assert np.array_equal(arrays["embeddings"], trace.patch_embeddings[0].numpy())
    assert np.array_equal(arrays["tokens"], trace.tokens[0, 1:].numpy())
    assert np.array_equal(arrays["kept"], np.asarray(to_image(reconstruct(trace), trace.config.preprocessing)))
    assert header["error"] == pytest.approx(float(np.sqrt(np.square(arrays["errors"]).mean())), rel=1e-5)
    assert 0 <= header["convolution"] < 1e-3
    assert header["rank"] == min(192, 768)
    assert arrays["components"].shape == (28, 3, 8, 8)


def test_every_check_of_the_embedding_holds(analysis) -> None:
    trace = analysis.trace
    asked = {"patch": 7, "dim": 100, "sum": float(trace.patch_embeddings[0, 7, 100])}
    for message in (None, asked):
        found = patch_embedding.checks(trace, 20, message, Calculation())
        assert all(check.difference < 1e-3 for check in found), found
    assert len(found) == 7
    for wrong in ({}, {**asked, "patch": 36}, {**asked, "dim": "1"}, {**asked, "sum": None}, "text"):
        assert not patch_embedding.valid(wrong, trace)


def test_formulas_and_exports_can_be_made(analysis) -> None:
    trace, run = analysis.trace, as_run(analysis)
    for sentence, latex in patch_grid.formulas(run, trace.config, 8) + patch_embedding.formulas(trace, 8, Calculation()):
        assert sentence and latex.count("{") == latex.count("}")
    for export in patch_grid.exports(run, Selection(), 8) + patch_embedding.exports(trace, Selection(), 8):
        assert len(export.make()) > 100, export.label
    values = patch_grid.exports(run, Selection(), 8)[1].make().splitlines()
    assert len(values) == 769
    assert float(values[-1].split(",")[-1]) == pytest.approx(float(trace.patches[0, 8, -1]))


@pytest.mark.parametrize("page", ["grid", "embedding"])
def test_the_scripts_run(page: str, capsys) -> None:
    selection = Selection(image_size=64)
    text = patch_embedding.script(selection, 3)
    if page == "grid":
        run = cached.run.__wrapped__("bundled", "chelsea", (48, 64), 16, "stretch", cached.gallery_picture("chelsea"))
        text = patch_grid.script(run, selection, Setting(64, 16, "keep"), 3)
    exec(compile(text, page, "exec"), {})
    assert ("(3, 4)" if page == "grid" else "tensor") in capsys.readouterr().out


@given(
    size=st.integers(32, 1024),
    patch=st.sampled_from(PATCHES),
    chans=st.sampled_from([1, 3, 4]),
    width=st.integers(1, 8),
    prefix=st.integers(0, 3),
    bias=st.integers(0, 1),
)
def test_the_calculators_closed_forms_are_those_of_cost(size: int, patch: int, chans: int, width: int, prefix: int, bias: int) -> None:
    calculation = Calculation(-(-size // patch) * patch, patch, chans, 64 * width, prefix, bias)
    for check in calculation.checks():
        assert check.difference == 0, check
    assert calculation.parameters == sum(p.numel() for p in PatchEmbed(calculation.config).parameters())
    assert calculation.sequence_bytes(2) == 2 * 64 * width * calculation.tokens


def test_the_calculator_starts_with_the_sources_numbers_and_takes_published_models() -> None:
    start = Calculation()
    assert (start.parameters, start.macs, start.tokens) == (590_592, 339_738_624, 577)
    rows = {row["name"]: row for row in data(start)["presets"]}
    assert rows.keys() == presets.keys()
    for name, config in presets.items():
        calculation = of_preset(config)
        assert calculation.parameters == cost.parameters(config).patch_embed, name
        assert calculation.macs == cost.macs(config).patch_embed, name
        assert calculation.tokens == cost.tokens(config), name
        assert rows[name]["patch"] in data(start)["patches"] and 64 <= rows[name]["dim"] <= 2048 and rows[name]["dim"] % 64 == 0


def test_a_calculation_in_the_link_is_held_to_what_can_be() -> None:
    assert calculation_of(view(calc=[224, 16, 1, 192, 1, 1])) == Calculation(224, 16, 1, 192, 1, 1)
    for wrong in (
        [225, 16, 3, 192, 1, 1],
        [224, 0, 3, 192, 1, 1],
        [224, 16, 2, 192, 1, 1],
        [224, 16, 3, 192.5, 1, 1],
        [10**9, 16, 3, 192, 1, 1],
    ):
        assert calculation_of(view(calc=wrong)) == Calculation()


def test_four_answers_agree_without_positions() -> None:
    from ui.patch_grid.shuffle import four_answers, order_of

    model = cached.model("bundled")
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    answers, drift = four_answers(model, x, 16, order_of(3, 16))
    assert answers[0][0] == list(model(x, 16).top_k(1)[0])
    assert answers[1][0][0] == answers[1][1][0] and drift < 1e-3
