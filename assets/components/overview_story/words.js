// One sentence for each chapter, with the numbers of this picture, model and setting.
import { grouped, percent } from "../kit/numbers/format.js";
import { tokenName } from "../kit/grid.js";
import { blockAt, CHAPTERS } from "./timeline.js";

/** What a chapter tells at a moment. */
export function sentence(header, { chapter, share }, followed) {
  const { grid, prefix, imageSize, patchSize, chans, dim, depth, heads, reader, top } = header;
  const patches = grid[0] * grid[1];
  const numbers = grouped(imageSize[0] * imageSize[1] * chans);
  const name = followed < 0 ? reader.who : tokenName(header, followed);
  const who = followed < prefix.length ? name : `the patch at ${name}`;
  const front = prefix.length ? `${prefix[0]} joins in front${prefix.length > 1 ? " with others" : ""}: a learned row, not a patch. ` : "";
  const said = top.length ? `It says ${top[0][0]}: ${percent(top[0][1])}.` : "Its answer is a row of features.";
  const block = blockAt(share, depth).block + 1;
  const values = grouped(patchSize ** 2 * chans);
  const channels = chans === 1 ? "shade of grey" : "red, green, blue";
  return {
    picture: `A Vision Transformer is a neural network for pictures. To it this one is ${numbers} numbers: each pixel’s ${channels}.`,
    cut: `It cuts the picture into ${patches} squares of ${patchSize} × ${patchSize} pixels: patches.`,
    row: "The patches become a row, as words are in a sentence. From here on the model no longer sees where each one was.",
    numbers:
      `Each patch’s ${values} numbers are turned into ${dim} others, which the next layers work with: a token. ` +
      `Colours show ${header.shown} of them.`,
    places: `${front}To every token a learned row for its place is added: now the model knows where each patch was.`,
    blocks:
      `Block ${block} of ${depth}. In attention every token takes from others what it needs. ` +
      `Here: ${who}, and where it looks (${heads} heads averaged).`,
    answer: `The answer is read off ${reader.name}; lit is where ${reader.onAverage} ${reader.several ? "look" : "looks"} last. ${said}`,
  }[CHAPTERS[chapter].name];
}
