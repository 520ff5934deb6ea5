import { el, everyFrame, put } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { adaptView } from "./adapt.js";
import { averageView } from "./average.js";
import { answersOf, bestOf } from "./math.js";

const VIEWS = { scales: averageView, adapt: adaptView };

// The picture and the gallery at several sizes: the mean of the answers, or for each picture the smallest size that is sure enough.
export default mounts((root) => {
  const stage = el("div");
  const summary = el("p", { class: "visually-hidden", role: "status" });
  root.append(stage, summary);
  const say = (text) => put(summary, text);
  let view = null;
  const draw = everyFrame(() => view?.draw());
  const unsubscribe = store.subscribe(draw);

  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (header.id === root.dataset.ready) return draw();
      /** @type {[number, number, number]} */
      const shape = [header.sizes.length, 1 + header.gallery.length, header.names.length];
      const probs = answersOf(arrays.logits, shape, header.temperature);
      const best = probs.map((row) => row.map(bestOf));
      const tops = probs.map((row, s) => row.map((answer, m) => answer[best[s][m]]));
      new Promise((known) => store.whenKnown(known)).then(() => {
        view = VIEWS[header.demo](root, { header, probs, best, tops, picture: arrays.picture, say });
        stage.replaceChildren(view.node);
        root.dataset.demo = header.demo;
        view.draw();
        root.dataset.ready = header.id;
      });
    },
    destroy: unsubscribe,
  };
});
