// The chapters of the story, when each begins, and how far what happens in it has come.
import { clamp } from "../kit/grid.js";

/** Chapters in their order: how long each plays in seconds, and the stage of the flow whose page explains it. */
export const CHAPTERS = [
  { name: "picture", title: "A picture", seconds: 3, stage: "image" },
  { name: "cut", title: "Patches", seconds: 3, stage: "patches" },
  { name: "row", title: "A row", seconds: 4, stage: "patches" },
  { name: "numbers", title: "Tokens", seconds: 3.5, stage: "embedding" },
  { name: "places", title: "Positions", seconds: 3.5, stage: "tokens" },
  { name: "blocks", title: "Attention", seconds: 9, stage: "blocks" },
  { name: "answer", title: "The answer", seconds: 3, stage: "head" },
];

const BEGINNINGS = CHAPTERS.map((_, i) => CHAPTERS.slice(0, i).reduce((sum, { seconds }) => sum + seconds, 0));

/** All chapters together, in seconds. */
export const LENGTH = CHAPTERS.reduce((sum, { seconds }) => sum + seconds, 0);

/** When a chapter begins, in seconds. */
export const beginning = (chapter) => BEGINNINGS[clamp(chapter, 0, CHAPTERS.length - 1)];

/** When what a chapter tells has happened: a moment before the next begins. */
export const ending = (chapter) => beginning(chapter) + CHAPTERS[clamp(chapter, 0, CHAPTERS.length - 1)].seconds - 1e-6;

/** The chapter at a time, and the share of it that has passed. */
export function momentAt(time) {
  const held = clamp(time, 0, LENGTH);
  const chapter = Math.max(
    0,
    BEGINNINGS.findLastIndex((start) => start <= held),
  );
  return { chapter, share: clamp((held - BEGINNINGS[chapter]) / CHAPTERS[chapter].seconds, 0, 1) };
}

/** Slow at both ends. */
export const eased = (share) => (share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2);

/** How far one of many has come that set out one after the other; the first at once, the last when `1 - spread` of the time has passed. */
export const inTurn = (share, index, count, spread = 0.5) =>
  eased(clamp((share - ((1 - spread) * index) / Math.max(1, count - 1)) / spread, 0, 1));

const FLIGHT = 0.12; // of the chapter on blocks: the way back to the picture

/** Where the chapter on blocks is: how far the tokens are on their way back, the block (from 0) and how far it has come. */
export function blockAt(share, depth) {
  const passed = clamp((share - FLIGHT) / (1 - FLIGHT), 0, 1) * depth;
  const block = Math.min(depth - 1, Math.floor(passed));
  return { flight: eased(clamp(share / FLIGHT, 0, 1)), block, passed: clamp(passed - block, 0, 1) };
}
