// How Streamlit's calls become views.
import { el, paper } from "./dom.js";
import { onFineness } from "./fineness.js";
import { store } from "./store.js";

/**
 * The default export of a component: `create(root, api)` runs once a mount and returns `{update(data), destroy()}`; and
 * `redraw()` where `update` with the same data would not draw at once.
 *
 * Streamlit calls again with new data on the same element. It loads this module for each call, and the browser may answer loads that wait
 * together in any order, so a call may come after a newer one. Of the calls that a newer one replaced before they came, Streamlit runs the
 * cleanup at once: the view stays, and goes back to what the call that counts has brought. The last call's cleanup is run at unmount.
 *
 * Nothing is drawn before the strip has brought the link's selection, unless `first`: what a person changed on it would be lost.
 */
export function mounts(create, { first = false } = {}) {
  const views = new WeakMap();
  const draw = (view, call) => {
    const waits = view.drawn && !view.api; // an earlier call of this view is waiting
    view.drawn = call;
    if (first) update(view);
    else if (!waits) store.whenKnown(() => view.root.isConnected && update(view));
  };
  const update = (view) => {
    view.api = view.drawn.api;
    view.update(view.drawn.data, view.api);
  };
  return ({ data: sent, parentElement, setStateValue, setTriggerValue }) => {
    const data = Array.isArray(sent) ? sent[0] : sent; // see `ui/kit/components.py`
    const call = { data, api: { setStateValue, setTriggerValue }, counts: false };
    let view = views.get(parentElement);
    if (!view) {
      const root = el("div", { class: "vit" });
      parentElement.append(root);
      view = Object.assign(create(root, call.api), { root, calls: new Set(), printed: () => {}, ended: () => {} });
      const own = view;
      view.printed = () => own.api && update(own); // paper has a theme of its own
      paper.addEventListener("change", view.printed);
      view.ended = onFineness(root, () => own.api && (own.redraw ? own.redraw() : update(own)));
      views.set(parentElement, view);
    }
    view.calls.add(call);
    draw(view, call);
    setTimeout(() => {
      if (!view.calls.has(call)) return; // it was replaced
      for (const other of view.calls) if (other.counts) view.calls.delete(other);
      call.counts = true;
    });
    return () => {
      view.calls.delete(call);
      if (view.calls.size && parentElement.isConnected) {
        if (view.drawn === call) draw(view, [...view.calls].at(-1));
      } else if (views.get(parentElement) === view) {
        views.delete(parentElement);
        paper.removeEventListener("change", view.printed);
        view.ended();
        view.destroy?.();
        view.root.remove();
      }
    };
  };
}
