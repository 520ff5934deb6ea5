// How far rows move from layer to layer: the chosen tokens, the other patches, the tokens before them.
import { chart } from "../kit/charts/chart.js";
import { el } from "../kit/dom.js";
import { clamp } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";

export const INVITATION = "Click a patch of the picture, or drag over several.";

/** The layer of the map: the link's, or the last. */
export const mapHere = ({ data }) => fromView("experiments", "seen", { depth: data.header.depth }) ?? data.header.depth;

/** The map's layer: followed at once, and kept in the link when it `stays`. */
export function showLayer({ data }, layer, stays) {
  store[stays ? "commit" : "preview"]({ view: withView("experiments", { seen: layer === data.header.depth ? null : layer }) });
}

/** The chart, and in its place, before anything is chosen, what to do. The layer that is pointed at is the map's. */
export function movementChart(view) {
  const pick = (layer, how) => layer !== null && showLayer(view, layer, how === "click");
  const step = (by) => view.data && showLayer(view, clamp(mapHere(view) + by, 0, view.data.header.depth), true);
  const plot = chart({ slider: "the layer of the map", step, pick });
  const invitation = el("p", { class: "invitation muted", text: INVITATION });
  return {
    node: el("div", {}, plot.node, invitation),
    destroy: plot.destroy,
    stand: plot.stand,
    /** The figure of what was changed last, or null. */
    show(figure, looks) {
      plot.node.hidden = !figure;
      invitation.hidden = !!figure;
      if (figure) plot.show(figure, looks);
    },
  };
}
