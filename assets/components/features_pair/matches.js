// Best matches between two pictures' patches: `there` from the first to the second, `back` from the second to the first.

/** Whether a patch of the first picture is the best match of its own best match. */
export const isMutual = ({ there, back }, patch) => back[there[patch]] === patch;

/** How many of them are. */
export function countMutual(matches) {
  let count = 0;
  for (let patch = 0; patch < matches.there.length; patch++) count += isMutual(matches, patch) ? 1 : 0;
  return count;
}

/** The middle of a patch on its picture, as shares [down, across]. */
export const middleOfPatch = ([rows, cols], patch) => [(Math.floor(patch / cols) + 0.5) / rows, ((patch % cols) + 0.5) / cols];
