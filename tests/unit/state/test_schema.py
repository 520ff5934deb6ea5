"""The one table of what a link holds: who owns which key, that all of it is used, and that Python and JavaScript clamp from it alike."""

import dataclasses
import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from published.guide_situation import OPTIONS, Situation
from tests.support import modules
from tests.support.browser.find_browser import find_browser
from tests.support.browser.server import CHROMIUM_FLAGS
from ui.compare.setting import KINDS
from ui.experiments.setting import ORDERS, TABS
from ui.kit import registry
from ui.kit.patches import PATCHES
from ui.kit.places import COMPONENTS, ROOT
from ui.patch_embedding.setting import Calculation
from ui.patch_grid.setting import FITS
from ui.practice.setting import DEMOS, MATRICES, SIZED
from ui.state import schema, view
from ui.state.selection import Selection
from ui.walkthrough.words import SLUGS
from vit_core.study import token_edits
from vit_core.study.efficiency import attention_variants, quantization, token_reduction

OWNERS = schema.COMPONENTS_OF_VIEW
BOUNDS = {
    "stages": 13,
    "classes": 999,
    "shares": 20,
    "depth": 12,
    "last": 11,
    "longest": 14,
    "models": ["own", "ViT-B/16", "ViT-S/16"],
    "data": ["ImageNet-1k", "JFT-300M"],
    "topics": ["cost"],
    "verdicts": ["so"],
    "families": ["ViT"],
    "entries": ["patch", "token"],
    "groups": ["model"],
}
ODD = [
    *(None, True, False, 0, 1, -1, 2.0, 0.4, 0.5, 0.49999999999999994, -0.5, -1e-20, 2.5, 1e9, 1e22, 10**30, -1e300, 70, 100.5, 224),
    *("", "row", "log", "own", "ViT-B/16", "x" * 50, "x" * 200, "3.5-8", "constructor", "__proto__"),
    *([], {}, [1, 2], [[1], {"a": 1}], ["model", "mini"], ["model"], [224, 16, 3, 768, 1, True], [224, 16, 3, 768, 1, 1]),
    *([0, 1, 1, 0, 1, 0], [0, 9, 1.0, "a", None, 2], [224, 16, "pad"], [224.0, 0, "sideways"], ["ViT-S/16", "ViT-B/16", "no"]),
]


def declared(component: str) -> dict[str, schema.Entry]:
    """Keys of a component and of its parts, with what the table says about them."""
    found = {}
    for name, entry in OWNERS[component]["keys"].items():
        found |= entry["keys"] if entry["type"] == "part" else {name: entry}
    return found


def test_the_selection_has_the_tables_fields_and_defaults() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Selection)}
    assert fields == {name: field.default for name, field in schema.FIELDS.items()}
    assert len({field.query for field in schema.FIELDS.values()}) == len(fields)
    assert not schema.FIELDS["model"].shared and schema.LONGEST_VIEW == 300


def test_a_component_has_pages_and_no_key_of_another_on_them() -> None:
    slugs = {spec.slug for spec in registry.PAGES}
    for name, owner in OWNERS.items():
        assert (COMPONENTS / name / "main.js").is_file() and owner["pages"] and set(owner["pages"]) <= slugs, name
    for slug in slugs:
        keys = [key for owner in OWNERS.values() if slug in owner["pages"] for key in owner["keys"]]
        assert len(keys) == len(set(keys)), slug


def test_defaults_are_what_they_could_be_set_to() -> None:
    for name, owner in OWNERS.items():
        for entry in owner["keys"].values():
            usual = schema.default_of(entry)
            kept = schema.held(entry, usual, BOUNDS | {"models": ["ViT-B/16", "ViT-S/16", "ViT-L/16", "ViT-H/14"]})
            assert kept == usual, name


