"""The overview in a real browser: its flow leads to the pages, and a patch under the pointer shows its numbers."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.answers import said
from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import ready, settled, view_query
from ui.work import cached

UNFOLDED = f"/{view_query(all=True)}"


def test_a_stage_of_the_flow_leads_to_its_page(server, page) -> None:
    tab = open_app(page(), f"{server.url}/?picture=rocket")
    ready(tab)
    with rerun(tab):
        tab.get_by_text("Everything at once").click()
    with rerun(tab):
        tab.locator(".flow").get_by_role("button", name="12 blocks").click()
    expect(tab.locator("h1.vit-title")).to_have_text("Attention")
    expect(tab.locator(".strip")).to_contain_text("Rocket")


def test_hovering_a_patch_shows_its_numbers(server, page) -> None:
    tab = open_app(page(), server.url + UNFOLDED)
    tab.locator(".vit:has(.flow)[data-ready]").wait_for()
    picture = tab.locator(".stage .picture canvas")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 3.5 / 14, box["y"] + box["height"] * 5.5 / 14)
    trace = cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace
    patch = 5 * 14 + 3
    facts = tab.locator(".facts").first
    expect(facts).to_contain_text(f"row 6, col 4 · #{patch + 1}")
    norm = float(trace.patch_embeddings[0, patch].norm())
    shown = facts.locator("dd").nth(3)
    expect(shown).not_to_have_text("—")
    assert float(shown.inner_text()) == pytest.approx(norm, rel=2e-3)
    picture.focus()
    tab.mouse.move(0, 0)
    tab.keyboard.press("End")
    expect(facts).to_contain_text("row 14, col 14 · #196")
    tab.keyboard.press("ArrowUp")
    expect(facts).to_contain_text("row 13, col 14 · #182")


COLUMN = """
(canvas, colour) => {
  const probe = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const wanted = probe.getImageData(0, 0, 1, 1).data.slice(0, 3).join();
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const tall = Array(width).fill(0);
  for (let i = 0; i < width * height; i++) if (data.slice(4 * i, 4 * i + 3).join() === wanted && data[4 * i + 3]) tall[i % width]++;
  return [Math.max(...tall) / height, tall.filter((count) => count).length, canvas.width, canvas.clientWidth];
}
"""


def test_the_likeliest_class_is_drawn_and_no_thumbnail_is_cut_off(server, page) -> None:
    tab = open_app(page(viewport=(1920, 1080)), server.url + UNFOLDED)
    tab.locator(".vit:has(.flow)[data-ready]").wait_for()
    chances = tab.locator(".flow li").last.locator("canvas")
    accent = chances.evaluate("(node) => getComputedStyle(node).getPropertyValue('--st-primary-color')")
    tall, wide, pixels, shown = chances.evaluate(COLUMN, accent)
    assert pixels == shown and tall > 0.85 and wide >= 2
    for box in tab.locator(".flow .box").all():
        outer, inner = box.bounding_box(), box.locator("canvas").bounding_box()
        assert inner["y"] >= outer["y"] and inner["y"] + inner["height"] <= outer["y"] + outer["height"]


STORY = ".vit:has(.story)"


def test_the_story_plays_by_itself_and_stands_where_a_person_puts_it(server, page) -> None:
    tab = open_app(page(viewport=(1400, 1000), reduced_motion="no-preference"), f"{server.url}/?token=93")
    story = tab.locator(STORY)
    expect(story).to_have_attribute("data-playing", "true")
    expect(story).to_have_attribute("data-chapter", "2")  # by itself
    with rerun(tab):
        story.get_by_role("button", name="Pause").click()
    expect(story).to_have_attribute("data-playing", "false")
    with rerun(tab):
        story.get_by_role("slider").press("End")
    expect(story).to_have_attribute("data-chapter", "7")
    label, probability = said(cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace)[0]
    expect(story.locator(".words")).to_contain_text(f"It says {label}: {100 * probability:.1f}%.")
    tab.wait_for_url(re.compile("chapter"))
    other = open_app(page(viewport=(1400, 1000), reduced_motion="no-preference"), tab.url).locator(STORY)
    expect(other).to_have_attribute("data-chapter", "7")
    expect(other).to_have_attribute("data-playing", "false")


def test_chapters_by_keys_and_swipe_and_a_patch_that_leads_on(server, page) -> None:
    tab = open_app(page(viewport=(390, 844), has_touch=True), server.url)
    story = tab.locator(STORY)
    expect(story).to_have_attribute("data-playing", "false")  # less motion is asked for
    expect(story).to_have_attribute("data-chapter", "1")
    canvas = story.locator("canvas")
    for chapter in ("2", "3", "4"):
        with rerun(tab):
            canvas.press("ArrowRight")
        expect(story).to_have_attribute("data-chapter", chapter)
    box = canvas.bounding_box()
    with rerun(tab):
        tab.mouse.move(box["x"] + 60, box["y"] + 300)
        tab.mouse.down()
        tab.mouse.move(box["x"] + 200, box["y"] + 300, steps=4)
        tab.mouse.up()
    expect(story).to_have_attribute("data-chapter", "3")
    with rerun(tab):
        story.get_by_role("button", name="Patches").click()
    tab.mouse.move(0, 0)
    with rerun(tab):
        canvas.click(position={"x": box["width"] * 3.5 / 14, "y": (460 - box["width"]) / 2 + box["width"] * 5.5 / 14})
    expect(tab.locator("h1.vit-title")).to_have_text("Patch grid")
    assert f"token={1 + 5 * 14 + 3}" in tab.url


def test_what_is_folded_stays_in_the_link_and_a_link_into_it_opens_it(server, page) -> None:
    tab = open_app(page(viewport=(1400, 1000)), server.url)
    ready(tab)
    everything = tab.get_by_text("Everything at once")
    sequence = tab.get_by_text("The sequence the model reads")
    expect(sequence).to_be_hidden()
    with rerun(tab):
        everything.click()
    expect(sequence).to_be_visible()
    tab.wait_for_url(re.compile("all"))
    open_app(tab, tab.url)
    expect(sequence).to_be_visible()
    with rerun(tab):
        everything.click()
    expect(sequence).to_be_hidden()
    assert "all" not in tab.url
    open_app(tab, f"{server.url}/{view_query(vs=['picture', 'rocket'])}")
    expect(sequence).to_be_visible()
    expect(tab.get_by_text("What differs")).to_be_visible()


def test_from_the_story_one_goes_on_step_by_step_or_explores(server, page) -> None:
    tab = open_app(page(reduced_motion="no-preference"), f"{server.url}/?picture=rocket")  # it is left while it plays
    settled(tab)
    for link, title in (("Take it step by step", "Walkthrough"), ("Explore", "Attention")):
        with rerun(tab):
            tab.get_by_role("link", name=link).click()
        expect(tab.locator("h1.vit-title")).to_have_text(title)
        expect(tab.locator(".strip")).to_contain_text("Rocket")
        settled(tab)
        with rerun(tab):
            tab.go_back()
        settled(tab)
