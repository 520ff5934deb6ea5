"""The walkthrough in a real browser: its numbers against `vit_core`, the nine steps by keyboard, on a phone, in both themes, and the tour."""

import json
from functools import cache
from urllib.parse import quote

import pytest
import torch
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.support import open_app, rerun
from ui import cached, walkthrough_forward
from ui.walkthrough_words import SLUGS, TITLES
from vit_core.analysis import logit_lens
from vit_core.heads import head_profiles
from vit_core.layers import ACTIVATIONS
from vit_core.trace import ViTTrace

WALK = ".walk"
SEEN = "localStorage.setItem('vit-walkthrough-tour', 'seen')"


def opened(page: Page, server, step: int = 1, **query) -> Locator:
    """The stage at a step, without the tour."""
    page.add_init_script(f"try {{ {SEEN} }} catch {{}}")
    values = {**query, "view": json.dumps({"step": step})}
    open_app(page, f"{server.url}/walkthrough?" + "&".join(f"{name}={quote(str(value))}" for name, value in values.items()))
    at(page, step)
    return page.locator(WALK)


def at(page: Page, step: int) -> None:
    """Waits until a step is drawn."""
    page.locator(f'{WALK}[data-step="{step}"]:not(.waiting)').wait_for()


def go(page: Page, step: int) -> None:
    with rerun(page):
        page.locator(".numbers button").nth(step - 1).click()
    at(page, step)


def norm(row: torch.Tensor) -> float:
    return float(row.double().norm())


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(torch.cosine_similarity(a.double(), b.double(), dim=0))


class Truth:
    """What the trace says for a key of the page, such as `weights:4:3:90:17`."""

    def __init__(self, trace: ViTTrace) -> None:
        self.trace, self.lens = trace, (logit_lens(trace)[:, 0] / trace.config.temperature).softmax(-1).sort(descending=True).values
        self.profiles = head_profiles(trace)

    def __call__(self, key: str) -> float:
        trace, (name, *rest) = self.trace, key.split(":")
        if name == "norm":
            return norm(self.rows(rest[0], [int(i) for i in rest[1:]]))
        if name == "layer1":
            row = trace.attn_weights(0, int(rest[0]))[0, :, 0].mean(0)[trace.layout.patches]
            return float(row.min() if rest[1] == "min" else row.max())
        at = [int(i) for i in rest]
        block = trace.block(min(at[0], trace.depth - 1)) if at else None
        special = {
            "one": lambda: 1.0,
            "uniform": lambda: self.profiles.uniform_distance,
            "cosine": lambda: cosine(trace.patch_embeddings[0, at[0]], trace.patch_embeddings[0, at[1]]),
            "clsCosine": lambda: cosine(trace.resid(0)[0, 0], trace.resid(at[0])[0, 0]),
            "positionCosine": lambda: cosine(trace.pos_embedding[0, at[0]].detach(), trace.pos_embedding[0, at[1]].detach()),
            "looks": lambda: trace.attn_weights(at[0], 0)[0, :, 0].mean(0)[at[1]],
            "looksMax": lambda: trace.attn_weights(at[0], 0)[0, :, 0].mean(0)[trace.layout.patches].max(),
            "dots": lambda: block.q[0, at[1], at[2]].double() @ block.k[0, at[1], at[3]].double(),
            "pit": lambda: block.q[0, at[2], at[1]].double() @ block.k[0, at[3], at[1]].double(),
            "scaled": lambda: trace.attn_scores(at[0])[0, at[1], at[2], at[3]],
            "weights": lambda: trace.attn_weights(at[0])[0, at[1], at[2], at[3]],
            "headOut": lambda: block.head_out[0, at[1], at[2], at[3]],
            "q": lambda: block.q[0, at[1], at[2], at[3]],
            "k": lambda: block.k[0, at[1], at[2], at[3]],
            "v": lambda: block.v[0, at[1], at[2], at[3]],
            "pre": lambda: block.mlp_pre_act[0, at[1], at[2]],
            "post": lambda: ACTIVATIONS[trace.config.act](block.mlp_pre_act[0, at[1], at[2]]),
            "attnAdds": lambda: norm(block.attn_update[0, at[1]]),
            "mlpAdds": lambda: norm(block.mlp_update[0, at[1]]),
            "meanCosine": lambda: (
                sum(cosine(trace.resid(at[0])[0, at[1]], row) for row in trace.resid(at[0])[0, trace.layout.patches]) / trace.layout.num_patches
            ),
            "distanceMin": lambda: self.profiles.distance[at[0]].min(),
            "distanceMax": lambda: self.profiles.distance[at[0]].max(),
            "lens": lambda: self.lens[at[0], at[1]],
            "pooled": lambda: trace.pooled[0, at[0]],
            "head": lambda: trace.model.head.weight[at[0], at[1]],
            "logits": lambda: trace.logits[0, at[0]],
            "probs": lambda: trace.probs[0, at[0]],
        }
        return float(special[name]()) if name in special else float(self.rows(name, at[:-1])[at[-1]])

    def rows(self, name: str, at: list[int]) -> torch.Tensor:
        """A row of one of the tensors that are `[rows, dim]`."""
        trace = self.trace
        tensors = {
            "patches": lambda: trace.patches[0, at[0]],
            "embeddings": lambda: trace.patch_embeddings[0, at[0]],
            "tokens": lambda: trace.tokens[0, at[0]],
            "positions": lambda: trace.pos_embedding[0, at[0]].detach(),
            "cls": lambda: trace.model.cls_token[0, 0].detach(),
            "stream": lambda: trace.resid(at[0])[0, at[1]],
            "resid": lambda: trace.resid(at[0])[0, at[1]],
            "norm1": lambda: trace.block(at[0]).norm1_out[0, at[1]],
            "residMid": lambda: trace.block(at[0]).resid_mid[0, at[1]],
            "attnUpdate": lambda: trace.block(at[0]).attn_update[0, at[1]],
            "mlpUpdate": lambda: trace.block(at[0]).mlp_update[0, at[1]],
        }
        return tensors[name]()


