"""No published figure is typed into the pages of evidence: each comes from a row of the data files. And the cards are measured."""

import re
from pathlib import Path

import numpy as np
import pytest

from published import evidence
from published.derived import stated_models
from tests.support.payload import unpack
from ui.choosing import next as choosing_next
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from vit_core import cost
from vit_core.presets import presets, specs

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("pages/performance.py", "pages/choosing.py", "published/guide*.py", "ui/performance/*.py", "ui/choosing/*.py")
SCRIPTS = ("assets/components/performance/*.js", "assets/components/choosing*/*.js")
SETTINGS = {"384", "512", "518", "224", "1024", "2048"}  # sides of pictures: names of settings, and answers to choose from


def published() -> set[str]:
    """Every published or stated figure that is more than a small whole number, as it may be typed."""
    found = set(evidence.accuracy_texts().values()) | {figure.value for figure in evidence.figures().values()}
    found |= {row[name].split()[0].rstrip("MB") for row in stated_models().values() for name in ("parameters", "top1", "memory_gb")}
    found |= {str(spec.params_exact) for spec in specs()} | {f"{spec.params_exact:,}" for spec in specs()}
    found |= {text.replace(",", "") for text in found}
    return {text for text in found if len(re.sub(r"\D", "", text)) >= 3 or "." in text} - SETTINGS - {"1,000", "1000", "100"}


def test_no_figure_is_typed():
    figures = published()
    assert {"77.91", "84.15", "17,666", "17666", "1.28", "45.9", "680", "2500", "86567656"} <= figures
    files = [path for pattern in (*PAGES, *SCRIPTS) for path in sorted(ROOT.glob(pattern))]
    assert len(files) >= 20
    typed = {}
    for path in files:
        text = re.sub(r"#[0-9a-f]{6}\b|0x[0-9a-f]+", "", path.read_text(encoding="utf-8"))
        found = figures & set(re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.])", text))
        if found:
            typed[path.name] = sorted(found)
    assert not typed


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee"))


def test_the_cards_are_measured(analysis, monkeypatch):
    monkeypatch.setattr(session, "current", lambda: Selection(picture="coffee"))
    monkeypatch.setattr(session, "picture", lambda: cached.gallery_picture("coffee"))
    monkeypatch.setattr(session, "picture_title", lambda: cached.gallery()["coffee"].title)
    header, arrays = unpack(choosing_next.payload(analysis, choosing_next.gallery_pairs(), "Bundled ViT"))
    trace = analysis.trace
    np.testing.assert_allclose(arrays["looks"], trace.attn_weights(11, 0)[0, :, 0, 1:].numpy(), rtol=1e-5)
    np.testing.assert_allclose(arrays["norms"], np.linalg.norm(trace.resid(12)[0, 1:].numpy(), axis=-1), rtol=1e-5)
    assert header["kept"] == 49
    assert [paper["id"] for paper in header["papers"]] == list(evidence.papers())
    same = next(cut for cut in header["flexible"] if cut["patch"] == 16)
    assert [same["label"], same["probability"]] == list(trace.top_k(1)[0])
    other = next(cut for cut in header["flexible"] if cut["patch"] == 32)
    assert other["tokens"] == 50
    assert other["label"] == cached.model("bundled")(trace.images, patch_size=32).top_k(1)[0][0]
    assert header["sam"] == {"side": 1024, "window": 14, "global": 4, "patch": 16}
    assert len({pair["title"] for pair in header["pairs"]}) == 4


def test_blocks_cost_what_the_closed_form_says():
    config = presets["ViT-B/16"]
    for size in (112, 224, 448):
        count = cost.macs(config, size)
        assert choosing_next.block_macs(config, cost.tokens(config, size)) == count.depth * count.block.total
