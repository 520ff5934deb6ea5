"""The walkthrough's one bar and its keys, what is commonly stated, and the quiz."""

import re

from playwright.sync_api import expect

from tests.support.browser.looks.audit import audit
from tests.support.browser.server import rerun, wait_for_run
from tests.support.browser.walkthrough_page import at, jump, opened


def test_nine_steps_have_one_bar_and_arrow_keys_lead_through_them_from_anywhere(server, page) -> None:
    tab = page(viewport=(1400, 900))
    walk = opened(tab, server, token=90)
    assert [text.split()[0] for text in walk.locator(".walk-flow button").all_inner_texts()] == list("123456789")
    assert tab.get_by_role("button", name=re.compile("Tour|Open a block|^[1-9]$")).count() == 0
    tab.get_by_role("heading", name="Walkthrough").click()
    for step in (2, 3):
        with rerun(tab):
            tab.keyboard.press("ArrowRight")
        at(tab, step)
    with rerun(tab):
        tab.get_by_role("button", name="About this model").focus()
        tab.keyboard.press("ArrowLeft")
    at(tab, 2)
    for own in (tab.get_by_role("slider", name="Resolution"), tab.get_by_role("tab", name="Code"), tab.locator(".stRadio input").first):
        own.focus()
        tab.keyboard.press("ArrowRight")
        wait_for_run(tab)
        at(tab, 2)


def test_keys_stay_on_patches_in_a_step_about_patches(server, page) -> None:
    """What has no place is not chosen there: the first patch stays, instead of the one that the picture opens with."""
    tab = page(viewport=(1400, 900))
    for step in (2, 3, 5):
        walk = opened(tab, server, step=step, token=3)
        picture = walk.locator(".picker canvas[tabindex='0']").first
        picture.focus()
        for key in ("Home", "ArrowUp", "ArrowLeft"):
            tab.keyboard.press(key)
            expect(picture).to_have_attribute("aria-label", re.compile("row 1, col 1 is chosen"))
        with rerun(tab):
            tab.keyboard.press("Enter")
        assert "token=1&" in tab.url + "&"
        at(tab, step)
        expect(picture).to_have_attribute("aria-label", re.compile("row 1, col 1 is chosen"))


def test_what_is_commonly_stated_comes_when_it_is_asked_for(server, page) -> None:
    tab = page()
    walk = opened(tab, server, step=2)
    told = walk.get_by_text("It has 256 pixels with 3 values each")
    expect(told).to_be_hidden()
    walk.get_by_role("button", name="Commonly stated").click()
    expect(told).to_be_visible()
    jump(walk, 3)
    expect(walk.locator(".fact")).to_be_hidden()


def test_the_quiz_marks_keeps_a_score_and_explains(server, page) -> None:
    tab = page(viewport=(1400, 1200))
    walk = opened(tab, server, step=2)
    with rerun(tab):
        tab.get_by_text("half as many").click()
    expect(tab.get_by_text("Not so. It is: four times as many.")).to_be_visible()
    expect(tab.get_by_text("two times two")).to_be_visible()  # why
    expect(tab.get_by_text("Score: 0 of 1 right")).to_be_visible()
    with rerun(tab):
        tab.locator(".stRadio label", has_text="four times as many").click()
    expect(tab.get_by_text("Right. 16 px give 196 patches, 8 px give 784.", exact=False)).to_be_visible()
    expect(tab.get_by_text("Score: 0 of 1 right")).to_be_visible()  # the first answer counts
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_timeout(400)
        assert audit(tab) == []
    with rerun(tab):
        jump(walk, 1)
    with rerun(tab):
        tab.get_by_text("all of them").click()
    expect(tab.get_by_text("Score: 1 of 2 right")).to_be_visible()
