// Three numbers of each patch as a colour: the first component red, the second green, the third blue.
export const COUNT = 3;
const DARK = 0xff161313; // what the mask leaves out, as a pixel

/** Whether a patch is kept by a mask: all are, or those above or below the patches' mean along the first component. */
export const keeps = (mask, along) => mask === "none" || (mask === "above" ? along > 0 : along < 0);

/** The ends of each component over the patches that a mask keeps, as [low, high]; of none, [0, 0]. */
export function endsOf(where, mask) {
  const ends = [];
  for (let c = 0; c < COUNT; c++) {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < where.length; i += COUNT) {
      if (!keeps(mask, where[i])) continue;
      low = Math.min(low, where[i + c]);
      high = Math.max(high, where[i + c]);
    }
    ends.push(low <= high ? [low, high] : [0, 0]);
  }
  return ends;
}

/** The colours of all patches as pixels, each component from its smallest to its largest of the patches that are kept. */
export function rainbow(where, mask) {
  const ends = endsOf(where, mask);
  const out = new Uint32Array(where.length / COUNT);
  for (let i = 0; i < out.length; i++) {
    if (!keeps(mask, where[COUNT * i])) {
      out[i] = DARK;
      continue;
    }
    let pixel = 0xff000000;
    for (let c = 0; c < COUNT; c++) {
      const [low, high] = ends[c];
      const share = high > low ? (where[COUNT * i + c] - low) / (high - low) : 0.5;
      pixel |= Math.round(255 * share) << (8 * c);
    }
    out[i] = pixel;
  }
  return out;
}

/** How many patches a mask keeps. */
export function keptBy(where, mask) {
  let count = 0;
  for (let i = 0; i < where.length; i += COUNT) count += keeps(mask, where[i]) ? 1 : 0;
  return count;
}

/** How many decimals give the patch that lies farthest out four digits; the others have no more of them than it has. */
export function decimalsOf(where) {
  let far = 0;
  for (const value of where) far = Math.max(far, Math.abs(value));
  return far > 0 ? Math.max(0, Math.min(9, 3 - Math.floor(Math.log10(far)))) : 0;
}
