"""The app in a real browser: first visits, uploads, navigation and links."""

import base64
import io

from PIL import Image
from playwright.sync_api import Page, expect

import vit_core
from tests.support.answers import said
from tests.support.browser.server import go_to, open_app, rerun, wait_for_run
from tests.support.browser.stages import ready, view_query
from ui.kit import icon, registry

ICON = """
async () => {
  const found = await fetch(document.querySelector('link[rel="shortcut icon"]').href);
  return btoa(String.fromCharCode(...new Uint8Array(await found.arrayBuffer())));
}
"""


def upload(page: Page, name: str, data: bytes) -> None:
    with rerun(page):
        page.locator('input[type="file"]').set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})


def stripes(mode: str = "RGB") -> bytes:
    picture = Image.new("RGB", (300, 200))
    for x in range(300):
        picture.paste(((x * 5) % 256, (x * 3) % 256, 90), (x, 0, x + 1, 200))
    buffer = io.BytesIO()
    picture.convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_link_opened_first_on_a_fresh_server(fresh_server, page) -> None:
    """One page for all: `shell.require()`, which this is about, is the first statement of each (`tests/unit/house/test_pages.py`)."""
    spec = next(spec for spec in registry.PAGES if spec.slug == "positional_encoding")
    tab = open_app(page(), f"{fresh_server().url}/{spec.path}")
    expect(tab.locator("h1.vit-title")).to_have_text(spec.title)
    ready(tab)
    expect(tab.locator(".strip")).to_contain_text("197 tokens")
    expect(tab.get_by_text("Traceback")).to_have_count(0)
    assert base64.b64decode(tab.evaluate(ICON)) == icon.FILE.read_bytes()
    go_to(tab, "Overview")
    assert base64.b64decode(tab.evaluate(ICON)) == icon.FILE.read_bytes()


def test_an_upload_is_what_the_model_sees(server, page) -> None:
    tab = open_app(page(), f"{server.url}/{view_query(all=True)}")
    before = ready(tab)
    upload(tab, "stripes.png", stripes())
    expect(tab.locator(".strip")).to_contain_text("stripes.png")
    tab.locator(f'.vit[data-ready]:not([data-ready="{before}"])').first.wait_for()
    model = vit_core.load()
    trace = model(vit_core.preprocess(vit_core.open_image(stripes()), model, image_size=224), patch_size=16)
    for label, probability in said(trace, 5):
        expect(tab.locator(".bars")).to_contain_text(f"{label}{100 * probability:.1f}%")
    expect(tab.locator(".strip")).to_contain_text("Your own picture is kept for an hour, in memory here and in your browser.")
    expect(tab.get_by_test_id("stFileUploaderFile")).to_have_count(0)  # what was taken has left the box
    tab.reload()
    wait_for_run(tab)
    expect(tab.locator(".strip")).to_contain_text("stripes.png")
    expect(tab.get_by_test_id("stAlert")).to_have_count(0)


PASTE = """
async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 20, height: 14 });
  canvas.getContext("2d").fillRect(0, 0, 9, 9);
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([await new Promise((done) => canvas.toBlob(done))], "pasted.png", { type: "image/png" }));
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, composed: true }));
}
"""


def test_a_pasted_picture_is_taken_and_a_small_one_says_so(server, page) -> None:
    tab = open_app(page(), server.url)
    ready(tab)
    with rerun(tab):
        tab.evaluate(PASTE)
    expect(tab.locator(".strip")).to_contain_text("pasted.png")
    expect(tab.get_by_test_id("stAlert")).to_contain_text("A small picture: 20 × 14 pixels, fewer than 32 a side.")


BAD = {
    "notes.txt": (b"just words", "not a picture"),
    "empty.png": (b"", "empty"),
    "cut.png": (stripes()[:200], "damaged"),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "SVG"),
    "phone.heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
}


def test_a_bad_upload_gets_one_sentence_and_the_picture_stays(server, page) -> None:
    tab = open_app(page(), f"{server.url}/?picture=rocket")
    ready(tab)
    notice, before = tab.locator('[data-testid="stAlert"]'), None
    for name, (data, words) in BAD.items():
        upload(tab, name, data)
        expect(notice).to_have_count(1)
        expect(notice).to_contain_text(words)
        assert notice.inner_text() != before  # it is about this file
        before = notice.inner_text()
        expect(tab.get_by_test_id("stFileUploaderFile")).to_have_count(0)
        expect(tab.locator(".strip")).to_contain_text("Rocket")
        expect(tab.get_by_text("Traceback")).to_have_count(0)


def test_navigation_keeps_the_selection_and_the_link_restores_it(server, page) -> None:
    pages = page
    tab = open_app(pages(reduced_motion="no-preference"), server.url)
    ready(tab)
    with rerun(tab):
        tab.get_by_role("radio", name="Rocket.").click()
    expect(tab.locator(".strip")).to_contain_text("Rocket")
    slider = tab.get_by_role("slider", name="Patch size")
    with rerun(tab):
        slider.press("ArrowRight")
    expect(tab.locator(".strip")).to_contain_text("7 × 7 = 49 patches")
    go_to(tab, "Attention")
    expect(tab.locator("h1.vit-title")).to_have_text("Attention")
    expect(tab.locator(".strip")).to_contain_text("Rocket")
    expect(tab.locator(".strip")).to_contain_text("49 patches")
    assert "picture=rocket" in tab.url and "patch=32" in tab.url
    other = open_app(pages(), tab.url)
    ready(other)
    expect(other.locator(".strip")).to_contain_text("Rocket")
    expect(other.locator(".strip")).to_contain_text("49 patches")


def test_pictures_that_the_model_cannot_know_stand_apart_and_keys_go_through_all(server, page) -> None:
    tab = open_app(page(), f"{server.url}/patch_grid?picture=coffee")
    ready(tab)
    side = tab.get_by_test_id("stSidebar")
    known, unknown = (side.locator(".pictures", has_text=title) for title in ("What it knows", "What it cannot know"))
    expect(known).to_contain_text("names what each of these shows")
    expect(unknown).to_contain_text("It answers all the same")
    expect(known.get_by_role("radio", name="Coffee.")).to_have_attribute("aria-checked", "true")
    last, first = known.get_by_role("radio").last, unknown.get_by_role("radio").first
    with rerun(tab):
        last.click()
    with rerun(tab):
        last.press("ArrowRight")
    expect(first).to_have_attribute("aria-checked", "true")
    expect(first).to_be_focused()
    with rerun(tab):
        unknown.get_by_role("radio", name="Dahlia.").click()
    expect(tab.locator(".strip")).to_contain_text("Dahlia")
    assert "picture=flower" in tab.url
