// What the experiments share: the picture, how far values reach, and words for what is followed.
import { decodePicture } from "../kit/picture/canvas.js";

/** The largest magnitude of what is known; never 0. */
export function reachOf(values) {
  let far = 1e-9;
  for (const value of values) if (Math.abs(value) > far) far = Math.abs(value);
  return far;
}

/** What is followed, as the middle of a sentence. */
export function followedName(header) {
  return header.label === null ? "similarity of the features" : `probability of ${header.label}`;
}

/** Why it is a similarity, where the model has no classes. */
export function followedNote(header) {
  return header.label === null
    ? "This model has no classes to name. In place of a probability, the cosine similarity of its pooled features with those of the " +
        "unchanged picture is followed: 1 where nothing changed."
    : "";
}

/** A picture that is decoded once for as long as it is the same. */
export function pictureKeeper() {
  let name = null;
  let bitmap = null;
  return (header, arrays) => {
    if (name !== header.shown) [name, bitmap] = [header.shown, decodePicture(arrays.picture)];
    return bitmap;
  };
}
