// What is commonly stated beside what is so: filtered by topic, verdict and words.
import { el } from "../kit/dom.js";
import { sourced } from "./tips.js";

export const VERDICT_TINTS = {
  right: "#009e73",
  imprecise: "#e69f00",
  wrong: "#d55e00",
  "out of date": "#56b4e9",
};

/** A claim as a row: what is stated, the verdict, what is so and why, where that is from. */
export function claimRow(claim) {
  const badge = el("span", { class: "badge", style: `--tint:${VERDICT_TINTS[claim.verdict]}`, text: claim.verdict });
  return el(
    "li",
    { class: "claim", "data-claim": claim.id },
    el("div", { class: "stated" }, el("span", { class: "small muted", text: "commonly stated" }), el("p", { text: claim.stated })),
    el("div", {}, badge),
    el(
      "div",
      { class: "fact" },
      el("span", { class: "small muted", text: "in fact" }),
      el("p", {}, ...sourced(claim.fact)),
      claim.why.length ? el("p", { class: "small muted" }, ...sourced(claim.why)) : "",
      el("p", { class: "small source", text: claim.sources.join("; ") }),
    ),
  );
}

/** `state()` gives {topic, verdict, words}; `set(changes, quietly)` keeps them. */
export function claimList(claims, state, set) {
  const select = (label, values, name) =>
    el(
      "select",
      { "aria-label": label, onchange: (event) => set({ [name]: event.target.value }) },
      ...["", ...values].map((value) => el("option", { value, text: value || `every ${label.toLowerCase()}` })),
    );
  const topic = select("Topic", [...new Set(claims.map((claim) => claim.topic))], "topic");
  const verdict = select("Verdict", [...new Set(claims.map((claim) => claim.verdict))], "verdict");
  const search = el("input", {
    type: "search",
    placeholder: "filter by word",
    "aria-label": "Filter by word",
    maxlength: 24,
    oninput: () => set({ words: search.value }, true),
    onchange: () => set({ words: search.value }),
  });
  const count = el("span", { class: "small muted", role: "status" });
  const rows = claims.map((claim) => ({ claim, row: claimRow(claim) }));
  const texts = rows.map(({ row }) => row.textContent.toLowerCase());
  const list = el("ul", { class: "claims" }, ...rows.map(({ row }) => row));
  return {
    node: el("div", {}, el("div", { class: "filters" }, topic, verdict, search, count), list),
    show() {
      const wanted = state();
      let kept = 0;
      rows.forEach(({ claim, row }, i) => {
        const fits =
          (!wanted.topic || claim.topic === wanted.topic) &&
          (!wanted.verdict || claim.verdict === wanted.verdict) &&
          texts[i].includes(wanted.words.toLowerCase());
        row.hidden = !fits;
        kept += fits;
      });
      topic.value = wanted.topic;
      verdict.value = wanted.verdict;
      if (search !== search.getRootNode().activeElement) search.value = wanted.words;
      count.textContent = kept ? `${kept} of ${claims.length}` : "Nothing here has that word; try a shorter one.";
    },
  };
}
