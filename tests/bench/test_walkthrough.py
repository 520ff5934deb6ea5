"""How fast the walkthrough answers: from a click on a step until it is drawn, until the rest of the page follows, and a pointer in a
matrix.
"""

from tests.support.browser.walkthrough_page import everything_has_come, jump, opened
from tests.support.timing import median_and_p95

STEPS = """
async (root, order) => {
  const question = () => document.querySelector('.stRadio label')?.textContent;
  const frame = () => new Promise(requestAnimationFrame);
  const found = { drawn: [], page: [] };
  for (const step of order) {
    const before = question();
    const start = performance.now();
    root.querySelectorAll('.walk-flow button')[step - 1].click();
    while (root.dataset.step !== String(step) || root.classList.contains('waiting')) await frame();
    await frame();
    found.drawn.push(performance.now() - start);
    while (question() === before && performance.now() - start < 5000) await frame();
    found.page.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 400));
  }
  return found;
}
"""
HOVER = """
async (root) => {
  const matrices = [...root.querySelectorAll('.pipeline .matrix canvas')];
  const times = (globalThis.__vitTimes = []);
  const moves = [];
  for (let i = 0; i < 240; i++) {
    const canvas = matrices[i % matrices.length];
    const box = canvas.getBoundingClientRect();
    const at = { clientX: box.left + (box.width * ((i * 37) % 101)) / 101, clientY: box.top + (box.height * ((i * 53) % 97)) / 97 };
    const start = performance.now();
    canvas.dispatchEvent(new PointerEvent('pointermove', { ...at, pointerType: 'mouse', bubbles: true }));
    moves.push(performance.now() - start);
    await new Promise(requestAnimationFrame);
  }
  globalThis.__vitTimes = null;
  return [moves, times.length];
}
"""
ORDER = [6, 1, 8, 3, 7, 2, 6, 9, 7, 4, 8, 5, 7, 6, 8, 1, 7, 9, 6, 8]
PICK = """
async (root) => {
  const canvas = root.querySelector('.picker canvas');
  const box = canvas.getBoundingClientRect();
  const times = (globalThis.__vitTimes = []);
  for (let i = 0; i < 240; i++) {
    const at = { clientX: box.left + (box.width * ((i * 37) % 101)) / 101, clientY: box.top + (box.height * ((i * 53) % 97)) / 97 };
    canvas.dispatchEvent(new PointerEvent('pointermove', { ...at, pointerType: 'mouse', bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  }
  globalThis.__vitTimes = null;
  return times;
}
"""


def test_step_change(server, page, measured) -> None:
    """From a click on a number, in an order that jumps about, until the step is drawn; and until the question below belongs to it."""
    tab = page(viewport=(1400, 900))
    walk = opened(tab, server, picture="chelsea", token=90, layer=5)
    everything_has_come(walk)
    found = walk.evaluate(STEPS, ORDER)
    measured("walkthrough, step change: click to drawn", median_and_p95(found["drawn"]), "p95 ≤ 150 ms")
    measured("walkthrough, step change: click to the page below", median_and_p95(found["page"]))
    assert len(found["drawn"]) == len(ORDER)


def test_hover_in_a_matrix(server, page, measured) -> None:
    """Script time of one pointer event in one of the twelve matrices of the attention step."""
    tab = page(viewport=(1400, 900))
    walk = opened(tab, server, step=6, picture="chelsea", token=90, layer=5)
    moves, drawn = walk.evaluate(HOVER)
    measured("walkthrough, pointer in a matrix: script time", median_and_p95(moves), "p95 ≤ 16.7 ms")
    assert len(moves) == 240 and drawn == 0, "Reading a cell must not draw the step again."


def test_hover_over_the_picture(server, page, measured) -> None:
    """Script time of drawing a step for another patch under the pointer, in each of the nine steps."""
    tab = page(viewport=(1400, 900))
    walk = opened(tab, server, picture="chelsea", token=90, layer=5)
    everything_has_come(walk)
    for step in range(1, 10):
        jump(walk, step)
        times = walk.evaluate(PICK)
        measured(f"walkthrough, step {step}, pointer over the picture: script time", median_and_p95(times[20:]), "p95 ≤ 16.7 ms")
        assert len(times) >= 240, "An input was dropped."
