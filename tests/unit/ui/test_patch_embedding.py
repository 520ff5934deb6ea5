"""The patch embedding: its payload and checks against the trace, and its calculator against `vit_core.cost` and the layer itself."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.payload import unpack
from ui.kit.patches import PATCHES
from ui.patch_embedding import explained, payload
from ui.patch_embedding.setting import Calculation, calculation_of, chosen_output, of_preset
from ui.state.selection import Selection
from ui.work import cached
from vit_core import cost
from vit_core.images import to_image
from vit_core.layers import PatchEmbed
from vit_core.presets import presets
from vit_core.study.embedding import reconstruct


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "chelsea", 96, 16, cached.gallery_picture("chelsea"))


def view(**values) -> Selection:
    return Selection(view=json.dumps(values))


def test_the_embedding_page_is_sent_the_trace(analysis) -> None:
    trace = analysis.trace
    header, arrays = unpack(payload.stage(analysis))
    assert np.array_equal(arrays["embeddings"], trace.patch_embeddings[0].numpy())
    assert np.array_equal(arrays["tokens"], trace.tokens[0, 1:].numpy())
    assert np.array_equal(arrays["kept"], np.asarray(to_image(reconstruct(trace), trace.config.preprocessing)))
    assert header["error"] == pytest.approx(float(np.sqrt(np.square(arrays["errors"]).mean())), rel=1e-5)
    assert 0 <= header["convolution"] < 1e-3
    assert header["rank"] == min(192, 768)
    side = analysis.trace.config.kernel
    assert arrays["components"].shape == (28, 3, side, side)


def test_every_check_of_the_embedding_holds(analysis) -> None:
    trace = analysis.trace
    asked = {"patch": 7, "dim": 100, "sum": float(trace.patch_embeddings[0, 7, 100])}
    for message in (None, asked):
        found = explained.checks(trace, 20, message, Calculation())
        assert all(check.difference < 1e-3 for check in found), found
    assert len(found) == 7
    for wrong in ({}, {**asked, "patch": 36}, {**asked, "dim": "1"}, {**asked, "sum": None}, "text"):
        assert not explained.valid(wrong, trace)


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
    for check in explained.calculator_checks(calculation):
        assert check.difference == 0, check
    assert calculation.parameters == sum(p.numel() for p in PatchEmbed(calculation.config).parameters())
    assert calculation.sequence_bytes(2) == 2 * 64 * width * calculation.tokens


def test_the_calculator_starts_with_the_sources_numbers_and_takes_published_models() -> None:
    start = Calculation()
    assert (start.parameters, start.macs, start.tokens) == (590_592, 339_738_624, 577)
    rows = {row["name"]: row for row in payload.calculator(start)["presets"]}
    assert rows.keys() == presets.keys()
    for name, config in presets.items():
        calculation = of_preset(config)
        assert calculation.parameters == cost.parameters(config).patch_embed, name
        assert calculation.macs == cost.macs(config).patch_embed, name
        assert calculation.tokens == cost.tokens(config), name
        assert (
            rows[name]["patch"] in payload.calculator(start)["patches"] and 64 <= rows[name]["dim"] <= 2048 and rows[name]["dim"] % 64 == 0
        )


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
    for text in ("", "not json", "[]", "null", "3", '{"calc": 3}', '{"calc": [1, 2]}', "[" * 299):
        assert calculation_of(Selection(view=text)) == Calculation()


def test_formulas_and_exports_can_be_made(analysis) -> None:
    for sentence, latex in explained.formulas(analysis.trace, 8, Calculation()):
        assert sentence and latex.count("{") == latex.count("}")
    for export in explained.exports(analysis.trace, Selection(), 8):
        assert len(export.make()) > 100, export.label


def test_formulas_checks_and_script_speak_of_the_chosen_output(analysis, capsys) -> None:
    trace = analysis.trace
    last = trace.config.embed_dim - 1
    assert chosen_output(trace, Selection(view='{"dim": 36}')) == 36 and chosen_output(trace, Selection(view='{"dim": 99999}')) == last
    stored = float(trace.patch_embeddings[0, 8, 36])
    sentence, latex = explained.formulas(trace, 8, Calculation(), 36)[1]
    assert (
        "Output 37 of patch 9" in sentence
        and latex.startswith("E_{37}")
        and float(latex.rsplit("= ", 1)[1]) == pytest.approx(stored, rel=1e-4)
    )
    assert explained.checks(trace, 8, None, Calculation(), 36)[0].shown == stored
    exec(compile(explained.script(Selection(image_size=64), 3, 36), "patch_embedding", "exec"), {})
    shown, model = map(float, capsys.readouterr().out.split()[:2])
    here = cached.analysis.__wrapped__("bundled", "coffee", 64, 16, cached.gallery_picture("coffee")).trace
    assert shown == pytest.approx(model, abs=1e-5) == pytest.approx(float(here.patch_embeddings[0, 3, 36]), abs=1e-5)


def test_what_was_learned_is_told_from_what_is_derived() -> None:
    config = cached.model("bundled").config
    own, dim = config.kernel, config.embed_dim
    learned = own * own * 3 * dim + dim
    for patch in {own, 8, 16}:
        trace = cached.analysis.__wrapped__("bundled", "chelsea", 96, patch, cached.gallery_picture("chelsea")).trace
        derived = (
            f"Learned are {learned:,} numbers, at {own}×{own} and with the bias; the {patch * patch * 3 * dim:,} of W here are derived."
        )
        same = f"Here nothing is resized: {learned:,} numbers were learned, with the bias."
        assert explained.learned_words(trace) == (same if patch == own else derived)


def test_the_script_runs(capsys) -> None:
    exec(compile(explained.script(Selection(image_size=64), 3), "patch_embedding", "exec"), {})
    assert "tensor" in capsys.readouterr().out
