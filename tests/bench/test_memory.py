"""Predicted against measured for thirty random settings, and the script time of a drag. Predictions pass or fail; times are only shown."""

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
