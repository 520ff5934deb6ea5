// The lesson that a person makes: its order, its words, and how it leaves this browser.
import { el } from "../kit/dom.js";
import { keep, withSteps } from "../kit/lesson.js";
import { fileOf, fromFile, linkEnd } from "./share.js";

const EMPTY =
  "Nothing is in it yet. On any page, the button with three dots beside “Copy link” adds the view that you see. Or begin with one of the " +
  "plans: “Make it mine”.";
const WHERE = "It is kept in this browser, and in the links and files that you make of it. No server is sent it.";
const NO_LESSON = "That file holds no lesson. Take one that was saved here: “Save as one file”.";
const WORDS = [
  ["question", "Question"],
  ["look", "What to look for"],
  ["answer", "Answer"],
];

/** The editor of `view.own`; `redraw()` shows it anew, `preview()` shows the lesson as the class sees it. */
export function editorOf(view, redraw, preview) {
  const said = el("span", { class: "small muted", role: "status" });
  const change = (lesson, told = "") => {
    view.before = view.own;
    view.own = lesson;
    view.told = keep(lesson) ? told : "This browser keeps nothing: make a link or a file of it before you leave.";
    redraw();
  };
  const edit = (changes) => {
    view.own = { ...view.own, ...changes };
    keep(view.own);
  };
  const title = el("input", {
    type: "text",
    class: "lesson-title",
    maxlength: 120,
    "aria-label": "Title of the lesson",
    placeholder: "Title",
  });
  title.value = view.own.title;
  title.addEventListener("input", () => edit({ title: title.value }));
  const steps = view.own.steps.map((step, i) => stepEditor(view, step, i, change, edit));
  said.textContent = view.told ?? "";
  view.told = "";
  return el(
    "section",
    { class: "own" },
    title,
    el("p", { class: "small muted", text: view.own.steps.length ? WHERE : `${EMPTY} ${WHERE}` }),
    el("ol", { class: "steps" }, ...steps),
    tools(view, said, change, preview),
  );
}

function tools(view, said, change, preview) {
  const file = el("input", {
    type: "file",
    accept: ".html,text/html",
    class: "visually-hidden",
    tabindex: -1,
    "aria-label": "A lesson’s file",
  });
  file.addEventListener("change", async () => {
    const found = file.files?.length ? fromFile(await file.files[0].text()) : null;
    if (found) change(found, "Opened. Undo brings back what was here.");
    else said.textContent = NO_LESSON;
  });
  const button = (text, onclick, needed = true) => (needed ? el("button", { type: "button", text, onclick }) : null);
  const some = view.own.steps.length > 0;
  return el(
    "div",
    { class: "row" },
    button("Preview and print", preview, some),
    button("Copy link", () => copyLink(view, said), some),
    button("Save as one file", () => save(view.own), some),
    button("Open a file", () => file.click()),
    button("Empty", () => change({ title: "", steps: [] }), some),
    button("Undo", () => change(view.before), Boolean(view.before)),
    file,
    said,
  );
}

async function copyLink(view, said) {
  const link = new URL("lessons", document.baseURI).href + (await linkEnd(view.own));
  try {
    await navigator.clipboard.writeText(link);
    said.textContent = `Copied: ${link.length.toLocaleString("en-US")} characters that hold the whole lesson.`;
  } catch {
    said.replaceChildren(el("a", { href: link, text: "The link to copy" }));
  }
}

function save(lesson) {
  const address = URL.createObjectURL(new Blob([fileOf(lesson, new URL(".", document.baseURI).href)], { type: "text/html" }));
  const name = lesson.title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  el("a", { href: address, download: `${name || "lesson"}.html` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function stepEditor(view, step, i, change, edit) {
  const moved = (to) => {
    const steps = [...view.own.steps];
    steps.splice(to, 0, ...steps.splice(i, 1));
    change({ ...view.own, steps });
  };
  const without = () => change({ ...view.own, steps: view.own.steps.filter((_, at) => at !== i) }, "Taken out.");
  const button = (text, label, onclick, disabled = false) => el("button", { type: "button", text, "aria-label": label, onclick, disabled });
  const name = `view ${i + 1}, ${step.page}`;
  return el(
    "li",
    {},
    el(
      "div",
      { class: "step-head" },
      el("h3", { text: step.page }),
      el("a", { href: `./${step.link}`, target: "_blank", rel: "noopener", text: "Open the view" }),
      el(
        "span",
        { class: "order" },
        button("↑", `Up: ${name}`, () => moved(i - 1), i === 0),
        button("↓", `Down: ${name}`, () => moved(i + 1), i === view.own.steps.length - 1),
        button("Take out", `Take out: ${name}`, without),
      ),
    ),
    step.about ? el("p", { class: "muted small", text: step.about }) : null,
    ...WORDS.map(([key, label]) => {
      const area = el("textarea", { rows: 2, maxlength: 800, "aria-label": `${label}, ${name}`, placeholder: label });
      area.value = step[key];
      area.addEventListener("input", () => {
        edit({ steps: view.own.steps.map((one, at) => (at === i ? { ...one, [key]: area.value } : one)) });
      });
      return area;
    }),
  );
}

/** A plan taken over: its steps at the end of one's own lesson, which takes its title where it has none. Null if it would be too long. */
export function takenOver(own, plan, setting) {
  const named = ({ page, title }) => (title ? `${page}: ${title}` : page);
  const steps = plan.steps.map((step) => ({ ...step, page: named(step), about: step.about ?? setting }));
  return withSteps({ ...own, title: own.title || plan.title }, steps);
}
