// A tour of five stops for the first visit: it can be skipped, and is not offered again.
import { el } from "../kit/dom.js";

const SEEN = "vit-walkthrough-tour";

function remembered() {
  try {
    return localStorage.getItem(SEEN) === "seen";
  } catch {
    return false; // a browser that keeps nothing shows the tour on every visit
  }
}

/** `stops` are pairs of an element and a sentence; the element is outlined while its sentence is read. */
export function guidedTour(stops) {
  const words = el("p", { role: "status" });
  const [back, next, skip] = [
    el("button", { type: "button", text: "Back" }),
    el("button", { type: "button", class: "go", text: "Next" }),
    el("button", { type: "button", text: "Skip the tour" }),
  ];
  const node = el("section", { class: "tour card", "aria-label": "Tour" }, words, el("div", { class: "tour-buttons" }, back, next, skip));
  const again = el("button", {
    type: "button",
    class: "small",
    text: "Tour",
    title: "Show the tour of five stops",
    onclick: () => show(0),
  });
  let at = -1;

  function show(stop) {
    stops[at]?.[0].classList.remove("toured");
    at = stop;
    const on = at >= 0 && at < stops.length;
    node.hidden = !on;
    again.hidden = on;
    if (!on) {
      at = -1;
      try {
        localStorage.setItem(SEEN, "seen");
      } catch {
        // nothing is kept
      }
      return;
    }
    const [place, sentence] = stops[at];
    place.classList.add("toured");
    words.textContent = `${at + 1} of ${stops.length}. ${sentence}`;
    back.disabled = at === 0;
    next.textContent = at === stops.length - 1 ? "Done" : "Next";
  }
  back.addEventListener("click", () => show(at - 1));
  next.addEventListener("click", () => show(at + 1));
  skip.addEventListener("click", () => show(-1));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(-1);
    event.stopPropagation(); // arrow keys go through the steps elsewhere
  });
  node.hidden = true;
  return { node, again, start: () => (remembered() ? show(-1) : show(0)) };
}
