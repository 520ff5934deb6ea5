"""Models of ViT-B/16's size (random weights, made on the spot): how soon the server answers, and what it keeps of three of them."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import psutil
import pytest
import streamlit as st
import torch
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from tests.support.browser.server import ROOT, Server, entry_of, open_app, rerun, wait_for_run
from tests.support.browser.stages import ready
from tests.support.timing import median_and_p95
from ui.kit import registry
from ui.state.session import SELECTION
from vit_core import VisionTransformer, checkpoints, presets

MODELS = [f"vit-b16-{name}" for name in "abc"]
KEEP_MODELS, KEEP_TRACES, KEEP_PAYLOADS = 0.75, 0.2, 0.1


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three of them."""
    folder = tmp_path_factory.mktemp("large")
    for seed, name in enumerate(MODELS):
        config = presets["ViT-B/16"].replace(name=name)
        model = VisionTransformer(config).init_weights(seed)
        torch.nn.init.trunc_normal_(model.head.weight, std=0.02)
        checkpoints.save(model.state_dict(), config, folder / f"{name}.safetensors")
    return folder


@pytest.fixture(scope="module")
def large(folder: Path, tmp_path_factory) -> Iterator[Server]:
    """A server with the three in its folder, which may keep two."""
    patch = pytest.MonkeyPatch()
    bounds = {"VIT_KEEP_MODELS": KEEP_MODELS, "VIT_KEEP_TRACES": KEEP_TRACES, "VIT_KEEP_PAYLOADS": KEEP_PAYLOADS}
    for name, value in {"VIT_MODELS": folder, "VIT_HUB": "off", **bounds}.items():
        patch.setenv(name, str(value))
    server = Server(tmp_path_factory.mktemp("server") / "server.log")
    patch.undo()
    yield server
    server.stop()


def opened(page: Callable[..., Page], server: Server, name: str, path: str = "attention", **query: int) -> Page:
    """A page with one of the models."""
    extra = "".join(f"&{key}={value}" for key, value in query.items())
    tab = open_app(page(viewport=(1400, 1000)), f"{server.url}/{path}?model=file-{name}.safetensors{extra}")
    ready(tab)
    return tab


def test_server_answers(folder: Path, monkeypatch, measured) -> None:
    """The script's time for another layer and for every other page, once each page was visited."""
    monkeypatch.setenv("VIT_MODELS", str(folder))
    monkeypatch.setenv("VIT_HUB", "off")
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["model"] = f"file-{MODELS[0]}.safetensors"
    app.run()

    def timed(run: Callable[[], AppTest]) -> float:
        start = time.perf_counter()
        run()
        assert not app.exception
        return 1000 * (time.perf_counter() - start)

    visits = [[timed(app.switch_page(f"pages/{spec.slug}.py").run) for spec in registry.PAGES] for _ in range(4)]
    app.switch_page("pages/attention.py").run()
    layers = []
    for step in range(24):
        app.session_state[SELECTION] = replace(app.session_state[SELECTION], layer=(5 * step) % 12)
        layers.append(timed(app.run))
    st.cache_resource.clear()
    measured("ViT-B/16-sized, 197 tokens, server answer: another layer", median_and_p95(layers), "p95 ≤ 1 s")
    measured(
        f"ViT-B/16-sized, 197 tokens, server answer: {len(registry.PAGES)} pages, again", median_and_p95([*chain(*visits[1:])]), "p95 ≤ 1 s"
    )
    measured("ViT-B/16-sized, 197 tokens, server answer: their first visit", median_and_p95(visits[0]), "p95 ≤ 1 s")


def whole_page(tab: Page, title: str) -> None:
    """Waits for a page's last line, which leads to the pages before and after it: all but what is run in the background is there."""
    titles = [spec.title for spec in registry.PAGES]
    at = titles.index(title)
    expect(tab.locator(".st-key-foot")).to_contain_text(f"← {titles[at - 1]}", timeout=60_000)
    expect(tab.locator(".st-key-foot")).to_contain_text(f"{titles[at + 1]} →", timeout=60_000)


def test_answers_on_screen(large: Server, page, measured) -> None:
    """From the click until everything is drawn and at rest for another layer, and until the whole page is there for another page."""
    tab = opened(page, large, MODELS[0])
    layers, pages, firsts, wholes = [], [], [], []
    slider = tab.get_by_role("slider", name="Layer", exact=True)
    for step in range(20):
        start = time.perf_counter()
        with rerun(tab):
            slider.evaluate(
                "(input, value) => { input.value = value; for (const kind of ['input', 'change']) input.dispatchEvent(new Event(kind, { "
                "bubbles: true })); }",
                str(1 + (step * 5) % 12),
            )
        layers.append(1000 * (time.perf_counter() - start))
    for visit in range(4):
        for title in ("Walkthrough", "Patch grid", "Patch embedding", "Positions", "Attention", "Memory"):
            entry = entry_of(tab, title)
            start = time.perf_counter()
            entry.click()
            whole_page(tab, title)
            (pages if visit else firsts).append(1000 * (time.perf_counter() - start))
            wait_for_run(tab)
            expect(tab.locator(".vit-waiting")).to_have_count(0, timeout=60_000)
            if not visit:
                wholes.append(1000 * (time.perf_counter() - start))
    measured("ViT-B/16-sized, 197 tokens, click to all drawn: another layer", median_and_p95(layers))
    measured("ViT-B/16-sized, 197 tokens, click to the whole page: again", median_and_p95(pages))
    measured("ViT-B/16-sized, 197 tokens, click to the whole page: its first visit", median_and_p95(firsts))
    measured("the same, until what is run in the background is there too", median_and_p95(wholes))


def test_three_models_stay_bounded(large: Server, page, measured) -> None:
    """Three models at two resolutions each, one after the other, twice: the server's memory stays where two of them put it."""
    process, seen = psutil.Process(large.pid), []
    empty = process.memory_info().rss
    for round_ in range(2):
        for name in MODELS:
            for size in (224, 384):
                opened(page, large, name, size=size).close()
            seen.append(process.memory_info().rss)
            measured(f"RSS, ViT-B/16-sized model {name[-1]}, round {round_ + 1}", f"{seen[-1] / 1e6:,.0f} MB", "")
    kept = 1e9 * (KEEP_MODELS + KEEP_TRACES + KEEP_PAYLOADS)
    bound = f"{empty / 1e6:,.0f} MB at the start, {kept / 1e6:,.0f} MB of models, traces and payloads allowed"
    measured("RSS with three ViT-B/16-sized models visited twice: most", f"{max(seen) / 1e6:,.0f} MB ({bound})", "bounded")
    assert seen[-1] < 1.3 * seen[1], "Memory grows with every model that is visited."
