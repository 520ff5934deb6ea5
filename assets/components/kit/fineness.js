// How fine canvases are drawn: as the screen shows them, or finer while a figure is taken along.

const views = new Map(); // the node of a view, and what draws it anew at once
let taken = 0;
let line = Promise.resolve();

/** Pixels of a canvas for a CSS pixel. */
export const fineness = () => taken || devicePixelRatio;

/** Whether a figure is being taken: what is drawn then is drawn at once. */
export const isTaken = () => taken > 0;

/** `redraw()` whenever the fineness of what lies in `node` changes; returns what ends that. */
export function onFineness(node, redraw) {
  views.set(node, redraw);
  return () => views.delete(node);
}

/**
 * What `take()` gives while the view that holds `node` is drawn with at least `scale` pixels for a CSS pixel; one at a time. The page looks
 * as before: its boxes keep their size.
 * @template T
 * @param {Node} node
 * @param {number} scale
 * @param {() => T | Promise<T>} take
 * @returns {Promise<T>}
 */
export function drawnFiner(node, scale, take) {
  const redraw = () => [...views].filter(([view]) => view.contains(node)).forEach(([, draw]) => draw());
  const run = async () => {
    taken = Math.max(scale, devicePixelRatio);
    try {
      redraw();
      return await take();
    } finally {
      taken = 0;
      redraw();
    }
  };
  const turn = line.then(run);
  line = turn.then(
    () => {},
    () => {},
  );
  return turn;
}
