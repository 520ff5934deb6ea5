// What both demonstrations of several sizes draw: a bar, a table, small pictures.
import { el } from "../kit/dom.js";

export const COLOURS = ["#0072b2", "#009e73", "#e69f00", "#d55e00", "#cc79a7"];

export const heads = (...texts) => el("thead", {}, el("tr", {}, ...texts.map((text) => el("th", { scope: "col", text }))));

export const line = (...cells) => el("tr", {}, ...cells.map((cell) => (cell instanceof Node ? cell : el("td", { text: cell }))));

export const exact = (text, title) => el("td", { text, title: `${title}` });

export const card = (title, ...children) => el("section", { class: "card" }, el("h3", { text: title }), ...children);

/** A share as a bar. */
export const barOf = (share, colour) =>
  el("span", { class: "track" }, el("i", { style: `width:${100 * Math.min(1, share)}%;background:${colour}` }));

/** A table in a box that scrolls by itself. */
export const scrolled = (label, table) => el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, table);

/** A picture of the gallery as the first cell of a row. */
export const pictured = ({ title, picture }) =>
  el("th", { scope: "row" }, el("img", { src: picture, alt: "" }), el("span", { text: title }));
