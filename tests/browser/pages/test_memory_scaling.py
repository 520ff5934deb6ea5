"""The memory calculator and the comparison of models in a real browser, compared with `vit_core` and not with themselves."""

import json
import random
import re

import pytest
from playwright.sync_api import expect

from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import opened, view_query
from ui.memory_scaling.setting import configs, read_setting
from ui.state import schema
from vit_core import cost
from vit_core.presets import presets

CALCULATOR = ".vit:has(.memory)"


@pytest.fixture(scope="module")
def models() -> dict:
    return configs()


def random_places(count: int, names: list[str], seed: int) -> list[dict]:
    """Settings as links hold them, sensible and absurd ones."""
    draw, found = random.Random(seed), []
    for _ in range(count):
        width = draw.choice([64, 100, 384, 768, 1000, 2048])
        found.append(
            {
                "m": draw.choice([*names, "own", "own", "bundled"]),
                "r": draw.choice([14, 97, 224, 384, 518, 1000, 2048, 8192]),
                "p": draw.choice([4, 7, 8, 13, 14, 16, 32]),
                "b": draw.choice([1, 2, 8, 31, 256, 4096]),
                "t": draw.randint(0, 1),
                "o": draw.choice(schema.entry_of("memory_scaling", "mem", "o")["choices"]),
                "e": draw.choice(schema.entry_of("memory_scaling", "mem", "e")["choices"]),
                "a": draw.randint(0, 1),
                "c": draw.randint(0, 1),
                "g": draw.choice([-1, -1, 0, 4]),
                "k": draw.randint(0, 1),
                "d": draw.choice([0.5, 8, 24, 141]),
                "own": [width, draw.randint(1, 200), draw.randint(1, 40), draw.choice([1, 1024, 3 * width])],
            }
        )
    return found


IN_THE_BROWSER = """
(root, places) => places.map((wanted) => {
  const c = root.calculator;
  const place = c.settle(wanted, c.models);
  const [model, setting] = [c.modelOf(place, c.models), c.settingOf(place)];
  const memory = c.memoryOf(model, setting);
  const macs = Object.values(c.macParts(model, setting.size, setting.patch)).reduce((a, b) => a + b, 0);
  const added = (part) => c.termsOf(part, model, setting).reduce((all, [, , bytes]) => all + bytes, 0);
  const terms = Object.keys(memory).filter((part) => part !== "total").map((part) => [part, added(part)]);
  return { size: setting.size, memory, macs, terms: Object.fromEntries(terms), parameters: c.countParameters(model),
    parts: c.parameterParts(model), batch: c.largestBatch(model, place.d * 1e9, setting),
    largest: c.largestSize(model, place.d * 1e9, setting) };
})
"""


def same(shown: float, exact: int) -> bool:
    """Equal to the last integer; above 2^53 to the last bits that a double holds."""
    return shown == exact if exact <= 2**53 else abs(shown - exact) <= 1e-14 * exact


def test_the_browser_computes_what_vit_core_computes(server, page, models) -> None:
    calculator = opened(page(), server, "memory_scaling")
    places = [*random_places(400, list(presets), seed=5), {}]
    for place, found in zip(places, calculator.evaluate(IN_THE_BROWSER, places), strict=True):
        setting = read_setting(json.dumps({"mem": place}), models)
        held, count = cost.memory(setting.config, **setting.at), cost.parameters(setting.config)
        exact = {
            "weights": held.weights,
            "gradients": held.gradients,
            "optimizer": held.optimizer,
            "inputs": held.inputs,
            "activations": held.activations - held.attention_matrices,
            "matrices": held.attention_matrices,
            "total": held.total,
        }
        assert found["size"] == setting.image_size
        assert {part: same(found["memory"][part], value) for part, value in exact.items()} == dict.fromkeys(exact, True), place
        assert {part: same(found["terms"][part], exact[part]) for part in found["terms"]} == dict.fromkeys(found["terms"], True), place
        assert same(found["macs"], cost.macs(setting.config, setting.image_size, setting.patch_size).total)
        assert found["parameters"] == sum(found["parts"].values()) == count.total
        assert found["parts"]["attention"] == setting.config.depth * (count.block.qkv + count.block.projection)
        assert found["parts"]["mlp"] == setting.config.depth * count.block.mlp
        rest = {name: value for name, value in setting.at.items() if name not in ("image_size", "batch")}
        assert found["batch"] == cost.largest_batch(setting.config, setting.device, setting.image_size, **rest)
        assert found["largest"] == cost.largest_size(setting.config, setting.device, batch=setting.batch, **rest)


