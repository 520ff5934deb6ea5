"""How fast the patch grid answers: script time of a drag at 64 × 64 patches, and from the release to the model's new answer."""

import pytest
from playwright.sync_api import expect

from tests.support.browser.server import rerun
from tests.support.browser.stages import opened, slider
from tests.support.timing import median_and_p95
from ui.kit.patches import PATCHES

DRAG = """
async (root, [start, other]) => {
  const [size, patch] = ["Resolution", "Patch size"].map((name) => root.querySelector(`input[aria-label="${name}"]`));
  const set = async (input, value) => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  };
  await set(patch, start.index);
  for (let i = 0; i < 10; i++) await set(size, i % 2 ? start.size : other);
  const times = (globalThis.__vitTimes = []);
  for (let i = 0; i < 120; i++) await set(size, i % 2 ? start.size : other);
  globalThis.__vitTimes = null;
  return [root.grid.counts().patches, times];
}
"""


@pytest.mark.parametrize(("size", "patch", "other"), [(256, 4, 252), (1024, 16, 1008)])
def test_script_time_of_a_drag(size: int, patch: int, other: int, server, page, measured) -> None:
    """Picture, grid, sequence, patch and numbers drawn again for one step of the resolution slider, about 64 × 64 patches."""
    tab = page(viewport=(1400, 1000))
    root = opened(tab, server, "patch_grid")
    index = {4: 0, 16: 6}[patch]
    patches, times = root.evaluate(DRAG, [{"index": index, "size": size}, other])
    measured(f"patch grid, drag at {size}/{patch}: script time", median_and_p95(times), "p95 ≤ 16.7 ms")
    assert patches == 64 * 64
    assert len(times) >= 120, "A step was dropped."


RELEASE = """
(input, value) => new Promise((done) => {
  const root = input.closest(".vit");
  const start = performance.now();
  const watch = new MutationObserver(() => (watch.disconnect(), done(performance.now() - start)));
  watch.observe(root, { attributes: true, attributeFilter: ["data-ready"] });
  input.value = value;
  for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
})
"""


def test_release_to_new_prediction(server, page, measured) -> None:
    """From the release of a slider until the model's answer at a new setting is shown: every resolution at patch size 16, then 32."""
    tab = page(viewport=(1400, 1000))
    root = opened(tab, server, "patch_grid")
    steps = [("Resolution", size) for size in range(384, 63, -16) if size != 224]
    steps += [("Patch size", PATCHES.index(32)), *(("Resolution", size) for size in range(384, 95, -32))]
    times = []
    for name, value in steps:
        with rerun(tab):
            times.append(slider(root, name).evaluate(RELEASE, value))
    measured("patch grid, release to prediction, 64/16 to 384/16", median_and_p95(times), "p95 ≤ 500 ms")
    expect(root.locator(".history tbody tr")).to_have_count(8)
