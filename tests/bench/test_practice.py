"""What a frame costs while a slider of Practice is dragged: script, layout and paint, charts by Plotly among them. Times are only shown."""

import json
from urllib.parse import quote

import pytest

from tests.support.browser.server import open_app
from tests.support.timing import median_and_p95

# From the input to the end of its frame: the script of the input, and all of the frame that it asked for.
FRAMES = """
async (slider) => {
  const times = [];
  const [low, high, step] = [+slider.min, +slider.max, +slider.step || 1];
  const count = Math.round((high - low) / step) + 1;
  const after = () => new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  });
  for (let i = 0; i < 100; i++) {
    let begun = 0;
    requestAnimationFrame(() => (begun = performance.now()));
    const start = performance.now();
    slider.value = low + step * (Math.floor(i * Math.max(1, count / 100)) % count);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const script = performance.now() - start;
    await new Promise(requestAnimationFrame);
    await after();
    times.push(script + performance.now() - begun);
    await new Promise(requestAnimationFrame);
  }
  return times;
}
"""
SLIDERS = {
    "attention": ["Window, patches a side", "Layers that attend so, from the first"],
    "bits": ["Bits a weight", "Row of the matrix (one output)"],
    "tokens": ["Tokens fewer after each layer", "After layer"],
    "distil": ["Temperature of both answers"],
    "adapt": ["Sure enough from"],
}


@pytest.mark.parametrize("demo", SLIDERS)
def test_a_frame_of_a_drag(demo: str, server, page, measured) -> None:
    tab = page(viewport=(1400, 1000))
    open_app(tab, f"{server.url}/practice?view={quote(json.dumps({'pr': {'d': demo}}))}")
    for name in SLIDERS[demo]:
        slider = tab.locator(".vit").get_by_role("slider", name=name, exact=True)
        slider.wait_for()
        times = slider.evaluate(FRAMES)
        measured(f"practice, drag of “{name}”: a frame", median_and_p95(times[20:]), "p95 ≤ 33 ms")
        assert len(times) == 100, "An input was dropped."
