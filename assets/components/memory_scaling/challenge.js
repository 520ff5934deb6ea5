// What is commonly stated of size and attention, beside what the setting says.
import { el } from "../kit/dom.js";
import { bytesText, exactText, timesText } from "../kit/numbers/format.js";
import { macParts } from "./math.js";
import { setPlace } from "./state.js";
import { challengeOf } from "./words.js";

export function paintChallenge(view, model, setting) {
  const { ratios, examples, from224 } = challengeOf(model, setting, macParts);
  const stamp = JSON.stringify([ratios, examples, view.place.e]);
  if (stamp === view.told) return;
  view.told = stamp;
  view.challenge.replaceChildren(
    twiceCard(view, model, ratios, from224),
    ...examples.map((example) => exampleCard(view, model, setting.element, example)),
    challengeCard(
      "“Attention memory is O(N²)”",
      el(
        "p",
        { class: "small" },
        el("b", { text: "In fact: " }),
        "the work is n²D. The memory is n² only where the matrix is stored; a fused kernel keeps a number a row, O(n) " +
          "(Rabe and Staats 2021; FlashAttention, Dao et al. 2022). Switch “Attention matrices” and see the orange part go.",
      ),
    ),
  );
}

const challengeCard = (heading, ...children) => el("section", { class: "card" }, el("h3", { text: heading }), ...children);

function twiceCard(view, model, ratios, from224) {
  return challengeCard(
    `Twice the side: ${view.place.r} → ${2 * view.place.r} px`,
    el(
      "div",
      { class: "ratios" },
      ...[
        ["patches", ratios.patches],
        ["attention", ratios.core],
        ["linear layers", ratios.linear],
        ["whole forward", ratios.total],
      ].map(([name, ratio]) =>
        el("div", {}, el("strong", { text: timesText(ratio), title: String(ratio) }), el("span", { class: "small muted", text: name })),
      ),
    ),
    el(
      "p",
      { class: "small" },
      el("b", { text: "Commonly stated: " }),
      "“twice the size, 4× more attention.” ",
      el("b", { text: "In fact: " }),
      "four times the tokens, so 16 times the pairs. ×4 is right for twice the area, and for the linear layers. " +
        "The whole forward lies between",
      from224 ? `; from 224 to 448 px ${model.name} takes ${timesText(from224)}.` : ".",
    ),
  );
}

function exampleCard(view, model, element, { side, patches, perHead, layer, withPrefix }) {
  return challengeCard(
    `${side} px with patches of 16`,
    el("p", {}, el("strong", { text: `${exactText(patches)}² = ${exactText(perHead)}` }), " weights a head"),
    el(
      "p",
      { class: "small" },
      `${model.heads} heads: ${exactText(layer)} a layer and picture; ` +
        `with the tokens in front of the patches ${exactText(withPrefix)}, ${bytesText(withPrefix * element)} at ${element} bytes each. ` +
        "They are probabilities, made anew for every picture, and not parameters.",
    ),
    el("button", { type: "button", text: `Show ${side} / 16`, onclick: () => setPlace(view, { r: side, p: 16 }) }),
  );
}
