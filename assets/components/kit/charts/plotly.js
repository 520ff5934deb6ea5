// Plotly's own script, from the installed Python package: fetched once a page load, and only where a chart is shown.
import { el } from "../dom.js";

/** Beside the tree of modules. Asked for with the script: in a saved page, modules have addresses that nothing lies beside. */
const source = () => new URL("../..", import.meta.url).href.replace(/\/$/, "-plotly/plotly.min.js");
let waiting = null;
let sheet = null;

/** Plotly, when it is there. Rejects with one plain sentence where the script cannot be had. */
export function plotly() {
  waiting ??= new Promise((resolve, reject) => {
    const script = el("script", { src: source() });
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      waiting = null; // the next chart asks again
      reject(new Error("The chart could not be drawn: its script did not arrive. Reload the page."));
    };
    document.head.append(script);
  });
  return waiting;
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