@cache
def gallery() -> list[ViTTrace]:
    """The gallery's traces at 224 / 16."""
    return [cached.analysis.__wrapped__("bundled", name, 224, 16, cached.gallery_picture(name)).trace for name in cached.gallery()]


def strongest(key: str) -> float:
    """The highest activation of a neuron in any patch of the gallery."""
    _, layer, neuron, _ = key.split(":")
    return max(float(trace.block(int(layer)).mlp_post_act[0, trace.layout.patches, int(neuron)].max()) for trace in gallery())


def numbers_of(walk: Locator) -> list[tuple[str, str, str]]:
    """Key, exact value and text of every number that the stage shows."""
    return walk.evaluate(
        "(root) => [...root.querySelectorAll('.walk-stage [data-key]')].filter((n) => n.offsetParent).map((n) => [n.dataset.key, n.title, n.textContent])"
    )


@pytest.mark.parametrize(("picture", "token", "layer", "head"), [("chelsea", 90, 4, 3), ("coffee", 0, 12, 1), ("rocket", 150, 1, 12)])
def test_every_number_equals_the_trace(picture: str, token: int, layer: int, head: int, server, page) -> None:
    trace = cached.analysis.__wrapped__("bundled", picture, 224, 16, cached.gallery_picture(picture)).trace
    truth, tab = Truth(trace), page(viewport=(1400, 1600))
    walk = opened(tab, server, picture=picture, token=token, layer=layer, head=head)
    found: dict[str, tuple[str, str]] = {}
    for step in range(1, 10):
        if step > 1:
            go(tab, step)
        matrices = walk.locator(".matrix canvas")
        for i in range(matrices.count()):
            box = matrices.nth(i).bounding_box()
            matrices.nth(i).dispatch_event("pointermove", {"clientX": box["x"] + 0.3 * box["width"], "clientY": box["y"] + 0.6 * box["height"]})
        shown = numbers_of(walk)
        assert shown, f"step {step} shows no number"
        found |= {key: (exact, text) for key, exact, text in shown}
    checked = 0
    for key, (exact, text) in found.items():
        if key.startswith("drive:") and not key.endswith(":0"):
            continue
        expected = strongest(key) if key.startswith("drive:") else truth(key)
        assert float(exact) == pytest.approx(expected, rel=2e-4, abs=2e-5), key
        assert float(text.replace("−", "-")) == pytest.approx(float(exact), rel=6e-4), key
        checked += 1
    assert checked >= 100


def test_a_cell_opens_its_dot_product(server, page) -> None:
    trace = cached.analysis.__wrapped__("bundled", "chelsea", 224, 16, cached.gallery_picture("chelsea")).trace
    tab = page(viewport=(1400, 1600))
    walk = opened(tab, server, step=6, layer=5, head=4, token=30)
    expect(walk.locator(".pipeline .matrix")).to_have_count(12)
    for i in range(12):
        matrix = walk.locator(".pipeline .matrix canvas").nth(i)
        matrix.focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
            matrix.press(key)
        total = walk.locator(".attention-top .total")
        expect(total).to_contain_text("the model holds")
        key, exact, _ = next(entry for entry in numbers_of(walk) if entry[0] and entry[0] == total.locator("[data-key]").last.get_attribute("data-key"))
        assert float(exact) == pytest.approx(Truth(trace)(key), rel=2e-4, abs=2e-5)
        difference = float(total.inner_text().rsplit("difference ", 1)[1].rstrip(".").replace("−", "-"))
        assert difference <= 1e-4


