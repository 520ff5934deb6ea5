"""Lessons: a plan's view opens with its answer; a lesson is made, ordered, put into words, taken away, and opened on another server."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.browser.saved_pages import opened
from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import ready, view_query


def lessons(tab: Page, address: str, query: str = "") -> Locator:
    """The page of lessons, drawn."""
    open_app(tab, f"{address}/lessons{query}")
    ready(tab)
    return tab.locator(".lessons")


def names(stage: Locator) -> list[str]:
    """The headings of the steps that are shown."""
    return stage.locator(".steps h3").all_inner_texts()


def add(tab: Page, link: str) -> None:
    """Adds the view of a link to the lesson."""
    open_app(tab, link)
    ready(tab)
    tab.get_by_role("button", name="More to do with this view").click()
    tab.get_by_role("menuitem", name="Add this view to my lesson").click()
    expect(tab.locator(".strip")).to_contain_text("of your lesson")


def test_a_plan_asks_and_its_view_opens_with_the_answer(server, page) -> None:
    pages = page
    tab = pages(viewport=(1280, 900))
    stage = lessons(tab, server.url, "?picture=chelsea&size=64")
    expect(stage.locator(".steps > li")).to_have_count(6)
    answer = stage.locator("details p").first
    expect(answer).to_be_hidden()
    stage.get_by_role("button", name="Open all answers").click()
    expect(answer).to_be_visible()
    said = re.match(r"(.+), ([\d.]+%);", answer.inner_text())
    link = stage.get_by_role("link", name="Open in Overview")
    other = open_app(pages(), server.url + "/" + link.get_attribute("href").removeprefix("./"))
    expect(other.locator(".strip .answer")).to_contain_text(f"{said[1]} {said[2]}")
    expect(other.locator(".strip .who")).to_contain_text("Chelsea")
    with rerun(tab):
        stage.get_by_role("radio", name="Lecture").click()
    expect(stage.locator(".steps > li")).to_have_count(10)
    tab.reload()
    expect(stage.locator("h2")).to_have_text("90 minutes for a lecture")


def test_a_lesson_is_made_and_opened_on_another_server(server, fresh_server, page, browser, tmp_path) -> None:
    tab = page(own=True)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    add(tab, f"{server.url}/attention?picture=rocket&size=64&layer=9&head=4")
    add(tab, f"{server.url}/glossary{view_query(glo={'g': 'cost'})}")
    stage = lessons(tab, server.url, view_query(les="own"))
    assert names(stage) == ["Attention", "Glossary"]
    expect(stage.locator(".steps > li").first).to_contain_text("Rocket")
    stage.get_by_label("Title of the lesson").fill("Rockets & words")
    stage.get_by_label("Question, view 1, Attention").fill("Where does <head> 4 look?")
    stage.get_by_role("button", name="Down: view 1, Attention").click()
    assert names(stage) == ["Glossary", "Attention"]
    stage.get_by_role("button", name="Copy link").click()
    expect(stage.get_by_role("status")).to_contain_text("Copied")
    link = tab.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{server.url}/lessons#lesson=")
    with tab.expect_download() as download:
        stage.get_by_role("button", name="Save as one file").click()
    assert download.value.suggested_filename == "rockets-words.html"
    file = tmp_path / "lesson.html"
    download.value.save_as(file)
    with opened(browser, file) as saved:
        expect(saved.get_by_role("heading", level=1)).to_have_text("Rockets & words")
        expect(saved.get_by_text("Where does <head> 4 look?")).to_be_visible()
        link_of_view = saved.get_by_role("link", name="Open the view").nth(1).get_attribute("href")
        assert link_of_view.startswith(f"{server.url}/attention?picture=rocket")

    elsewhere = fresh_server()
    stage = lessons(tab, elsewhere.url, link.removeprefix(f"{server.url}/lessons"))
    expect(stage.locator("h2")).to_have_text("Rockets & words")
    assert names(stage) == ["Glossary", "Attention"]
    stage.get_by_role("button", name="Close").click()
    with rerun(tab):
        stage.get_by_role("radio", name="My lesson").click()
    expect(stage.locator(".steps > li")).to_have_count(0)  # another server's page knows nothing of what this browser keeps for the first
    stage.get_by_label("A lesson’s file").set_input_files(file)
    expect(stage.get_by_label("Question, view 2, Attention")).to_have_value("Where does <head> 4 look?")
    other = tab.context.new_page()
    open_app(other, f"{elsewhere.url}/{stage.get_by_role('link', name='Open the view').nth(1).get_attribute('href').removeprefix('./')}")
    expect(other.locator(".strip .who")).to_contain_text("Rocket")
    expect(other.locator("section.card", has_text="This head")).to_contain_text("9/12, 4/12")


def test_a_file_that_is_no_lesson_is_said_and_what_is_taken_out_comes_back(server, page, tmp_path) -> None:
    tab = page()
    stage = lessons(tab, server.url, "?size=64")
    with rerun(tab):
        stage.get_by_role("button", name="Make it mine").click()
    expect(stage.locator(".steps > li")).to_have_count(6)
    stage.get_by_role("button", name="Take out: view 1,").click()
    expect(stage.locator(".steps > li")).to_have_count(5)
    stage.get_by_role("button", name="Undo").click()
    expect(stage.locator(".steps > li")).to_have_count(6)
    other = tmp_path / "other.html"
    other.write_text("<p>Nothing")
    stage.get_by_label("A lesson’s file").set_input_files(other)
    expect(stage.get_by_role("status")).to_contain_text("That file holds no lesson")
    expect(stage.locator(".steps > li")).to_have_count(6)
    stage.get_by_role("button", name="Preview and print").click()
    expect(stage.locator("h2")).to_have_text("45 minutes for a school class")
    expect(stage.locator("textarea")).to_have_count(0)
