"""“Save as a web page” in the app: the file shows what the app shows, and its link leads back there."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.saved_pages import opened

LINK = "/attention?picture=chelsea&size=96&layer=6&head=3&token=8"


def weight(page: Page) -> str:
    return page.locator("section.card", has_text="Under the pointer").locator("dd").nth(2).inner_text()


def test_what_is_saved_is_what_is_shown(server, page, browser, tmp_path) -> None:
    tab = page()
    tab.goto(server.url + LINK)
    expect(tab.locator(".vit[data-ready] .explorer")).to_be_visible()
    expect(tab.locator("section.card", has_text="This head")).to_contain_text("6/12, 3/12")
    shown = weight(tab)
    tab.get_by_role("tab", name="Export").click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save as a web page").click()
    assert download.value.suggested_filename == "attention-chelsea-96-16.html"
    file = tmp_path / "attention.html"
    download.value.save_as(file)
    with opened(browser, file) as saved:
        expect(saved.locator(".vit[data-ready]").first).to_be_visible()
        expect(saved.locator("section.card", has_text="This head")).to_contain_text("6/12, 3/12")
        assert weight(saved) == shown
        link = urlsplit(saved.locator("#link").get_attribute("href"))
        assert f"{link.scheme}://{link.netloc}{link.path}" == f"{server.url}/attention"
        asked = parse_qs(link.query)
        assert (asked["picture"], asked["layer"], asked["head"], asked["token"]) == (["chelsea"], ["6"], ["3"], ["8"])


@pytest.mark.parametrize(("path", "slug"), [("", "overview"), ("patch_grid", "patch_grid"), ("patch_embedding", "patch_embedding")])
def test_other_pages_can_be_saved_too(path, slug, server, page, browser, tmp_path) -> None:
    tab = page()
    tab.goto(f"{server.url}/{path}?picture=chelsea&size=96")
    expect(tab.locator(".vit[data-ready]").first).to_be_visible()
    tab.get_by_role("tab", name="Export").click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save as a web page").click()
    assert download.value.suggested_filename == f"{slug}-chelsea-96-16.html"
    file = tmp_path / "view.html"
    download.value.save_as(file)
    with opened(browser, file) as saved:
        expect(saved.locator(".vit[data-ready]").first).to_be_visible()
        expect(saved.locator("footer")).to_contain_text("96 / 16 → 6 × 6 = 36 patches")
        assert saved.locator("#link").get_attribute("href").startswith(f"{server.url}/{path}?picture=chelsea")
