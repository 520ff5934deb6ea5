// What Streamlit's own elements lack for readers of the screen and for the keyboard.
import { everyFrame, mark } from "../kit/dom.js";

// Elements, and the role that says what they are: links in a bar rather than a list with other things in it, a box that has a name.
const ROLES = [
  ['[data-testid="stSidebarNavItems"], [data-testid="stSidebarNavItems"] li', "none"],
  ['[data-testid="stFileUploaderDropzone"]', "group"],
];
const FORMULAS = ".katex-display";

/** Keeps them mended, whatever Streamlit draws anew. */
export function mendStreamlit() {
  const mend = everyFrame(() => {
    for (const [selector, role] of ROLES) for (const node of document.querySelectorAll(selector)) mark(node, "role", role);
    const formulas = [...document.querySelectorAll(FORMULAS)];
    const wide = formulas.map((node) => node.scrollWidth > node.clientWidth); // read first, then write: one layout
    formulas.forEach((node, i) => (wide[i] ? mark(node, "tabindex", 0) : node.removeAttribute("tabindex")));
  });
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  addEventListener("resize", mend);
  mend();
}
