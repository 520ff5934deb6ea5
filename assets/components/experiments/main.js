import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { occlusionView } from "./occlusion.js";
import { curvesView } from "./curves.js";
import { headsView } from "./heads.js";
import { tokensView } from "./tokens.js";
import { explainView } from "./explain.js";
import { testedView } from "./tested.js";
import { galleryView } from "./gallery.js";

const EXPERIMENTS = {
  occlusion: occlusionView,
  curves: curvesView,
  heads: headsView,
  tokens: tokensView,
  explain: explainView,
  tested: testedView,
  gallery: galleryView,
};

// One experiment, whose kind the first payload names. Values arrive while they are computed; what is not known yet is nan.
export default mounts((root) => {
  let view = null;
  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      view ??= EXPERIMENTS[header.kind](root);
      root.values = arrays;
      const known = Object.values(arrays).every((values) => values.every((value) => !Number.isNaN(value)));
      view.update(header, arrays).then(() => Object.assign(root.dataset, { ready: header.id, known }));
    },
    redraw: () => view?.redraw?.(),
    destroy() {
      view?.destroy();
    },
  };
});
