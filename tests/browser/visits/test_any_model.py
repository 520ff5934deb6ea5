"""A model like DINOv2 on every page, and bringing one: weights alone, what they do not say, and what the link says of it."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.server import Server, open_app, open_expander, pick, rerun
from tests.support.models import families
from ui.kit import registry

MODEL = "file-dinov2-reg-s14.safetensors"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return families.write(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def with_models(folder: Path, tmp_path_factory):
    """A server that was started with a folder of models."""
    patch = pytest.MonkeyPatch()
    patch.setenv("VIT_MODELS", str(folder))
    patch.setenv("VIT_HUB", "off")
    running = Server(tmp_path_factory.mktemp("server") / "server.log")
    patch.undo()
    yield running
    running.stop()


def strip(tab: Page):
    return tab.locator(".strip")


def fill_facts(tab: Page) -> None:
    """Say in the open dialog what `families.BARE` leaves open."""
    dialog = tab.get_by_role("dialog")
    with rerun(tab):
        dialog.get_by_label("Heads of a layer").fill("3")
        dialog.get_by_label("Heads of a layer").press("Enter")
    for field, option in (("Family", "^ViT, AugReg"), ("Pixels are brought to", "^Half")):
        pick(dialog.get_by_label(field), re.compile(option))


def load_with_facts(tab: Page) -> None:
    """Say in the open dialog what the files leave open, and load them."""
    dialog = tab.get_by_role("dialog")
    open_expander(dialog, "What the files do not say")
    fill_facts(tab)
    with rerun(tab):
        dialog.get_by_role("button", name="Load", exact=True).click()
    expect(dialog).to_have_count(0)


def upload(tab: Page, file: Path):
    """The dialog, after a first try to load a file."""
    with rerun(tab):
        tab.get_by_role("button", name="Bring a model").click()
    dialog = tab.get_by_role("dialog")
    with rerun(tab):
        dialog.locator('input[type="file"]').set_input_files(file)
    with rerun(tab):
        dialog.get_by_role("button", name="Load", exact=True).click()
    return dialog


def test_every_page_opens_with_a_model_like_dinov2(with_models: Server, page) -> None:
    """Registers, gated MLP, layer scale, patches of 14, no head; the fixture fails on any console error."""
    tab = page()
    for spec in registry.PAGES:
        open_app(tab, f"{with_models.url}/{spec.path}?model={MODEL}")
        expect(strip(tab)).to_contain_text("112 / 14 → 8 × 8 = 64 patches + [CLS] + 4 registers = 69 tokens")
        expect(strip(tab)).to_contain_text(f"no classifier: features of width {families.BASE['embed_dim']}")
        expect(tab.locator('[data-testid="stException"]')).to_have_count(0)


def test_weights_alone_are_brought_and_the_link_says_so(with_models: Server, folder: Path, page) -> None:
    tab = open_app(page(viewport=(1280, 1000)), with_models.url)
    dialog = upload(tab, folder / families.BARE)
    expect(dialog.get_by_role("alert")).to_contain_text("num_heads")
    load_with_facts(tab)
    expect(strip(tab)).to_contain_text("2 × 3 heads")
    expect(strip(tab)).to_contain_text("Your own model stays here: a link cannot carry it.")
    with rerun(tab):
        tab.get_by_role("button", name="About this model").click()
    said = tab.get_by_role("dialog")
    expect(said).to_contain_text(hashlib.sha256((folder / families.BARE).read_bytes()).hexdigest())
    expect(said).to_contain_text("/ 255, − 0.5, ÷ 0.5")

    elsewhere = open_app(page(), tab.url)
    expect(strip(elsewhere)).to_contain_text("Bundled ViT")
    expect(elsewhere.get_by_role("alert")).to_contain_text("was uploaded in another session and a link cannot carry it")


def test_a_model_of_the_folder_is_shown_when_its_facts_are_given(with_models: Server, page) -> None:
    tab = open_app(page(viewport=(1280, 1000)), with_models.url)
    pick(tab.get_by_test_id("stSidebar").get_by_label("Model", exact=True), families.BARE)
    expect(strip(tab)).to_contain_text("Bundled ViT")
    expect(tab.get_by_role("alert")).to_contain_text("num_heads")
    with rerun(tab):
        tab.get_by_role("button", name="Bring a model").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name=f"Facts for {families.BARE}")).to_be_checked()
    expect(dialog.get_by_role("button", name="Show it")).to_be_disabled()
    fill_facts(tab)
    with rerun(tab):
        dialog.get_by_role("button", name="Show it").click()
    expect(dialog).to_have_count(0)
    expect(strip(tab)).to_contain_text("2 × 3 heads")
    expect(tab.get_by_role("alert")).to_have_count(0)


def test_of_several_models_in_a_file_one_is_chosen(with_models: Server, folder: Path, page) -> None:
    tab = open_app(page(viewport=(1280, 1000)), with_models.url)
    dialog = upload(tab, folder / families.TWO)
    chosen = dialog.get_by_label("The file holds 2 Vision Transformers: which one, by what stands before its names")
    chosen.click()
    expect(tab.get_by_role("option")).to_have_text(["student.", "teacher."])
    with rerun(tab):
        tab.get_by_role("option", name="teacher.").click()
    load_with_facts(tab)
    expect(strip(tab)).to_contain_text(re.compile(r"class [0-6] \d"))
    with rerun(tab):
        tab.get_by_role("button", name="About this model").click()
    expect(tab.get_by_role("dialog")).to_contain_text("part")


def test_a_mapping_is_offered_and_one_click_accepts_it(with_models: Server, folder: Path, page) -> None:
    tab = open_app(page(viewport=(1280, 1000)), with_models.url)
    dialog = upload(tab, folder / families.OWN_NAMES)
    expect(dialog.get_by_test_id("stAlert")).to_contain_text("transformer.layers.0.self_attn.in_proj_weight as blocks.0.attn.qkv.weight")
    with rerun(tab):
        dialog.get_by_role("button", name="Accept the mapping").click()
    expect(dialog.get_by_role("alert")).to_contain_text("num_heads")
    load_with_facts(tab)
    expect(strip(tab)).to_contain_text("2 × 3 heads")


def test_a_model_of_the_folder_whose_mapping_is_accepted(with_models: Server, page) -> None:
    tab = open_app(page(viewport=(1280, 1000)), with_models.url)
    pick(tab.get_by_test_id("stSidebar").get_by_label("Model", exact=True), families.OWN_NAMES, typed=families.OWN_NAMES)
    with rerun(tab):
        tab.get_by_role("button", name="Bring a model").click()
    dialog = tab.get_by_role("dialog")
    open_expander(dialog, "What the files do not say")
    fill_facts(tab)
    with rerun(tab):
        dialog.get_by_role("button", name="Accept the mapping").click()
    expect(dialog).to_have_count(0)
    expect(strip(tab)).to_contain_text("2 × 3 heads")


def test_downloads_can_be_switched_off(with_models: Server, page) -> None:
    tab = open_app(page(), with_models.url)
    with rerun(tab):
        tab.get_by_role("button", name="Bring a model").click()
    with rerun(tab):
        tab.get_by_role("dialog").get_by_text("From the hub").click()
    expect(tab.get_by_role("dialog")).to_contain_text("Downloads are switched off on this server")
