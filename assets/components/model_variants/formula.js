// The formula of one part of a model, with the model's numbers put in.
import { el } from "../kit/dom.js";
import { exactText, percentText } from "../kit/numbers/format.js";
import { parameterParts } from "../memory_scaling/math.js";
import { PART_WORDS } from "./charts.js";

export function paintFormula(view, picks) {
  const row = picks[0] ?? view.rows.find((one) => one.name === "ViT-B/16");
  const parts = parameterParts(row.facts);
  const g = exactText;
  const [formula, numbers, sentence] = formulasOf(row, parts)[view.opened];
  view.places.formula.replaceChildren(
    el("h3", { text: `${PART_WORDS[view.opened]} of ${row.name}` }),
    el("p", { class: "equation" }, `${formula} = ${numbers} = `, el("strong", { text: g(parts[view.opened]) })),
    el("p", { class: "small", text: `${percentText(parts[view.opened] / row.count)} of the model. ${sentence}` }),
    el(
      "p",
      { class: "small" },
      el("b", { text: "Residual connections: 0 parameters. " }),
      "They add what a layer makes to what came in, so the gradient of a deep stack always has a path that no layer can shrink.",
    ),
  );
}

/** For every part: its formula, the row's numbers put in, and a sentence. */
function formulasOf(row, parts) {
  const { dim: d, hidden: m, depth, classes, kernel, channels, posPrefix, posGrid, gated, layerScale } = row.facts;
  const g = exactText;
  return {
    patch: [
      "k² · C · D + D",
      `${kernel}² · ${channels} · ${d}${row.facts.patchBias ? ` + ${d}` : ""}`,
      "One matrix for all patches: its size depends on the patch and the width, not on the picture.",
    ],
    tokens: ["D each", `${g(parts.tokens / d)} · ${d}`, "[CLS], the distillation token, registers, the mask token: one learned row each."],
    positions: [
      "(N + prefix) · D",
      `(${posGrid[0]} · ${posGrid[1]} + ${posPrefix}) · ${d}`,
      "A learned row for every place. Other resolutions interpolate this table.",
    ],
    attention: [
      "L · (4D² + 4D)",
      `${depth} · (4 · ${d}² + 4 · ${d})`,
      "Query, key, value, and the matrix that puts the heads together. Commonly stated: 3D². That leaves the last one and the " +
        `biases out: ${g(3 * d * d)} a layer instead of ${g(parts.attention / depth)}, ` +
        `${percentText(1 - (3 * d * d * depth) / parts.attention)} too few. ` +
        "The number of heads changes nothing: they share the same width.",
    ],
    mlp: gated
      ? ["L · (3DM + 2M + D)", `${depth} · (3 · ${d} · ${m} + 2 · ${m} + ${d})`, "SwiGLU has a third matrix, the gate."]
      : [
          "L · (2DM + M + D)",
          `${depth} · (2 · ${d} · ${m} + ${m} + ${d})`,
          "Two matrices and their biases: 8D² + 5D where M = 4D. Usually two thirds of the model.",
        ],
    norms: [
      `(2L + 1) · 2D${layerScale ? " + L · 2D" : ""}`,
      `(2 · ${depth} + 1${row.facts.preNorm ? " + 1" : ""}) · 2 · ${d}${layerScale ? ` + ${depth} · 2 · ${d}` : ""}`,
      "A scale and a shift a channel; layer scales are a factor a channel.",
    ],
    head: [
      "K · D + K",
      classes
        ? `${classes} · ${d}${row.facts.headBias ? ` + ${classes}` : ""}${row.facts.readHeads === "two" ? ", twice" : ""}`
        : "none: published without one",
      "From the pooled features to the classes.",
    ],
  };
}
