import { el } from "../kit/dom.js";
import { bytesText, percent } from "../kit/format.js";
import { mounts } from "../kit/mount.js";
import { store } from "../kit/store.js";
import { commitPlace } from "../practice/place.js";

const WORKS_WITH = { patches: "tokens", sizes: "tokens", attention: "pairs", tokens: "tokens", bits: null };

// The table under the stage: each way's cost in closed form, its time and memory as measured, and how often it agrees. It fills as runs end.
export default mounts((root) => {
  const title = el("h2", { text: "On the gallery’s pictures" });
  const intro = el("p", { class: "small muted" });
  const body = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Results" });
  const read = el("p");
  const published = el("div", { class: "published" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  root.append(el("div", { class: "results" }, title, intro, body, read, published), summary);

  /** Words with **bold** parts. */
  const worded = (text) => text.split("**").map((part, i) => (i % 2 ? el("strong", { text: part }) : part));
  const dash = () => el("td", { class: "muted" }, "…");
  const barred = (text, share, colour, exact) =>
    el(
      "td",
      { title: exact },
      el(
        "div",
        { class: "bar-cell" },
        el("span", { text }),
        el("span", { class: "track" }, el("i", { style: `width:${100 * Math.min(1, share)}%;background:${colour}` })),
      ),
    );

  function agreement(row) {
    if (!row.pictures) return dash();
    const known = row.pictures[0][1] !== null;
    const same = row.pictures.filter((picture) => picture[1]).length;
    const dots = row.pictures.map(([name, agrees, cosine, own, other]) =>
      el("i", {
        class: known ? (agrees ? "dot same" : "dot") : "dot plain",
        title: known ? `${name}: ${agrees ? own : `${own} → ${other}`}` : `${name}: cosine ${cosine.toFixed(4)}`,
      }),
    );
    return el(
      "td",
      {},
      el(
        "div",
        { class: "agree" },
        known ? el("strong", { text: `${same} / ${row.pictures.length}` }) : el("span", { class: "muted", text: "no classes" }),
        el("span", { class: "dots" }, ...dots),
      ),
    );
  }

  function line(row, data, tops) {
    const sizes = data.demo === "patches" || data.demo === "sizes";
    const go = sizes ? () => store.commit({ image_size: row.sizes[0], patch_size: row.sizes[1] }) : () => commitPlace(row.place);
    const clickable = !row.now && (sizes || Object.keys(row.place).length > 0);
    const name = clickable
      ? el("button", { type: "button", text: row.name, title: "Set the picture above to this", onclick: go })
      : el("span", { text: row.name });
    const cells = [el("th", { scope: "row" }, name)];
    if (WORKS_WITH[data.demo]) cells.push(el("td", { text: row.counts }));
    if (data.demo === "bits")
      cells.push(row.disk === null ? dash() : barred(bytesText(row.disk), row.disk / tops.disk, "#009e73", `${row.disk} bytes`));
    else cells.push(barred(`×${row.share.toPrecision(3)}`, row.macs / tops.macs, "#0072b2", `${row.macs} multiply-accumulates`));
    cells.push(row.ratio === null ? dash() : barred(`×${row.ratio.toPrecision(3)}`, row.ratio / tops.ratio, "#d55e00", `${row.ratio}`));
    cells.push(row.peak === null ? dash() : el("td", { text: bytesText(row.peak), title: `${row.peak} bytes` }));
    cells.push(agreement(row));
    cells.push(row.cosine === undefined ? dash() : el("td", { text: row.cosine.toFixed(4), title: `${row.cosine}` }));
    if (data.demo === "bits")
      cells.push(row.difference === undefined ? dash() : el("td", { text: row.difference.toPrecision(3), title: `${row.difference}` }));
    if (tops.accuracy) {
      const a = row.accuracy;
      cells.push(
        a
          ? el("td", {
              text: percent(a.top1),
              title: `${a.pictures} validation pictures at ${a.image_size} / ${a.patch_size}, ${a.grid} × ${a.grid} patches`,
            })
          : el("td", { class: "muted", text: "—" }),
      );
    }
    return el("tr", { class: row.now ? "now" : null }, ...cells);
  }

  return {
    update(data) {
      const { rows } = data;
      const most = (key) => Math.max(...rows.map((row) => row[key] ?? 0)) || 1;
      const tops = {
        macs: most("macs"),
        disk: most("disk"),
        ratio: most("ratio"),
        accuracy: (data.demo === "patches" || data.demo === "sizes") && rows.some((row) => row.accuracy),
      };
      const heads = [
        "way",
        WORKS_WITH[data.demo],
        data.demo === "bits" ? "file" : "MACs",
        "time",
        "peak memory",
        "same class",
        "cosine",
        data.demo === "bits" ? "largest logit change" : null,
        tops.accuracy ? "validation top-1" : null,
      ];
      const focus = root.getRootNode().activeElement?.textContent;
      body.replaceChildren(
        el(
          "table",
          {},
          el("thead", {}, el("tr", {}, ...heads.filter(Boolean).map((text) => el("th", { scope: "col", text })))),
          el("tbody", {}, ...rows.map((row) => line(row, data, tops))),
        ),
      );
      if (focus) [...body.querySelectorAll("button")].find((button) => button.textContent === focus)?.focus();
      const noise =
        data.itself === null
          ? ""
          : ` The model beside itself took ×${data.itself.toPrecision(3)} here, so read the other times no more exactly than that.`;
      intro.textContent = `Beside ${data.own}. Time: the fastest of a few runs over the fastest of the model as it is, in turns, on “${data.picture}”.${noise} Peak memory: the most bytes of tensors alive at once in a pass.`;
      read.replaceChildren(...worded(data.read));
      published.replaceChildren(
        el("h3", { text: "Published" }),
        ...(data.more ? [el("p", {}, ...worded(data.more))] : []),
        el(
          "ul",
          {},
          ...data.published.map((item) =>
            el(
              "li",
              {},
              ...item.parts.map(([text, note]) => (note ? el("span", { class: "figure", title: note, tabindex: 0, text }) : text)),
              " ",
              el("span", { class: "small muted", text: `(${item.sources.join("; ")})` }),
            ),
          ),
        ),
      );
      const done = rows.filter((row) => row.pictures && row.ratio !== null);
      summary.textContent = `${done.length} of ${rows.length} ways measured.`;
      root.dataset.done = done.length === rows.length ? data.demo : "";
    },
  };
});