def test_the_tables_choices_are_those_of_the_code() -> None:
    def choices(*path: str) -> list:
        return schema.entry_of(*path)["choices"]

    assert choices("experiments", "exp") == list(TABS) and choices("experiments", "order") == list(ORDERS)
    assert choices("experiments", "way") == list(token_edits.WAYS)
    assert schema.entry_of("compare", "vs")["of"][0]["choices"] == list(KINDS)
    assert choices("practice", "pr", "d") == list(DEMOS)
    assert choices("practice", "pr", "k") == list(attention_variants.KINDS)
    assert choices("practice", "pr", "m") == list(token_reduction.METHODS)
    bits, matrix = schema.entry_of("practice", "pr", "b"), schema.entry_of("practice", "pr", "x")
    assert (bits["low"], bits["high"]) == (quantization.FEWEST_BITS, quantization.MOST_BITS)
    assert matrix["high"] == len(MATRICES) - 1 and set(SIZED.values()) <= set(schema.entry_of("practice", "pr")["keys"])
    assert schema.entry_of("patch_grid", "grid")["of"][2]["choices"] == list(FITS)
    assert schema.entry_of("walkthrough", "step")["high"] == len(SLUGS)
    answers = schema.entry_of("choosing", "g")
    assert [one["high"] for one in answers["of"]] == [len(values) - 1 for values in OPTIONS.values()]
    start = [OPTIONS[name].index(value) for name, value in dataclasses.asdict(Situation()).items()]
    assert schema.default_of(answers) == start
    calculator = schema.entry_of("patch_embedding_calculator", "calc")
    assert calculator["of"][1]["choices"] == list(PATCHES) and Calculation(*schema.default_of(calculator)) == Calculation()


# ---- who uses what ------------------------------------------------------------------------------------------------------------------

CALL = re.compile(r'\b(?:fromView|withView|viewText|clampView)\(\s*"(\w+)"')
KEY = re.compile(r'\bfromView\("(\w+)", "(\w+)"|\bwithView\("(\w+)", \{ (\w+)[,: ]')
PYTHON = re.compile(r'\bview\.(?:read|changed)\(\s*"(\w+)"|\bentry_of\("(\w+)"')


def sources(*folders: Path, suffix: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.rglob(f"*{suffix}")))


def test_only_declared_keys_are_used_and_every_component_of_the_table_reads_its_own() -> None:
    script = sources(COMPONENTS, suffix=".js")
    python = sources(ROOT / "ui", ROOT / "pages", suffix=".py")
    named = set(CALL.findall(script)) | {name for pair in PYTHON.findall(python) for name in pair if name}
    assert named == set(OWNERS)
    for match in KEY.finditer(script):
        owner, key = match[1] or match[3], match[2] or match[4]
        assert key in OWNERS[owner]["keys"], match[0]


@pytest.mark.parametrize("component", OWNERS)
def test_every_declared_key_is_used(component: str) -> None:
    text = sources(COMPONENTS / component, suffix=".js")
    text += sources(ROOT / "ui" / component.removesuffix("_calculator").removesuffix("_break"), suffix=".py")
    for key in declared(component):
        assert re.search(rf'["\[.{{ ]{key}\b', text), key


def test_nothing_else_reads_or_writes_the_view() -> None:
    for path in sorted(COMPONENTS.rglob("*.js")):
        if path.parent.name != "kit":
            assert "selection.view" not in path.read_text().replace("viewValues(store.selection.view)", "").replace(
                '(store.selection.view ?? "")', ""
            ), path


# ---- what survives, what is refused -------------------------------------------------------------------------------------------------


def test_what_no_component_knows_passes_through() -> None:
    newer = '{"pr":{"zz":[1],"b":3},"later":{"a":null},"way":"column"}'
    assert json.loads(view.changed("practice", newer, {"pr": {"b": 5}})) == {
        "pr": {"zz": [1], "b": 5},
        "later": {"a": None},
        "way": "column",
    }
    assert json.loads(view.changed("practice", newer, {"pr": {"b": 4}}))["pr"] == {"zz": [1]}
    assert json.loads(view.changed("practice", newer, {"pr": None})) == {"later": {"a": None}, "way": "column"}
    assert view.changed("attention", '{"way":"column"}', {"way": "row"}) == ""


