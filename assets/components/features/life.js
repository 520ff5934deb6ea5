// How the views of this page come, change and go.
import { rangeOf } from "../kit/controls.js";
import { everyFrame, speaker } from "../kit/dom.js";
import { unpack } from "../kit/payload.js";
import { decodePicture } from "../kit/picture/canvas.js";
import { store } from "../kit/store.js";

/** The slider of the layer: this browser follows it, and what is chosen on release goes into the link. */
export function layerRange() {
  const range = rangeOf("Layer", { min: 1, step: 1 });
  range.input.addEventListener("input", () => store.preview({ layer: range.input.value - 1 }));
  range.input.addEventListener("change", () => store.commit({ layer: range.input.value - 1 }));
  return range;
}

/**
 * What `mounts` asks of a view, which gets its `draw` and `say`: `pictures(next)` are decoded, `take(next, bitmaps)` has them, unless
 * something newer has come meanwhile. `draw(view)` is called while there is `view.data`, also when the selection or the size changes.
 */
export function lifeOf(view, { layOut, draw, pictures, take }) {
  view.draw = everyFrame(() => {
    if (!view.data) return;
    const start = performance.now();
    draw(view);
    globalThis.__vitTimes?.push(performance.now() - start);
  });
  view.say = speaker(view.root);
  layOut(view);
  const unsubscribe = store.subscribe(view.draw);
  const resized = new ResizeObserver(view.draw);
  resized.observe(view.root);
  let latest = null;
  return {
    async update(bytes) {
      const next = unpack(bytes);
      if (next.header.id === view.data?.header.id) return view.draw();
      latest = next.header.id;
      const bitmaps = await Promise.all(pictures(next).map(decodePicture));
      if (latest !== next.header.id) return;
      take(next, bitmaps);
      view.draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
}
