"""What every component stands on: one view a mount, whatever the order in which Streamlit's calls and cleanups come."""

from itertools import permutations

import pytest

from tests.support import modules

# Streamlit's side: `called` in the order that the browser chose. A call that a newer one has replaced is cleaned up right after it.
HOST = """
async ([kit, called, kept, apart]) => {
  const module = await import(kit);
  const counts = { created: 0, destroyed: 0 };
  const component = module.mounts((root) => {
    counts.created += 1;
    return { update: (data) => (root.textContent = data), destroy: () => (counts.destroyed += 1) };
  });
  const parentElement = document.body.appendChild(document.createElement("div"));
  const later = () => new Promise((go) => setTimeout(go));
  const call = (data) => component({ data: String(data), parentElement, setStateValue: null, setTriggerValue: null });
  let last;
  const cleanups = called.map((data) => async () => {
    const cleanup = call(data);
    if (data === kept) last = cleanup;
    else await Promise.resolve(cleanup).then((end) => end());
  });
  if (apart) for (const one of cleanups) { await one(); await later(); await later(); }
  else await Promise.all(cleanups.map((one) => Promise.resolve().then(one)));
  const state = () => [parentElement.textContent, parentElement.childElementCount, counts.created - counts.destroyed];
  const states = [state()];
  await later();
  last = call("next"); // the cleanup before is never run
  states.push(state());
  await later();
  last = call("last");
  parentElement.remove();
  last();
  await later();
  states.push(state());
  return states;
}
"""


@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize("called", [order for count in (1, 2, 3) for order in permutations(range(1, count + 1))], ids=str)
def test_the_newest_call_is_shown_until_the_unmount(called: tuple[int, ...], apart: bool, page) -> None:
    tab = page()
    shown = tab.evaluate(HOST, [f"{modules.serve(tab)}/kit/mount.js", list(called), len(called), apart])
    assert shown == [[str(len(called)), 1, 1], ["next", 1, 1], ["", 0, 0]]
