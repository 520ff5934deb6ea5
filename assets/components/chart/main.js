// One chart by itself, as Python sends it.
import { chart } from "../kit/charts/chart.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";

export default mounts((root) => {
  const shown = chart();
  root.append(shown.node);
  return {
    update(bytes) {
      const { id, figure, looks } = unpack(bytes).header;
      root.dataset.ready = id;
      shown.show(figure, looks);
    },
    destroy: shown.destroy,
  };
});
