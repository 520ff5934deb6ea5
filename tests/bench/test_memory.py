"""Predicted against measured for thirty random settings, and the script time of a drag. Predictions pass or fail; times are only shown."""

from tests.support.browser.server import open_app
from tests.support.browser.stages import opened
from tests.support.models.plans import plans
from tests.support.timing import median_and_p95
from vit_core.cost.compare import compare

DRAG = """
async (slider) => {
  const times = (globalThis.__vitTimes = []);
  for (let i = 0; i < 240; i++) {
    slider.value = 20 + ((i * 7) % 180);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  }
  globalThis.__vitTimes = null;
  return times;
}
"""
SCRIPT = """
() => {
  const found = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("plotly.min.js"));
  return [found.transferSize, found.duration];
}
"""
REDRAWN = """
async (place) => {
  const times = [];
  for (let i = 0; i < 60; i++) {
    await new Promise(requestAnimationFrame);
    const y = place.data.map((curve) => curve.y.map((value) => value * (1 + i / 60)));
    const start = performance.now();
    await globalThis.Plotly.restyle(place, { y });
    times.push(performance.now() - start);
  }
  return times;
}
"""


def test_thirty_random_settings(measured) -> None:
    """CPU, float32: parameters and multiply-accumulates exact; saved activations within 0.5%, inference peak within 2%."""
    limits = {"parameters": 0, "MACs, one picture": 0, "saved for the backward pass": 0.5, "peak of activations in inference": 2}
    worst = dict.fromkeys(limits, 0.0)
    for plan in plans(30, seed=30):
        c = plan.config
        name = (
            f"{c.embed_dim} wide, {c.depth} layers, {c.num_heads} heads, {plan.image_size}/{plan.patch_size}, batch {plan.batch}, "
            f"{plan.attention}"
        )
        rows = [row for row in compare(plan) if row.predicted is not None]
        for row in rows:
            worst[row.name] = max(worst[row.name], abs(row.error))
        kind = f"{name}, {'training' if plan.training else 'inference'}"
        measured(kind, "; ".join(f"{row.name} {row.measured:,} ({row.error:+.2g}%)" for row in rows), "")
    for name, limit in limits.items():
        measured(f"largest error of 30: {name}", f"{worst[name]:.3g}%", f"≤ {limit}%")
        assert worst[name] <= limit


def test_script_time_of_a_drag(server, page, measured) -> None:
    """Bars, curves, words and the largest sizes that fit, for one step of the resolution slider."""
    tab = page(viewport=(1400, 1000))
    calculator = opened(tab, server, "memory_scaling")
    times = calculator.get_by_role("slider", name="Resolution", exact=True).evaluate(DRAG)
    measured("memory, drag of the resolution: script time", median_and_p95(times[20:]), "p95 ≤ 16.7 ms")
    assert len(times) >= 220, "An input was dropped."
    place = calculator.locator(".curves .plotted-place[data-drawn]")
    box = place.bounding_box()
    assert box is not None
    tab.evaluate("() => (globalThis.__vitTimes = [])")
    tab.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 200)
    tab.mouse.down()
    for step in range(120):
        tab.mouse.move(box["x"] + (0.2 + 0.005 * step) * box["width"], box["y"] + 200)
        tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    tab.mouse.up()
    dragged = tab.evaluate("() => globalThis.__vitTimes")
    measured("memory, drag on the curves: script time", median_and_p95(dragged[20:]), "p95 ≤ 33 ms")
    redrawn = place.evaluate(REDRAWN)
    measured("memory, the curves of another batch, drawn by Plotly", median_and_p95(redrawn), "p95 ≤ 33 ms")


def test_plotlys_script(fresh_server, page, measured) -> None:
    """Over the wire, and until it is there: a first visit, a reload, and another page with a chart."""
    server, tab = fresh_server(), page(own=True)
    for name, address in (("a first visit", "/memory_scaling"), ("a reload", "/memory_scaling"), ("the next page", "/performance")):
        open_app(tab, server.url + address)
        tab.locator(".plotted-place[data-drawn]").first.wait_for()
        size, took = tab.evaluate(SCRIPT)
        measured(f"Plotly's script at {name}", f"{size / 1e6:.2f} MB over the wire, {took:.0f} ms", "0 MB after the first")
