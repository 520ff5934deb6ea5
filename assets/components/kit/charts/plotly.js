// Plotly's own script, from the installed Python package: fetched once a page load, and only where a chart is shown.
import { el } from "../dom.js";

/** Beside the tree of modules; in a saved page it is in the page itself, if that would not be too large with it. */
const source = () => globalThis.__vitSaved?.plotly() ?? new URL("../..", import.meta.url).href.replace(/\/$/, "-plotly/plotly.min.js");
const LEFT_OUT = "This chart would make the page too large: its numbers are in the table below.";
let waiting = null;
let sheet = null;

/** Plotly, when it is there. Rejects with one plain sentence where the script cannot be had. */
export function plotly() {
  waiting ??= fetched();
  return waiting;
}

async function fetched() {
  const src = await source();
  if (!src) throw new Error(LEFT_OUT);
  return new Promise((resolve, reject) => {
    const script = el("script", { src });
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      waiting = null; // the next chart asks again
      reject(new Error("The chart could not be drawn: its script did not arrive. Reload the page."));
    };
    document.head.append(script);
  });
}

/** Plotly puts its style into the document's head, which a component's own tree does not see: the same rules for that tree. */
export function styled(node) {
  const tree = node.getRootNode();
  if (!(tree instanceof ShadowRoot)) return;
  if (!sheet) {
    const rules = /** @type {HTMLStyleElement} */ (document.getElementById("plotly.js-style-global")).sheet.cssRules;
    sheet = new CSSStyleSheet();
    sheet.replaceSync([...rules].map((rule) => rule.cssText).join("\n"));
  }
  if (!tree.adoptedStyleSheets.includes(sheet)) tree.adoptedStyleSheets.push(sheet);
}