def test_a_link_opens_its_step_and_the_flow_leads_there(server, page) -> None:
    tab = page()
    walk = opened(tab, server, step=7)
    expect(walk.locator(".step-title")).to_have_text(f"Step 7: {TITLES[6]}")
    expect(walk.locator(".walk-block")).to_be_visible()
    with rerun(tab):
        walk.locator(".walk-flow button", has_text="Embedding").click()
    at(tab, 3)
    expect(walk.locator(".walk-flow [aria-current]")).to_contain_text("Embedding")
    assert "step" in tab.evaluate("decodeURIComponent(location.search)")
    with rerun(tab):
        walk.get_by_role("button", name="Previous").click()
    expect(walk.locator(".step-title")).to_have_text(f"Step 2: {TITLES[1]}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nine_steps_on_a_phone_by_keyboard_alone(scheme: str, server, page) -> None:
    tab = page(viewport=(390, 844), color_scheme=scheme)
    walk = opened(tab, server)
    walk.locator(".numbers button").first.focus()
    summaries = set()
    for step in range(1, len(SLUGS) + 1):
        at(tab, step)
        expect(walk.locator(".step-title")).to_have_text(f"Step {step}: {TITLES[step - 1]}")
        expect(walk.locator(".learned")).not_to_be_empty()
        summaries.add(walk.locator("> [role=status]").inner_text())
        wide = walk.evaluate(
            """(root) => [...root.querySelectorAll('*')]
              .filter((n) => n.clientWidth && !n.closest('.visually-hidden') && n.getBoundingClientRect().right > innerWidth + 1)
              .map((n) => n.className)"""
        )
        assert not wide
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        unnamed = walk.evaluate("(root) => [...root.querySelectorAll('canvas[tabindex=\"0\"]')].filter((n) => !n.getAttribute('aria-label')).length")
        assert unnamed == 0
        if step < len(SLUGS):
            with rerun(tab):
                tab.keyboard.press("ArrowRight")
    assert len(summaries) == len(SLUGS) and all(summaries)


def test_the_tour_has_five_stops_and_is_remembered(server, page) -> None:
    tab = open_app(page(), f"{server.url}/walkthrough")
    at(tab, 1)
    tour = tab.locator(".tour")
    for stop in range(1, 6):
        expect(tour).to_contain_text(f"{stop} of 5.")
        tour.get_by_role("button", name="Next" if stop < 5 else "Done").click()
    expect(tour).to_be_hidden()
    open_app(tab, f"{server.url}/walkthrough")
    at(tab, 1)
    expect(tour).to_be_hidden()
    tab.get_by_role("button", name="Tour", exact=True).click()
    expect(tour).to_contain_text("1 of 5.")
    tour.get_by_role("button", name="Skip the tour").click()
    expect(tour).to_be_hidden()


def test_a_question_is_answered_by_the_model(server, page) -> None:
    tab = page()
    opened(tab, server, step=2)
    with rerun(tab):
        tab.get_by_text("four times as many").click()
    expect(tab.get_by_text("8 px give 784", exact=False)).to_be_visible()


def test_the_program_on_the_page_is_the_one_that_is_tested(server, page) -> None:
    tab = page(viewport=(1400, 1200))
    opened(tab, server)
    tab.get_by_text("The whole forward pass as one program").click()
    trace = cached.analysis.__wrapped__("bundled", "chelsea", 224, 16, cached.gallery_picture("chelsea")).trace
    code = tab.locator('[data-testid="stExpander"] pre')
    expect(code).to_be_visible()
    assert code.inner_text().split() == walkthrough_forward.program(trace).split()


def test_a_step_is_saved_as_a_picture(server, page, tmp_path) -> None:
    tab = page()
    walk = opened(tab, server, step=3)
    with tab.expect_download() as download:
        walk.get_by_role("button", name="Save (PNG)").click()
    download.value.save_as(tmp_path / "step.png")
    with Image.open(tmp_path / "step.png") as saved:
        assert saved.format == "PNG" and min(saved.size) > 500
        assert len(saved.convert("RGB").resize((64, 64)).getcolors(4096)) > 50
