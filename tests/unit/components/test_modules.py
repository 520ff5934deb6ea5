"""The components' modules: every import leads to a file that exports the name, and every component is known on both sides."""

import json
import re

import pytest

from tests.support import colour_tables, modules
from ui.kit import components, registry
from ui.kit.places import ASSETS, COMPONENTS, ROOT

NAMED = re.compile(r'\bcomponent\(\s*"(\w+)"')


@pytest.mark.parametrize("module", modules.files(), ids=lambda file: file.relative_to(COMPONENTS).as_posix())
def test_every_import_leads_to_what_it_names(module) -> None:
    text, asked = module.read_text(), modules.imports(module)
    assert "import(" not in text and len(asked) >= len(re.findall(r"^import\b", text, re.MULTILINE))
    for one in asked:
        assert one.file.is_relative_to(COMPONENTS) and one.file.is_file(), one
        assert one.names and one.names <= modules.exports(one.file) | {"*"}, one


def test_imports_are_read_in_every_form(tmp_path) -> None:
    file = tmp_path / "a.js"
    file.write_text(
        'import one, { two as three,\n  four,\n} from "./b.js";\nimport * as all from "../c.js";\n'
        'export { five } from "./d.js";\nimport "./e.js";\n'
        "export default function six() {}\nexport const seven = 1;\nexport { eight as nine };\n"
    )
    found = [(one.file.name, set(one.names)) for one in modules.imports(file)]
    assert found == [("b.js", {"default", "two", "four"}), ("c.js", {"*"}), ("d.js", {"five"}), ("e.js", set())]
    assert modules.exports(file) == {"five", "default", "six", "seven", "nine"}


def test_the_checkers_leave_no_module_out() -> None:
    """TypeScript reads every module, ESLint ignores none, and no line of one is taken out."""
    types = json.loads((ROOT / "jsconfig.json").read_text())
    assert types["include"] == [COMPONENTS.relative_to(ROOT).as_posix()] and not {"exclude", "files"} & set(types)
    assert re.findall(r"ignores: \[(.*?)\]", (ROOT / "eslint.config.js").read_text()) == ['"build/", ".venv/"']
    silenced = re.compile(r"@ts-(?:nocheck|ignore|expect-error)|eslint-disable")
    assert not [file.name for file in modules.files() if silenced.search(file.read_text())]


def test_python_and_the_folders_name_the_same_components() -> None:
    named = {name for part in ("pages", "ui") for file in (ROOT / part).rglob("*.py") for name in NAMED.findall(file.read_text())}
    assert named == set(components.names())
    for name in components.names():
        assert "default" in modules.exports(COMPONENTS / name / "main.js")


def test_a_component_is_one_pages_or_the_shells() -> None:
    pages = [name for spec in registry.PAGES for name in components.of_page(spec.slug)]
    assert len(pages) == len(set(pages))
    assert set(components.names()) - set(pages) == {"chart", "compare", "gallery", "strip", "terms"}


def test_all_components_are_served_below_one_name() -> None:
    manifest = components.manifest()
    tree, *parts = ((f"{manifest.name}.{config.name}", config.resolve_asset_root(ASSETS)) for config in manifest.components)
    assert tree == (f"vit-explainer.{components.version()}", COMPONENTS)
    assert parts == [(components.full_name(name), COMPONENTS / name) for name in components.names()]
    assert all(name.startswith(f"{tree[0]}/") for name, _ in parts)


def test_the_version_follows_every_file(tmp_path, monkeypatch) -> None:
    versions = set()
    monkeypatch.setattr(components, "COMPONENTS", tmp_path)
    for name, text in [("a.js", "1"), ("a.js", "2"), ("b/a.js", ""), ("b/a.css", "")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        versions.add(components.version.__wrapped__())
    assert len(versions) == 4 and all(re.fullmatch(r"[0-9a-f]{12}", version) for version in versions)


def test_the_colour_tables_are_plotlys() -> None:
    assert colour_tables.FILE.read_text() == colour_tables.module()
    assert all(len(colour_tables.sampled(scale)) == 768 for scale in colour_tables.SCALES.values())


def test_a_component_is_known_by_its_key_whatever_it_is_sent() -> None:
    """So Streamlit need not hash megabytes in each run: what it would make of them counts for nothing where there is a key."""
    from streamlit.components.v2.bidi_component.main import BidiComponentMixin
    from streamlit.elements.lib.utils import compute_and_register_element_id

    def known(key: str | None, **sent: str) -> str:
        return compute_and_register_element_id("bidi_component", user_key=key, key_as_main_identity=True, dg=None, **sent)

    assert known("one", bytes="a hash") == known("one", bytes="another") == known("one") != known("two")
    assert known(None, bytes="a hash") != known(None, bytes="another")  # without one, it would count
    assert BidiComponentMixin._build_bidi_identity_kwargs(BidiComponentMixin(), proto=None, data=b"bytes") == {}
