// The answer with its reasons and figures, the rules of thumb that mislead here, and the changes that would change it.
import { el } from "../kit/dom.js";
import { bytesText, countText, exactText, timesText } from "../kit/numbers/format.js";
import { claimRow } from "../performance/claims.js";
import { sourced } from "../performance/tips.js";

export function paintAnswer(view, { choice, reasons, alternatives }) {
  const { header, guide, places } = view;
  const rule = (one) => el("li", { "data-rule": one.id }, one.text, evidenceOf(header, one));
  places.answer.replaceChildren(
    el(
      "div",
      { class: "headline", style: `--tint:${guide.tint(choice)}` },
      el("span", { class: "small muted", text: "Suggested" }),
      el("h2", { text: guide.title(choice) }),
      el("p", { text: header.approaches[choice.approach][1] }),
      el("p", { class: "model" }, el("strong", { text: choice.model }), `, ${header.attention[choice.attention]}`),
      el("p", { class: "small" }, ...figuresOf(view, choice)),
    ),
    el("h3", { text: "Why" }),
    el("ul", { class: "rules" }, ...reasons.map(rule)),
    alternatives.length ? el("h3", { text: "What else you could do" }) : "",
    el("ul", { class: "rules" }, ...alternatives.map(rule)),
  );
}

/** What the choice costs, counted from its configuration: a figure says how on hover. */
function figuresOf({ header, guide }, choice) {
  const size = String(header.fields.find((field) => field.name === "size").options[guide.place[3]][0]);
  const cost = header.costs[choice.model][size];
  const windowed = choice.attention === "windowed";
  const [global, windows] = [cost.rest + cost.attention_global, cost.rest + cost.attention_windowed];
  const macs = windowed ? windows : global;
  const saving = windowed && windows < global ? `, ${timesText(global / windows)} less than with every patch seeing every other` : "";
  const [parameters, tokens] = [exactText(cost.parameters), exactText(cost.tokens)];
  const figure = (text, note) => el("span", { class: "figure computed", tabindex: 0, "data-note": note, text });
  return [
    figure(countText(cost.parameters), `${parameters} parameters, counted from the configuration`),
    " parameters · ",
    figure(bytesText(cost.weight_bytes), `2 bytes × ${parameters}`),
    " of fp16 weights · ",
    figure(countText(macs), `${exactText(macs)} multiply-accumulates for one picture of ${cost.side} px, ${tokens} tokens${saving}`),
    ` MACs a picture at ${cost.side} px · `,
    figure(
      bytesText(cost.activation_bytes),
      `activations at the fullest moment of one picture in fp16, with fused attention over all ${tokens} tokens`,
    ),
    " of activations",
  ];
}

function evidenceOf(header, rule) {
  return el(
    "ul",
    { class: "evidence small" },
    ...rule.evidence.map((name) =>
      el(
        "li",
        { "data-evidence": name },
        ...sourced(header.evidence[name].text),
        " ",
        el("span", { class: "muted source", text: header.evidence[name].sources.join("; ") }),
      ),
    ),
  );
}

export function paintTraps({ header, places }, traps) {
  const claimOf = (name) => header.claims.find((claim) => claim.id === name);
  const claims = [...new Map(traps.flatMap((rule) => rule.evidence.map((name) => [name, claimOf(name)]))).values()];
  places.traps.replaceChildren(
    el("h2", { text: "Rules of thumb that would mislead you here" }),
    claims.length ? el("ul", { class: "claims" }, ...claims.map(claimRow)) : el("p", { class: "muted", text: "None of the common ones." }),
  );
}

export function paintChanges({ header, guide, places }, changes) {
  const button = (change) =>
    el(
      "button",
      {
        type: "button",
        style: `--tint:${guide.tint(change.choice)}`,
        "data-field": change.field,
        "data-value": change.value,
        onclick: () => guide.go(change.place),
      },
      el("span", { text: `${change.words}:` }),
      el("strong", { text: `${guide.title(change.choice)} · ${change.choice.model}` }),
      change.choice.attention === "windowed" ? el("span", { class: "muted", text: header.attention.windowed }) : "",
    );
  places.change.replaceChildren(
    el("h2", { text: "What would change it" }),
    el("p", { class: "small muted", text: "Each is the same function with one answer changed. Press one to go there." }),
    el("ul", { class: "changes" }, ...changes.map((change) => el("li", {}, button(change)))),
  );
}
