// Three numbers of each patch as a colour: the first component red, the second green, the third blue.
export const COUNT = 3;
export const MASKS = { none: "all patches", above: "above the mean", below: "below the mean" };
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

/** Colours on the way from one set of pixels to another: 0 is the first, 1 the second. */
export function between(one, other, share) {
  if (!share) return one;
  return Uint32Array.from(one, (pixel, i) => {
    let mixed = 0xff000000;
    for (const shift of [0, 8, 16]) {
      const [from, to] = [(pixel >>> shift) & 255, (other[i] >>> shift) & 255];
      mixed |= Math.round(from + share * (to - from)) << shift;
    }
    return mixed;
  });
}
