"""Every component can be part of a saved page: its modules find each other by name, from the disk, without a request."""

from playwright.sync_api import expect

from tests.support.browser.saved_pages import opened
from ui.kit.modules import names
from ui.kit.payload import pack
from ui.standalone.document import Words, encoded, modules, written

START = """import {{ store }} from "vit/kit/store.js";
{imports}
document.getElementById("said").textContent = [{shows}].every((show) => typeof show === "function") && store ? "all" : "not all";
"""


def test_every_components_modules_run_from_one_file(browser, tmp_path) -> None:
    every = names()
    start = START.format(
        imports="\n".join(f'import show{i} from "vit/{name}/main.js";' for i, name in enumerate(every)),
        shows=", ".join(f"show{i}" for i in range(len(every))),
    )
    file = tmp_path / "all.html"
    file.write_text(written(encoded(pack({}, modules=modules(every), start=start)), Words("All", "", ""), 0), encoding="utf-8")
    assert len(every) > 20
    with opened(browser, file) as page:
        expect(page.locator("#said")).to_have_text("all")
