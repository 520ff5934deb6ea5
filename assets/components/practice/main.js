import { el, put } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { bitsView } from "./bits/bits.js";
import { distilView } from "./distil.js";
import { mergeView } from "./merge.js";
import { sightView } from "./sight/sight.js";
import { sizesView } from "./sizes.js";

const VIEWS = { patches: sizesView, sizes: sizesView, attention: sightView, tokens: mergeView, bits: bitsView, distil: distilView };

// The practice page's stage: the open demonstration, on the current picture.
export default mounts((root) => {
  const stage = el("div");
  const summary = el("p", { class: "visually-hidden", role: "status" });
  root.append(stage, summary);
  root.sayPractice = (text) => put(summary, text);
  let view = null;
  let demo = null;
  let latest = 0;
  const draw = () => view?.draw();
  const unsubscribe = store.subscribe(draw);
  const resized = new ResizeObserver(draw);
  resized.observe(root);

  return {
    update(bytes) {
      const next = unpack(bytes);
      if (next.header.id === root.dataset.ready) {
        view.dress?.(); // the theme is another
        return draw();
      }
      const turn = ++latest;
      const shown = next.header.demo === demo ? view : VIEWS[next.header.demo](root);
      shown.arrive(next).then(() => {
        if (turn !== latest) return;
        if (shown !== view) {
          view?.destroy?.();
          stage.replaceChildren(shown.node);
        }
        [view, demo] = [shown, next.header.demo];
        root.dataset.demo = demo;
        draw();
        root.dataset.ready = next.header.id;
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
      view?.destroy?.();
    },
  };
});