def test_a_drag_is_followed_before_release_and_never_blanks(server, page, models) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server, "memory_scaling")
    total, slider = tab.locator(".memory .total"), tab.locator(CALCULATOR).get_by_role("slider", name="Resolution", exact=True)
    before, address = total.inner_text(), tab.url
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    curves = tab.locator(".curves .plotted-place[data-drawn]")
    expect(curves.locator(".trace")).to_have_count(5)
    tab.mouse.move(box["x"] + box["width"] * 0.3, y)
    tab.mouse.down()
    seen = set()
    for step in range(12):
        tab.mouse.move(box["x"] + box["width"] * (0.3 + 0.03 * step), y)
        tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert curves.locator(".trace").count() == 5 and curves.locator(".xtick").count() > 4
        seen.add(total.inner_text())
    assert len(seen) > 8 and before not in seen
    assert tab.url == address, "The server hears of a drag only when it ends."
    with rerun(tab):
        tab.mouse.up()
    tab.wait_for_url(re.compile("view="))
    setting = read_setting(
        json.dumps({"mem": tab.locator(CALCULATOR).evaluate("() => JSON.parse(globalThis.__vitStore.selection.view).mem")}), models
    )
    exact = cost.memory(setting.config, **setting.at).total
    assert total.get_attribute("title").startswith(f"{exact:,} bytes")
    other = opened(page(), server, "memory_scaling", view_query(**json.loads(tab.evaluate("() => globalThis.__vitStore.selection.view"))))
    expect(other.locator(".total")).to_have_text(total.inner_text())


def test_dragging_on_the_chart_and_the_keyboard_set_the_resolution(server, page) -> None:
    tab = page(viewport=(1400, 1400))
    calculator = opened(tab, server, "memory_scaling")
    field = calculator.get_by_role("spinbutton", name="Resolution, exact")
    chart = calculator.locator(".curves .plotted-place[data-drawn]")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 150)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 150)
    expect(field).not_to_have_value("384")
    mark = calculator.locator(".moving text.now")
    expect(mark).to_have_text(f"{field.input_value()} px")
    assert abs(calculator.locator(".moving path.now").bounding_box()["x"] - box["x"] - 0.8 * box["width"]) < 20
    with rerun(tab):
        tab.mouse.up()
    chart.focus()
    before = int(field.input_value())
    assert before % 16 == 0 and before > 1000
    with rerun(tab):
        tab.keyboard.press("ArrowRight")
    expect(field).to_have_value(str(before + 16))
    expect(mark).to_have_text(f"{before + 16} px")
    expect(calculator.get_by_role("status")).to_contain_text(f"{before + 16} pixels")


@pytest.mark.parametrize(("unit", "axes"), [("bytes", "log"), ("bytes", "linear"), ("macs", "log"), ("macs", "linear")])
def test_the_curves_are_the_closed_forms_and_stand_in_the_table(server, page, models, unit, axes) -> None:
    tab = page(viewport=(1400, 1400))
    calculator = opened(tab, server, "memory_scaling", view_query(mem={"y": unit, "x": axes, "b": 4}))
    place = calculator.locator(".curves .plotted-place[data-drawn]")
    drawn = place.evaluate("(node) => node.data.map(({ name, x, y }) => ({ name, x: [...x], y: [...y] }))")
    setting = read_setting(json.dumps({"mem": {"b": 4}}), models)
    rest = {name: value for name, value in setting.at.items() if name != "image_size"}
    total = next(curve for curve in drawn if curve["name"] == "total")
    for size, value in list(zip(total["x"], total["y"], strict=True))[::7]:
        at = (setting.config, size)
        exact = cost.memory(*at, **rest).total if unit == "bytes" else cost.macs(*at, setting.at["patch_size"]).total
        assert value == pytest.approx(exact)
    parts = [curve["y"] for curve in drawn[: drawn.index(total)]]
    assert [sum(values) for values in zip(*parts, strict=True)] == pytest.approx(total["y"])
    calculator.get_by_text("Numbers as a table").click()
    rows = calculator.locator(".plotted-numbers tbody tr")
    expect(rows).to_have_count(sum(len(curve["x"]) for curve in drawn))
    expect(rows.first).to_contain_text(f"{total['x'][0]} px")


def test_a_bar_opens_its_formula(server, page) -> None:
    tab = page()
    calculator = opened(tab, server, "memory_scaling")
    button = calculator.get_by_role("button", name="weights", exact=False).first
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(calculator.locator(".terms:visible")).to_contain_text("86,567,656 × 4")
    expect(calculator.locator(".challenge")).to_contain_text("576² = 331,776")
    expect(calculator.locator(".challenge")).to_contain_text("×4.47")
    with rerun(tab):
        calculator.get_by_role("button", name="Show 1024 / 16").click()
    expect(calculator.locator(".facts").first).to_contain_text("64² + 1 = 4,097")


