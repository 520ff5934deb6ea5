import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { sourceTips } from "../performance/tips.js";
import { guideOf } from "./guide.js";
import { answerMap } from "./map.js";
import { paintAnswer, paintChanges, paintTraps } from "./paint.js";

// The guide: six answers of the person, and what `published.guide.suggest` says to each of their combinations, looked up at once.
export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = { root, header: null, arrays: null, drawn: "", questions: [], maps: [] };
  view.go = (place) => store.commit({ view: withView("choosing", { g: place }) });
  view.guide = guideOf(view);
  view.redraw = everyFrame(() => view.header && String(view.guide.place) !== view.drawn && draw(view));
  Object.assign(view, layOut(root));
  const tips = sourceTips(root);
  const unsubscribe = store.subscribe(() => {
    if (!view.header) return;
    view.guide.place = readPlace();
    view.redraw();
  });

  return {
    update(bytes) {
      const next = unpack(bytes);
      if (view.header?.id !== next.header.id) {
        ({ header: view.header, arrays: view.arrays } = next);
        view.guide.place = readPlace();
        build(view);
        view.drawn = "";
        root.dataset.ready = view.header.id;
      }
      view.redraw();
    },
    destroy() {
      tips.hide();
      unsubscribe();
    },
  };
});

const readPlace = () => fromView("choosing", "g");

function layOut(root) {
  const places = {
    questions: el("div", { class: "questions" }),
    answer: el("section", { class: "answer", "aria-live": "polite" }),
    maps: el("div", { class: "maps" }),
    traps: el("section"),
    change: el("section"),
  };
  const summary = el("p", { class: "visually-hidden", role: "status" });
  root.append(
    el("div", { class: "guide" }, places.questions, el("div", {}, places.answer, places.maps)),
    places.change,
    places.traps,
    summary,
  );
  return { places, summary };
}

/** The questions and the maps of a payload. */
function build(view) {
  const { root, header, guide, places } = view;
  view.questions = header.fields.map((field, i) =>
    choiceOf(field.label, Object.fromEntries(field.options.map(([, words], option) => [option, words])), (option) =>
      guide.go(guide.place.map((old, k) => (k === i ? +option : old))),
    ),
  );
  places.questions.replaceChildren(
    ...header.fields.map((field, i) =>
      el("div", { class: "question" }, el("span", { class: "label", text: field.label }), view.questions[i].node),
    ),
  );
  view.maps = [
    answerMap(guide, "images", "weights", (choice) => guide.title(choice)),
    answerMap(guide, "device", "speed", (choice) => choice.model),
  ];
  places.maps.replaceChildren(el("h3", { text: "The answers around yours" }), ...view.maps.map((map) => map.node));
  root.guide = guide;
}

function draw(view) {
  const { root, header, guide, summary } = view;
  const start = performance.now();
  view.drawn = String(guide.place);
  view.questions.forEach((question, i) => question.show(String(guide.place[i])));
  const found = guide.answer(guide.place);
  paintAnswer(view, found);
  paintTraps(view, found.traps);
  paintChanges(view, guide.changes());
  for (const map of view.maps) map.show();
  const { choice } = found;
  root.dataset.summary = summary.textContent = `${guide.title(choice)}: ${choice.model}, ${header.attention[choice.attention]}.`;
  globalThis.__vitTimes?.push(performance.now() - start);
}
