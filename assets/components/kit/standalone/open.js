// Shows the views of a saved page, as the app would: the selection comes first, then what each component was sent.
import { SCHEMA } from "../schema.js";
import { store } from "../store.js";
import { viewValues } from "../view.js";

const [AUTO, LIGHT, DARK] = ["", "light", "dark"];
const NAMES = { [AUTO]: "Theme: as the system’s", [LIGHT]: "Theme: light", [DARK]: "Theme: dark" };
const ASKS = "That asks the running model, which is not in this page: what is shown was computed when the page was saved.";
const ELSEWHERE = "That is another page of the app.";

/** Mounts what `boot.js` has unpacked; `shows` are the components' default exports, in the order of `header.views`. */
export function open(shows) {
  const { header, parts } = globalThis.__vitSaved;
  const said = document.getElementById("said");
  const asks = () => (said.textContent = ASKS);
  store.adopt(header.selection, 0);
  const calls = header.views.map(({ style, facts }, i) => {
    const root = document.getElementById(`view-${i}`).attachShadow({ mode: "open" });
    const parentElement = document.createElement("div");
    const sheet = document.createElement("style");
    sheet.textContent = `${style}\n.vit:not(:empty) { margin-bottom: 18px; }`; // some parts only hold what others draw
    root.append(sheet, parentElement);
    return () => shows[i]({ data: facts ?? parts[i], parentElement, setStateValue: asks, setTriggerValue: asks });
  });
  const draw = () => calls.forEach((call) => call());
  store.saved = true;
  const link = /** @type {HTMLAnchorElement | null} */ (document.getElementById("link"));
  store.caption = () => [header.about, link?.href ?? ""];
  store.open = () => (said.textContent = ELSEWHERE);
  store.send = ({ values }) => header.fixed.some((name) => at(name, values) !== at(name, header.selection)) && asks();
  draw();
  themes(draw);
  address(header.page);
  store.subscribe(() => address(header.page));
  if (!header.page) addEventListener("click", (event) => leads(event) && (event.preventDefault(), (said.textContent = ELSEWHERE)), true);
  fitFrame();
}

/** Whether a click is on a link within the app, which is not here. */
const leads = (event) =>
  event.composedPath().some((node) => node instanceof HTMLAnchorElement && !/^([a-z]+:|#)/i.test(node.getAttribute("href") ?? "#"));

/** A field of the selection as text, or a key of its view, as deep as the name goes; as it was where `values` say nothing of it. */
function at(name, values) {
  const [field, ...keys] = name.split(".");
  const value = values[field] ?? globalThis.__vitSaved.header.selection[field];
  return JSON.stringify(keys.length ? (keys.reduce((part, key) => part?.[key], viewValues(value)) ?? null) : value);
}

/** The button that goes through the themes; what is drawn on canvases is drawn again. */
function themes(draw) {
  const button = document.getElementById("theme");
  const order = [AUTO, LIGHT, DARK];
  let shown = 0;
  button.addEventListener("click", () => {
    shown = (shown + 1) % order.length;
    document.documentElement.dataset.theme = order[shown];
    button.textContent = NAMES[order[shown]];
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

/** The link to what is shown now, in the app. */
function address(page) {
  const link = /** @type {HTMLAnchorElement | null} */ (document.getElementById("link"));
  if (!link) return;
  const query = new URLSearchParams();
  for (const [name, { query: key, first = 0, default: usual }] of Object.entries(SCHEMA.selection)) {
    const value = store.selection[name];
    if (value === undefined || (value === usual && name !== "picture")) continue;
    query.set(key, typeof value === "number" ? String(value + first) : value);
  }
  link.href = `${page}?${query}`;
  link.textContent = link.dataset.words || link.href;
}

/** In a frame of a notebook: as tall as what it shows. */
function fitFrame() {
  let frame = null;
  try {
    frame = globalThis.frameElement;
  } catch {
    return; // a frame of another origin keeps the height that it has
  }
  if (frame) new ResizeObserver(() => (frame.style.height = `${document.body.scrollHeight + 4}px`)).observe(document.body);
}
