// Lessons: plans whose answers the running model gives, the lesson of a link, and the one that a person makes in this browser.
import { choiceOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { keep, kept, MOST } from "../kit/lesson.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { editorOf, takenOver } from "./own.js";
import { fromLinkEnd } from "./share.js";
import { sheetOf } from "./sheet.js";

const NAMES = { school: "School, 45 min", lecture: "Lecture, 90 min", self: "On your own", own: "My lesson" };
const OPENED = "A lesson from a link. It is not kept: add it to yours to change or keep it.";

export default mounts((root) => {
  /** @type {any} What is shown: the payload's header, the lesson of a link, one's own, and whether that is shown as the class sees it. */
  const view = { root, header: null, opened: null, own: kept(), before: null, preview: false, told: "", shown: "" };
  view.choice = choiceOf("Lesson", NAMES, (les) => {
    Object.assign(view, { opened: null, preview: false });
    store.commit({ view: withView("lessons", { les }) });
    draw(view);
  });
  view.body = el("div");
  root.append(el("div", { class: "lessons" }, view.choice.node, view.body));
  const open = async () => {
    view.opened = (await fromLinkEnd(location.hash)) ?? view.opened;
    if (view.opened && view.header) draw(view);
  };
  const elsewhere = (event) => event.key !== null && Object.assign(view, { own: kept() }) && view.header && draw(view);
  addEventListener("hashchange", open);
  addEventListener("storage", elsewhere);
  open();
  const unsubscribe = store.subscribe(() => view.header && fromView("lessons", "les") !== view.shown && draw(view));
  return {
    update(bytes) {
      const { header } = unpack(bytes);
      if (header.id === view.header?.id) return;
      view.header = header;
      draw(view);
      root.dataset.ready = header.id;
    },
    destroy() {
      removeEventListener("hashchange", open);
      removeEventListener("storage", elsewhere);
      unsubscribe();
    },
  };
});

function draw(view) {
  const { header, opened, own } = view;
  view.shown = fromView("lessons", "les");
  view.choice.show(opened ? "own" : view.shown);
  const change = (changes) => {
    Object.assign(view, changes);
    draw(view);
  };
  const button = (text, onclick) => el("button", { type: "button", text, onclick });
  if (opened) {
    const buttons = [button("Add to my lesson", () => takeOver(view, opened, "")), button("Close", () => change({ opened: null }))];
    view.body.replaceChildren(sheetOf({ ...opened, title: opened.title || "A lesson", about: OPENED }, buttons));
  } else if (view.shown !== "own") {
    const plan = header.plans[view.shown];
    const about = `${plan.about} The answers are this model’s, for this picture and setting: ${header.setting}. ${header.note}`;
    view.body.replaceChildren(sheetOf({ ...plan, about }, [button("Make it mine", () => takeOver(view, plan, header.setting))]));
  } else if (view.preview && own.steps.length) {
    const back = button("Back to the words", () => change({ preview: false }));
    view.body.replaceChildren(sheetOf({ ...own, title: own.title || "A lesson" }, [back]));
  } else
    view.body.replaceChildren(
      editorOf(
        view,
        () => draw(view),
        () => change({ preview: true }),
      ),
    );
}

/** The steps of a plan, or of a lesson from a link, at the end of one's own. */
function takeOver(view, lesson, setting) {
  const found = takenOver(view.own, lesson, setting);
  const told = found ? "Taken over." : `A lesson holds ${MOST} views: yours would have more.`;
  Object.assign(view, { before: view.own, own: found ?? view.own, opened: null, told, preview: false });
  keep(view.own);
  store.commit({ view: withView("lessons", { les: "own" }) });
  draw(view);
}
