import { decodePicture } from "../kit/picture/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { sourceTips } from "../performance/tips.js";
import { clip, mae, sam, swin } from "./illustrations.js";
import { navit } from "./navit.js";
import { dino, flexivit, registers } from "./measurements.js";

const KEEP = 60; // percent of the attention that the mask first holds; the slider changes it
const BUILDERS = { clip, swin, dino, mae, sam, registers, flexivit, navit };

// What later works build on the plain ViT: each on the current picture, called an illustration or a measurement as it is.
export default mounts((root) => {
  /** @type {any} All data and selection of this view. */
  const view = { header: null, arrays: null, bitmap: null, cards: [] };
  view.state = { shifted: "even", swin: 0, everywhere: "windows", sam: 0, head: 0, keep: KEEP, seed: 1 };
  const draw = everyFrame(() => {
    if (!view.bitmap) return;
    for (const card of view.cards) card.show();
  });
  view.change = (changes) => {
    Object.assign(view.state, changes);
    draw();
  };
  const list = el("div", { class: "works" });
  root.append(
    el("h2", { text: "What next" }),
    el("p", {
      class: "muted",
      text: "All of these start from the model that you know; each says what it changes. Each picture is made from yours.",
    }),
    list,
  );
  const tips = sourceTips(root);
  const watch = new ResizeObserver(draw);
  watch.observe(root);

  return {
    update(bytes) {
      const next = unpack(bytes);
      if (view.header?.id === next.header.id) return;
      Object.assign(view, { header: next.header, arrays: next.arrays, bitmap: null });
      const { id, papers } = view.header;
      decodePicture(view.arrays.picture).then((image) => {
        if (view.header.id !== id) return;
        view.bitmap = image;
        view.cards = papers.map((paper) => BUILDERS[paper.id](view, paper));
        list.replaceChildren(...view.cards.map((card) => card.node));
        root.dataset.ready = id;
        draw();
      });
    },
    destroy() {
      tips.hide();
      watch.disconnect();
    },
  };
});
