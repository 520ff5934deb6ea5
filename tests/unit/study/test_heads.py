"""Head profiles, high norms and occlusion: hand-made attention with a known answer, and properties on the bundled model."""

import json
import math
import subprocess

import pytest
import torch

from tests.support.find_node import ADVICE, find_node
from ui.kit.places import ROOT
from ui.work import cached
from vit_core import VisionTransformer, ViTConfig
from vit_core.patches import patchify
from vit_core.study.heads import colour_ceiling, head_profiles, high_norm_patches
from vit_core.study.occlusion import cover, occlusion_curves

GRID = 8
CONFIG = ViTConfig(32, 1, 1, 32, 3, norm_eps=1e-6, image_size=8 * GRID, patch_size=8)


def traced(pattern: torch.Tensor):
    """A trace whose only head attends as `pattern` [T, T] says."""
    model = VisionTransformer(CONFIG).init_weights(1).eval().requires_grad_(False)
    return model(torch.randn(1, 3, 8 * GRID, 8 * GRID), edits={(0, "attn_weights"): lambda w: pattern.expand_as(w)})


def pattern_of(kind: str) -> torch.Tensor:
    tokens = GRID * GRID + 1
    index = torch.arange(GRID * GRID)
    row, col = index // GRID, index % GRID
    patches = {
        "local": torch.eye(GRID * GRID),
        "row": (row[:, None] == row).float(),
        "column": (col[:, None] == col).float(),
        "global": torch.ones(GRID * GRID, GRID * GRID),
        "[CLS]-bound": torch.zeros(GRID * GRID, GRID * GRID),
    }[kind]
    full = torch.zeros(tokens, tokens)
    full[1:, 1:] = patches
    full[0] = 1
    if kind == "[CLS]-bound":
        full[:, 0] = 1
    return full / full.sum(1, keepdim=True)


@pytest.mark.parametrize("kind", ["local", "row", "column", "global", "[CLS]-bound"])
def test_a_head_made_to_be_of_a_type_is_found_to_be(kind: str) -> None:
    assert head_profiles(traced(pattern_of(kind))).kinds == [[kind]]


def test_measures_of_a_row_head_by_hand() -> None:
    found = head_profiles(traced(pattern_of("row")))
    assert float(found.row_mass) == pytest.approx(1)
    assert float(found.column_mass) == pytest.approx(1 / GRID)
    assert float(found.prefix_mass) == pytest.approx(0, abs=1e-6)
    mean_gap = sum(abs(a - b) for a in range(GRID) for b in range(GRID)) / GRID**2
    assert float(found.distance) == pytest.approx(8 * mean_gap, rel=1e-5)


def test_high_norm_patches_are_those_made_long() -> None:
    model = VisionTransformer(CONFIG).init_weights(1).eval().requires_grad_(False)

    def stretch(x: torch.Tensor) -> torch.Tensor:
        factors = torch.ones(x.shape[1])
        factors[[4, 20]] = 10
        return x / x.norm(dim=-1, keepdim=True) * factors[:, None]

    trace = model(torch.randn(1, 3, 64, 64), edits={(0, "resid_post"): stretch})
    assert torch.nonzero(high_norm_patches(trace)[0]).flatten().tolist() == [3, 19]
    assert not high_norm_patches(trace, 0).any()


def test_cover_touches_the_named_patches_only() -> None:
    images = torch.randn(1, 3, 16, 24)
    covered = patchify(cover(images, 8, (2, 3), torch.tensor([1, 5])), 8)
    before = patchify(images, 8)
    for patch in range(6):
        if patch in (1, 5):
            torch.testing.assert_close(covered[0, patch].reshape(-1, 3), images.mean((2, 3)).expand(64, 3))
        else:
            assert torch.equal(covered[0, patch], before[0, patch])


@pytest.fixture(scope="module")
def trace():
    return cached.analysis.__wrapped__("bundled", "coffee", 64, 8, cached.gallery_picture("coffee")).trace


def test_occlusion_starts_at_the_prediction_and_repeats(trace) -> None:
    attention = trace.attn_weights(11, 0)[0, :, 0].mean(0)[trace.layout.patches]
    curves = occlusion_curves(trace, attention, steps=3, orders=2, seed=5)
    assert curves.label == int(trace.probs[0].argmax())
    for curve in [curves.most, curves.least, *curves.random]:
        assert float(curve[0]) == pytest.approx(float(trace.probs[0, curves.label]), abs=1e-5)
    again = occlusion_curves(trace, attention, steps=3, orders=2, seed=5)
    torch.testing.assert_close(curves.random, again.random)
    order = attention.argsort(descending=True)[: round(0.4 * 64)]
    by_hand = trace.model(cover(trace.images, 8, (8, 8), order), 8).probs[0, curves.label]
    assert float(curves.most[1]) == pytest.approx(float(by_hand), abs=1e-5)


def test_profiles_of_the_bundled_model_are_shares(trace) -> None:
    found = head_profiles(trace)
    for mass in (found.prefix_mass, found.local_mass, found.row_mass, found.column_mass):
        assert mass.shape == (12, 12) and float(mass.min()) >= -1e-6 and float(mass.max()) <= 1 + 1e-6
    assert (found.local_mass <= 1).all() and not math.isnan(float(found.distance.sum()))
    weights = trace.attn_weights(4)[0, 7][trace.layout.patches]
    assert float(found.prefix_mass[4, 7]) == pytest.approx(float(weights[:, 0].mean()), abs=1e-5)


def in_browser(rows: list[list[float]]) -> list[float]:
    """The ends of the same maps' scales as the browser computes them."""
    module = (ROOT / "assets" / "components" / "kit" / "picture" / "colours.js").as_uri()
    code = f"import {{ ceilingOf }} from {json.dumps(module)}; const rows = {json.dumps(rows)};"
    code += "console.log(JSON.stringify(rows.map((row) => ceilingOf(Float32Array.from(row)))));"
    node = find_node()
    assert node, ADVICE
    done = subprocess.run([node[0], "--input-type=module", "-e", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_colour_scale_leaves_sinks_out_and_is_the_browsers(trace):
    rows = [torch.rand(count, generator=torch.Generator().manual_seed(count)) for count in (1, 4, 49, 50, 51, 196)]
    rows += [trace.attn_weights(11)[0, head, 0, trace.layout.patches] for head in range(12)]
    for row in rows[3:6]:
        rows.append(row.clone())
        rows[-1][0] = 40.0
    ends = [colour_ceiling(row) for row in rows]
    assert ends == in_browser([row.tolist() for row in rows])
    for row, end in zip(rows, ends, strict=True):
        above = (row > end).sum()
        assert above <= -(-len(row) // 50) and end <= float(row.max())
    assert all(end < 40 for end in ends[-3:])


def test_patches_stand_out_beside_the_true_median(monkeypatch) -> None:
    trace = traced(pattern_of("global"))
    lengths = torch.tensor([1.0] * 31 + [2.0, 4.0] + [4.0] * 30)  # the two in the middle of 64 are 2 and 4, with one more above them

    def stream(longest: float) -> torch.Tensor:
        return torch.cat([torch.ones(1), lengths, torch.tensor([longest])])[None, :, None] * torch.eye(32)[:1]

    for longest, stands_out in ((9.5, 1), (8.5, 0)):  # three times the median is 9; three times the lower of the two would be 6
        monkeypatch.setattr(type(trace), "resid", lambda self, layer, longest=longest: stream(longest))
        assert int(high_norm_patches(trace).sum()) == stands_out
