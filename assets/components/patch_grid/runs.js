// What the model said at the settings of this visit.
import { el } from "../kit/dom.js";
import { grouped } from "../kit/numbers/format.js";
import { cutOf } from "./setting.js";

const KEPT_RUNS = 8;
const runs = []; // this visit's runs, newest first; they outlive a change of page

export function showHistory(view) {
  const name = [view.asked?.size, view.asked?.patch, view.asked?.fit, runs.map((run) => run.id).join(), view.data.header.id].join("/");
  if (view.history.dataset.shown === name) return;
  view.history.dataset.shown = name;
  const line = (run) =>
    el(
      "tr",
      {
        class: run.id === view.data.header.id && !view.asked ? "now" : null,
        title: `${run.picture}: ${run.exact}, ${run.seconds} s in that run; the line on top tells the fastest at a setting`,
      },
      el("td", { text: `${run.shape} / ${run.patch}` }),
      el("td", { text: `${grouped(run.patches)}` }),
      el("td", { text: `${grouped(1000 * run.seconds)} ms` }),
      el("td", { text: run.answer }),
    );
  const waiting = view.asked
    ? [
        el(
          "tr",
          { class: "now" },
          el("td", { text: `${view.asked.size} / ${view.asked.patch}` }),
          el("td", { text: grouped(cutOf(view).patches) }),
          el("td", { colspan: 2, class: "muted", text: "running …" }),
        ),
      ]
    : [];
  const heads = ["size / patch", "patches", "that run", "answer"].map((text) => el("th", { text }));
  view.history.replaceChildren(el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...waiting, ...runs.map(line)));
}

export function rememberRun(header) {
  const [height, width] = header.imageSize;
  const shape = height === width ? `${height}` : `${height}×${width}`;
  const exact = header.top.length ? `${header.top[0][2]} ${header.top[0][1]}` : header.answer;
  const again = runs.findIndex((run) => run.id === header.id);
  if (again >= 0) runs.splice(again, 1);
  runs.unshift({
    id: header.id,
    picture: header.title,
    shape,
    patch: header.patchSize,
    patches: header.grid[0] * header.grid[1],
    seconds: header.seconds,
    answer: header.answer,
    exact,
  });
  runs.splice(KEPT_RUNS);
}
