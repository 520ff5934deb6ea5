// A lesson as the class sees it: views to open, questions, what to look for, and answers that stay folded until they are wanted.
import { el } from "../kit/dom.js";
import { presented, setCourse } from "../kit/lesson.js";

const CLICKER = "View by view, large: PageDown and PageUp or a clicker go on and back, Escape leaves.";

/** `lesson`: title, `about`, steps. `buttons` stand beside the one that opens all answers. */
export function sheetOf({ title, about, steps }, buttons) {
  const list = el("ol", { class: "steps" }, ...steps.map(stepOf));
  const answers = [...list.querySelectorAll("details")];
  const fold = el("button", { type: "button", text: "Open all answers" });
  fold.addEventListener("click", () => {
    const open = answers.some((answer) => !answer.open);
    for (const answer of answers) answer.open = open;
    fold.textContent = open ? "Fold all answers" : "Open all answers";
  });
  return el(
    "section",
    { class: "sheet" },
    el("h2", { text: title }),
    about ? el("p", { class: "muted", text: about }) : null,
    el(
      "div",
      { class: "row" },
      answers.length ? fold : null,
      el("button", { type: "button", text: "Print", onclick: () => print() }),
      el("button", { type: "button", text: "Present", title: CLICKER, onclick: () => project(steps) }),
      ...buttons,
    ),
    list,
  );
}

/** Projects the views one after the other, in this tab. */
function project(steps) {
  setCourse(
    steps.map(({ link }) => link),
    0,
  );
  location.assign(`./${presented(steps[0].link)}`);
}

function stepOf({ title, page, minutes, about, question, look, answer, link }) {
  return el(
    "li",
    {},
    el(
      "div",
      { class: "step-head" },
      el("h3", { text: title || page }),
      minutes ? el("span", { class: "muted small", text: `${minutes} min` }) : null,
      el("a", { href: `./${link}`, target: "_blank", rel: "noopener", text: title ? `Open in ${page}` : "Open the view" }),
    ),
    about ? el("p", { class: "muted small", text: about }) : null,
    question ? el("p", { class: "question", text: question }) : null,
    look ? el("p", { class: "muted", text: look }) : null,
    answer ? el("details", {}, el("summary", { text: title ? "What the model says" : "Answer" }), el("p", { text: answer })) : null,
  );
}
