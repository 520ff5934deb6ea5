import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { figureMenu, tableRows } from "../kit/take/take.js";
import { columnsOf, lineOf, topsOf } from "./table.js";

// The table under the stage: each way's cost in closed form, its time and memory as measured, and how often it agrees. It fills as
// runs end.
export default mounts((root) => {
  const places = {
    intro: el("p", { class: "small muted" }),
    body: el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Results" }),
    read: el("p"),
    published: el("div", { class: "published" }),
    summary: el("p", { class: "visually-hidden", role: "status" }),
  };
  const title = "On the gallery’s pictures";
  const menu = figureMenu({
    name: "the results",
    root,
    nodes: () => [places.body],
    title: () => title,
    rows: () => tableRows(...places.body.querySelectorAll("table")),
  });
  root.append(
    el(
      "div",
      { class: "results" },
      el("div", { class: "title-line" }, el("h2", { text: title }), menu),
      places.intro,
      places.body,
      places.read,
      places.published,
    ),
    places.summary,
  );

  return {
    update(data) {
      const { rows } = data;
      fillTable(root, places.body, data);
      places.intro.textContent = introOf(data);
      places.read.replaceChildren(...worded(data.read));
      fillPublished(places.published, data);
      const done = rows.filter((row) => row.pictures && row.ratio !== null);
      places.summary.textContent = `${done.length} of ${rows.length} ways measured.`;
      root.dataset.done = done.length === rows.length ? data.demo : "";
    },
  };
});

/** Words with **bold** parts. */
const worded = (text) => text.split("**").map((part, i) => (i % 2 ? el("strong", { text: part }) : part));

/** The table anew; the focus stays on the button of its name. */
function fillTable(root, body, data) {
  const tops = topsOf(data);
  const focus = root.getRootNode().activeElement?.textContent;
  body.replaceChildren(
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...columnsOf(data, tops).map((text) => el("th", { scope: "col", text })))),
      el("tbody", {}, ...data.rows.map((row) => lineOf(row, data, tops))),
    ),
  );
  if (focus) [...body.querySelectorAll("button")].find((button) => button.textContent === focus)?.focus();
}

function introOf({ own, picture, itself }) {
  const time = `Time: the fastest of a few runs over the fastest of the model as it is, in turns, on “${picture}”.`;
  const again = itself === null ? "" : ` The model beside itself took ×${itself.toPrecision(3)} here,`;
  const noise = again && `${again} so read the other times no more exactly than that.`;
  return `Beside ${own}. ${time}${noise} Peak memory: the most bytes of tensors alive at once in a pass.`;
}

function fillPublished(published, data) {
  const figure = ([text, note]) => (note ? el("span", { class: "figure", title: note, tabindex: 0, text }) : text);
  published.replaceChildren(
    el("h3", { text: "Published" }),
    ...(data.more ? [el("p", {}, ...worded(data.more))] : []),
    el(
      "ul",
      {},
      ...data.published.map((item) =>
        el("li", {}, ...item.parts.map(figure), " ", el("span", { class: "small muted", text: `(${item.sources.join("; ")})` })),
      ),
    ),
  );
}
