import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { bytesText, countText, exactText, timesText } from "../kit/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { claimRow } from "../performance/claims.js";
import { sourced, sourceTips } from "../performance/tips.js";
import { answerMap } from "./map.js";

const NOTHING = 255;

// The guide: six answers of the person, and what `published.guide.suggest` says to each of their combinations, looked up at once.
export default mounts((root) => {
  let header = null;
  let arrays = null;
  let drawn = "";
  let questions, maps;

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
  const tips = sourceTips(root);

  const guide = {
    place: [],
    get fields() {
      return header.fields;
    },
    answer(place) {
      const at = place.reduce((sum, option, i) => sum * header.fields[i].options.length + option, 0);
      const width = arrays.rules.length / arrays.picks.length;
      const rules = [...arrays.rules.subarray(at * width, (at + 1) * width)]
        .filter((number) => number !== NOTHING)
        .map((number) => header.rulebook[number]);
      const of = (role) => rules.filter((rule) => rule.role === role);
      return { choice: header.choices[arrays.picks[at]], reasons: of("reason"), alternatives: of("alternative"), traps: of("trap") };
    },
    /** The single changes of an input that change the choice, as `published.guide.sensitivity`. */
    changes() {
      const now = guide.answer(guide.place).choice;
      return header.fields
        .flatMap((field, i) =>
          field.options.map(([value, words], option) => {
            const place = guide.place.map((old, k) => (k === i ? option : old));
            return { field: field.name, value, place, words: field.if.replace("{}", words), choice: guide.answer(place).choice };
          }),
        )
        .filter((change) => change.choice !== now);
    },
    title: (choice) => header.approaches[choice.approach][0],
    tint: (choice) => header.approaches[choice.approach][2],
    go: (place) => set(place),
  };

  const readPlace = () => fromView("choosing", "g");

  function set(place) {
    store.commit({ view: withView("choosing", { g: place }) });
  }

  const draw = everyFrame(() => {
    if (!header || String(guide.place) === drawn) return;
    const start = performance.now();
    drawn = String(guide.place);
    questions.forEach((question, i) => question.show(String(guide.place[i])));
    const found = guide.answer(guide.place);
    paintAnswer(found);
    paintTraps(found.traps);
    paintChanges(guide.changes());
    for (const map of maps) map.show();
    root.dataset.summary =
      summary.textContent = `${guide.title(found.choice)}: ${found.choice.model}, ${header.attention[found.choice.attention]}.`;
    globalThis.__vitTimes?.push(performance.now() - start);
  });

  function evidence(rule) {
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

  function paintAnswer({ choice, reasons, alternatives }) {
    const size = String(header.fields.find((field) => field.name === "size").options[guide.place[3]][0]);
    const cost = header.costs[choice.model][size];
    const windowed = choice.attention === "windowed";
    const [global, windows] = [cost.rest + cost.attention_global, cost.rest + cost.attention_windowed];
    const macs = windowed ? windows : global;
    const saving = windowed && windows < global ? `, ${timesText(global / windows)} less than with every patch seeing every other` : "";
    const figure = (text, note) => el("span", { class: "figure computed", tabindex: 0, "data-note": note, text });
    places.answer.replaceChildren(
      el(
        "div",
        { class: "headline", style: `--tint:${guide.tint(choice)}` },
        el("span", { class: "small muted", text: "Suggested" }),
        el("h2", { text: guide.title(choice) }),
        el("p", { text: header.approaches[choice.approach][1] }),
        el("p", { class: "model" }, el("strong", { text: choice.model }), `, ${header.attention[choice.attention]}`),
        el(
          "p",
          { class: "small" },
          figure(countText(cost.parameters), `${exactText(cost.parameters)} parameters, counted from the configuration`),
          " parameters · ",
          figure(bytesText(cost.weight_bytes), `2 bytes × ${exactText(cost.parameters)}`),
          " of fp16 weights · ",
          figure(
            countText(macs),
            `${exactText(macs)} multiply-accumulates for one picture of ${cost.side} px, ${exactText(cost.tokens)} tokens${saving}`,
          ),
          ` MACs a picture at ${cost.side} px · `,
          figure(
            bytesText(cost.activation_bytes),
            `activations at the fullest moment of one picture in fp16, with fused attention over all ${exactText(cost.tokens)} tokens`,
          ),
          " of activations",
        ),
      ),
      el("h3", { text: "Why" }),
      el("ul", { class: "rules" }, ...reasons.map((rule) => el("li", { "data-rule": rule.id }, rule.text, evidence(rule)))),
      alternatives.length ? el("h3", { text: "What else you could do" }) : "",
      el("ul", { class: "rules" }, ...alternatives.map((rule) => el("li", { "data-rule": rule.id }, rule.text, evidence(rule)))),
    );
  }

  function paintTraps(traps) {
    const claims = [
      ...new Map(traps.flatMap((rule) => rule.evidence.map((name) => [name, header.claims.find((claim) => claim.id === name)]))).values(),
    ];
    places.traps.replaceChildren(
      el("h2", { text: "Rules of thumb that would mislead you here" }),
      claims.length
        ? el("ul", { class: "claims" }, ...claims.map(claimRow))
        : el("p", { class: "muted", text: "None of the common ones." }),
    );
  }

  function paintChanges(changes) {
    places.change.replaceChildren(
      el("h2", { text: "What would change it" }),
      el("p", { class: "small muted", text: "Each is the same function with one answer changed. Press one to go there." }),
      el(
        "ul",
        { class: "changes" },
        ...changes.map((change) =>
          el(
            "li",
            {},
            el(
              "button",
              {
                type: "button",
                style: `--tint:${guide.tint(change.choice)}`,
                "data-field": change.field,
                "data-value": change.value,
                onclick: () => set(change.place),
              },
              el("span", { text: `${change.words}:` }),
              el("strong", { text: `${guide.title(change.choice)} · ${change.choice.model}` }),
              change.choice.attention === "windowed" ? el("span", { class: "muted", text: header.attention.windowed }) : "",
            ),
          ),
        ),
      ),
    );
  }

  function build() {
    questions = header.fields.map((field, i) =>
      choiceOf(field.label, Object.fromEntries(field.options.map(([, words], option) => [option, words])), (option) =>
        set(guide.place.map((old, k) => (k === i ? +option : old))),
      ),
    );
    places.questions.replaceChildren(
      ...header.fields.map((field, i) =>
        el("div", { class: "question" }, el("span", { class: "label", text: field.label }), questions[i].node),
      ),
    );
    maps = [
      answerMap(guide, "images", "weights", (choice) => guide.title(choice)),
      answerMap(guide, "device", "speed", (choice) => choice.model),
    ];
    places.maps.replaceChildren(el("h3", { text: "The answers around yours" }), ...maps.map((map) => map.node));
    root.guide = guide;
  }

  const unsubscribe = store.subscribe(() => {
    if (!header) return;
    guide.place = readPlace();
    draw();
  });

  return {
    update(bytes) {
      const next = unpack(bytes);
      if (header?.id !== next.header.id) {
        ({ header, arrays } = next);
        guide.place = readPlace();
        build();
        drawn = "";
        root.dataset.ready = header.id;
      }
      draw();
    },
    destroy() {
      tips.hide();
      unsubscribe();
    },
  };
});