@pytest.mark.parametrize("text", ["", "null", "[]", "3", "{", '"x"', "[" * 300, '{"a":NaN}', '{"a":-Infinity}'])
def test_a_view_that_is_no_object_says_nothing(text: str) -> None:
    assert view.values(text) == {}


def test_a_key_of_another_is_refused() -> None:
    for use in (
        lambda: view.read("practice", "", "step"),
        lambda: view.changed("practice", "", {"step": 2}),
        lambda: view.changed("practice", "", {"pr": {"step": 2}}),
        lambda: view.read("experiments", '{"at":1}', "at"),
    ):
        with pytest.raises(KeyError):
            use()


# ---- Python and JavaScript ----------------------------------------------------------------------------------------------------------

CLAMP = """async ([address, tasks]) => {
  const { SCHEMA } = await import(`${address}/kit/schema.js`);
  const { clampView, viewText, viewValues } = await import(`${address}/kit/view.js`);
  globalThis.__vitStrict = true;
  let refused = "";
  try { viewText("practice", "", { step: 2 }) } catch (error) { refused = error.message }
  const done = tasks.map(({ component, view, bounds, changes }) =>
    ({ held: clampView(component, viewValues(view), bounds), text: viewText(component, view, changes) }));
  delete globalThis.__vitStrict;
  return { table: SCHEMA, done, refused, left: viewText("practice", '{"step":3}', { step: 2 }) };
}"""


def tasks(count: int) -> list[dict]:
    """Random views of every component, some of them from a newer version, and random changes of its keys."""
    chance = random.Random(16)

    def values(entry: schema.Entry) -> object:
        if entry["type"] == "part" and chance.random() < 0.9:
            return {key: values(inner) for key, inner in entry["keys"].items() if chance.random() < 0.5} | {"zz": 1}
        if isinstance(entry.get("choices"), list) and chance.random() < 0.5:
            return chance.choice(entry["choices"])
        return chance.choice(ODD)

    found = []
    for number in range(count):
        component = list(OWNERS)[number % len(OWNERS)]
        keys = OWNERS[component]["keys"]
        said = {key: values(entry) for key, entry in keys.items() if chance.random() < 0.7} | {"later": [None, {"a": 1}]}
        changes = {key: values(entry) for key, entry in keys.items() if entry["type"] != "part" and chance.random() < 0.5}
        found.append({"component": component, "view": json.dumps(said), "bounds": BOUNDS, "changes": changes})
    return found


def clamped_in_a_browser(asked: list[dict]) -> dict:
    """What the browser's code makes of the tasks."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_FLAGS)
        page = chromium.new_page()
        found = page.evaluate(CLAMP, [modules.serve(page), asked])
        chromium.close()
    return found


def test_python_and_javascript_clamp_alike() -> None:
    asked = tasks(260)
    with ThreadPoolExecutor(1) as apart:  # where another test of this process holds a browser, its loop stands in this thread
        found = apart.submit(clamped_in_a_browser, asked).result()
    assert found["table"] == schema.table()
    assert found["refused"] and found["left"] == '{"step":3}'
    for task, theirs in zip(asked, found["done"], strict=True):
        component, said = task["component"], task["view"]
        ours = view.read(component, said, **BOUNDS)
        assert same_kind(theirs["held"]) == same_kind(ours), (component, said)
        text = view.changed(component, said, task["changes"])
        assert same_kind(view.values(theirs["text"])) == same_kind(view.values(text)), (component, said, task["changes"])


def same_kind(value: object) -> str:
    """A value as JSON, its numbers as floats: 2 and 2.0 are one number in JavaScript, true is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | list | dict):
        return json.dumps(value)
    if isinstance(value, int | float):
        return repr(float(value) + 0.0)
    if isinstance(value, list):
        return "[" + ",".join(map(same_kind, value)) + "]"
    return "{" + ",".join(f"{json.dumps(key)}:{same_kind(value[key])}" for key in sorted(value)) + "}"
