// Maps of the guide's answers: two inputs as rows and columns, the others as they are set; a press goes there.
import { el } from "../kit/dom.js";
import { figureMenu } from "../kit/take/take.js";

const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

/**
 * `guide` answers: fields, place, `answer(place)`, `title(choice)`, `tint(choice)`; `go(place)` moves there.
 * `tell(choice)` is what a cell says.
 */
export function answerMap(guide, down, across, tell) {
  const [rows, columns] = [down, across].map((name) => guide.fields.find((field) => field.name === name));
  const [r, c] = [down, across].map((name) => guide.fields.findIndex((field) => field.name === name));
  const cells = rows.options.map((row, i) =>
    columns.options.map((column, j) => {
      const cell = el("button", { type: "button", class: "cell", tabindex: -1, onclick: () => guide.go(with2(i, j)) });
      cell.addEventListener("keydown", (event) => {
        const [di, dj] = STEPS[event.key] ?? [];
        const next = cells[i + di]?.[j + dj];
        if (!next) return;
        event.preventDefault();
        next.focus();
      });
      return cell;
    }),
  );
  const with2 = (i, j) => guide.place.map((now, k) => (k === r ? i : k === c ? j : now));
  const names = columns.options.map(([, words]) => el("th", { scope: "col", text: words }));
  const head = el("tr", {}, el("td", { class: "corner small muted", text: "" }), ...names);
  const body = cells.map((line, i) =>
    el("tr", {}, el("th", { scope: "row", text: rows.options[i][1] }), ...line.map((cell) => el("td", {}, cell))),
  );
  const caption = el("caption", { class: "small muted", text: `${rows.label} (down), ${columns.label.toLowerCase()} (across)` });
  const answers = () =>
    rows.options.flatMap(([, row], i) =>
      columns.options.map(([, column], j) => {
        const { choice } = guide.answer(with2(i, j));
        return [row, column, guide.title(choice), choice.model];
      }),
    );
  const table = el("table", { class: "map" }, caption, el("thead", {}, head), el("tbody", {}, ...body));
  const menu = figureMenu({
    name: "this map",
    root: table,
    nodes: () => [table],
    title: () => "The answers around yours",
    file: () => `choosing-${down}-${across}`,
    rows: () => [[rows.label, columns.label, "approach", "model"], ...answers()],
  });
  return {
    node: el("div", {}, el("div", { class: "wide" }, table), el("div", { class: "taken" }, menu)),
    show() {
      cells.forEach((line, i) =>
        line.forEach((cell, j) => {
          const choice = guide.answer(with2(i, j)).choice;
          const here = guide.place[r] === i && guide.place[c] === j;
          cell.textContent = tell(choice);
          cell.style.setProperty("--tint", guide.tint(choice));
          cell.setAttribute("aria-current", here);
          cell.tabIndex = here ? 0 : -1;
          cell.setAttribute("aria-label", `${rows.options[i][1]}, ${columns.options[j][1]}: ${guide.title(choice)}, ${choice.model}`);
        }),
      );
    },
  };
}
