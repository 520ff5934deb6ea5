"""What every component stands on: one view a mount, whatever the order in which Streamlit's calls and cleanups come."""

from itertools import permutations

import pytest

from tests.support import modules

# Streamlit's side: `called` in the order that the browser chose. A call that a newer one has replaced is cleaned up right after it.
HOST = """
async ([kit, called, kept, apart]) => {
  const module = await import(kit);
  const { store } = await import(kit.replace("mount.js", "store.js"));
  if (!store.selection.picture) store.adopt({ picture: "coffee" }, 0);
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


BEFORE_THE_LINK = """
async (kit) => {
  const { mounts } = await import(`${kit}/mount.js`);
  const { store } = await import(`${kit}/store.js`);
  store.selection = {};
  const drawn = { strip: [], view: [] };
  const component = (name, options) => mounts(() => ({ update: (data) => drawn[name].push(data) }), options);
  const call = (one, data) => {
    const parentElement = document.body.appendChild(document.createElement("div"));
    one({ data, parentElement, setStateValue: null, setTriggerValue: null });
    return (next) => one({ data: next, parentElement, setStateValue: null, setTriggerValue: null });
  };
  const again = call(component("view"), "first");
  again("second");
  call(component("strip", { first: true }), "strip");
  const before = structuredClone(drawn);
  store.adopt({ picture: "coffee" }, 0);
  const after = structuredClone(drawn);
  again("third");
  return [before, after, drawn];
}
"""


def test_nothing_is_drawn_before_the_strip_has_brought_the_selection(page) -> None:
    """What a person changed before would not go to the server, or would forget the link's view."""
    tab = page()
    before, after, later = tab.evaluate(BEFORE_THE_LINK, f"{modules.serve(tab)}/kit")
    assert before == {"strip": ["strip"], "view": []}
    assert after == {"strip": ["strip"], "view": ["second"]}
    assert later == {"strip": ["strip"], "view": ["second", "third"]}


RESENT = """
async (base) => {
  const strip = (await import(`${base}/strip/main.js`)).default;
  const { store } = await import(`${base}/kit/store.js`);
  const sent = [];
  const selection = { picture: "coffee", layer: 0 };
  const data = { selection, echo: 0, numbers: {}, own: {}, link: ["overview", ""], thumbnail: "data:,", verdict: "", right: "" };
  const mounted = (name) => {
    const parentElement = document.body.appendChild(document.createElement("div"));
    const setStateValue = (_, change) => sent.push([name, change.values]);
    const call = (data) => strip({ data, parentElement, setStateValue, setTriggerValue() {} });
    call(data);
    return call;
  };
  mounted("old");
  store.commit({ layer: 3 });
  const next = mounted("new");
  next({ ...data, selection: { ...selection, layer: 3 }, echo: store.at });
  mounted("last");
  return sent;
}
"""


def test_a_change_that_went_to_a_strip_on_its_way_out_is_sent_again(page) -> None:
    tab = page()
    assert tab.evaluate(RESENT, modules.serve(tab)) == [["old", {"layer": 3}], ["new", {"layer": 3}]]