def test_absurd_inputs_have_readable_units_and_fit_nothing(server, page) -> None:
    place = {"m": "own", "own": [4096, 200, 32, 16384], "r": 8192, "p": 4, "b": 4096, "d": 141}
    tab = page()
    calculator = opened(tab, server, "memory_scaling", view_query(mem=place))
    expect(calculator.locator(".total")).to_have_text(re.compile(r"^\d+(\.\d+)? [EZY]B$"))
    expect(calculator.locator(".verdict")).to_contain_text("Does not fit in 141 GB, nor in anything")
    assert not re.search(r"NaN|Infinity|undefined", calculator.inner_text())
    tab.get_by_role("button", name="Measure Your own at 8192 / 4, batch 4096").click()
    expect(tab.get_by_text("Not measured: Your own at 8192 px with patches of 4 and batch 4096 would take about")).to_be_visible()


def test_a_measurement_equals_the_prediction(server, page, models) -> None:
    tab = page()
    opened(tab, server, "memory_scaling", view_query(mem={"m": "bundled", "r": 64, "p": 8, "b": 2}))
    tab.get_by_role("button", name=re.compile("^Measure .* at 64 . 8, batch 2")).click()
    table = tab.locator(".vit-check", has_text="error of the prediction")
    expect(table.get_by_text("time of a forward pass")).to_be_visible(timeout=120_000)
    expect(table.get_by_text("none: exact")).to_have_count(4)
    expect(table).to_contain_text(f"{cost.macs(models['bundled'], 64, 8).total:,}")


def test_a_measurement_can_be_cancelled(server, page) -> None:
    tab = page()
    opened(tab, server, "memory_scaling", view_query(mem={"m": "ViT-L/16", "r": 1024, "b": 2, "t": 0, "a": 1}))
    tab.get_by_role("button", name=re.compile("^Measure ViT-L.16")).click()
    cancel = tab.get_by_role("button", name="Cancel")
    cancel.click(timeout=60_000)
    expect(tab.get_by_text("Cancelled. What was measured until then is shown.")).to_be_visible(timeout=60_000)
    expect(tab.get_by_role("button", name=re.compile("^Measure ViT-L.16"))).to_be_visible()


# What is drawn over the curves, in order: lines (empty), and words.
IN_ORDER = """
(place) => {
  const found = [...place.querySelectorAll(".shapelayer path, .annotation-text")];
  return found.map((node) => (node.matches("path") ? "" : node.textContent));
}
"""


def test_no_line_is_drawn_over_the_words_of_a_mark(server, page) -> None:
    tab = page(viewport=(390, 844))
    calculator = opened(tab, server, "memory_scaling")
    drawn = calculator.locator(".curves .plotted-place[data-drawn]").evaluate(IN_ORDER)
    words = [text for text in drawn if text]
    assert [text.split()[0] for text in words] == ["1088", "fits"] and drawn[-2:] == words and len(drawn) == 4
    moving = calculator.locator(".curves .moving > *").evaluate_all("(nodes) => nodes.map((node) => node.localName)")
    assert moving[-2:] == ["text", "text"] and moving.count("text") == 2
    field = calculator.get_by_role("spinbutton", name="Resolution, exact")
    field.fill("800")
    with rerun(tab):
        field.press("Enter")
    expect(calculator.locator(".moving text.now").last).to_have_text("800 px")
    words = calculator.locator(".annotation-text-g").first.bounding_box()
    line = calculator.locator(".moving path.now")
    expect(line).to_have_attribute("d", re.compile(r"M.+M"))
    top = calculator.locator(".moving").bounding_box()["y"]
    x, *ends = (float(number) for number in re.findall(r"[\d.]+", line.get_attribute("d")))
    assert words["x"] < line.bounding_box()["x"] < words["x"] + words["width"]
    gap = [top + ends[1], top + ends[3]]
    assert x == ends[2] and gap == pytest.approx([words["y"], words["y"] + words["height"]], abs=1)


def test_in_the_dark_the_lines_of_what_fits_can_be_seen(server, page) -> None:
    tab = open_app(page(color_scheme="dark"), f"{server.url}/memory_scaling")
    lines = tab.locator(".curves .shapelayer path")
    expect(lines).to_have_count(2)
    colours = lines.evaluate_all("(all) => all.map((line) => getComputedStyle(line).stroke)")
    assert colours == ["rgb(242, 244, 247)"] * 2  # the theme's text
