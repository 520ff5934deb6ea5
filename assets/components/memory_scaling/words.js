// Every part of the memory as a formula with its numbers put in.
import { int8Weights, parameterShapes, countParameters, optimizerStates, peakOf, savedByEnds, sequenceOf, shapesOf } from "./math.js";
import { bytesText, commas } from "../kit/numbers/format.js";

const STATE_BYTES = 4;

export const PART_NAMES = {
  weights: "weights",
  gradients: "gradients",
  optimizer: "optimizer states",
  inputs: "input pictures",
  activations: "activations",
  matrices: "attention matrices",
};

export const PART_COLOURS = {
  weights: "#0072b2",
  gradients: "#56b4e9",
  optimizer: "#e69f00",
  inputs: "#999999",
  activations: "#009e73",
  matrices: "#d55e00",
};

/** A part of the memory, as terms that add up to it: [what, expression with numbers, bytes]. */
export function termsOf(part, model, setting) {
  const s = shapesOf(model, setting);
  const parameters = countParameters(model);
  const e = setting.element;
  const g = (value) => commas(value);
  if (part === "weights" && setting.int8 && setting.mode === "inference") return int8Terms(model, e);
  if (part === "weights") return [["parameters × bytes", `${g(parameters)} × ${e}`, parameters * e]];
  if (setting.mode === "inference" && (part === "gradients" || part === "optimizer")) return [["none in inference", "0", 0]];
  if (part === "gradients") return [["one for every parameter × bytes", `${g(parameters)} × ${e}`, parameters * e]];
  if (part === "optimizer") return optimizerTerms(model, setting, parameters);
  if (part === "inputs")
    return [["b · C · H · W · e", `${setting.batch} × ${model.channels} × ${setting.size} × ${setting.size} × ${e}`, s.pixels]];
  if (part === "matrices") return matrixTerms(s, setting);
  return setting.mode === "inference" ? peakTerms(s, setting) : savedTerms(s, setting);
}

function int8Terms(model, e) {
  const matrices = parameterShapes(model).filter(([name, shape]) => shape.length === 2 && /^(blocks\.|head)/.test(name));
  const [numbers, rows] = [(shape) => shape[0] * shape[1], (shape) => shape[0]].map((of) =>
    matrices.reduce((all, [, shape, times]) => all + times * of(shape), 0),
  );
  const rest = countParameters(model) - numbers;
  return [
    ["matrices of blocks and classifier, a byte each", `${commas(numbers)} × 1`, numbers],
    ["a scale for each of their outputs", `${commas(rows)} × ${e}`, rows * e],
    ["all else", `${commas(rest)} × ${e}`, int8Weights(model, e) - numbers - rows * e],
  ];
}

function optimizerTerms(model, setting, parameters) {
  const states = optimizerStates(model, setting.optimizer);
  const g = (value) => commas(value);
  const words = {
    sgd: ["SGD keeps nothing", "0"],
    momentum: ["momentum: one float32 a parameter", `${g(parameters)} × 4`],
    adam: ["Adam: two float32 a parameter (mean, mean square)", `${g(parameters)} × 2 × 4`],
    adafactor: ["Adafactor: a float32 for every row and column of a matrix, one for every other number", `4 × ${g(states / 4)}`],
    adam8bit: [
      "8-bit Adam: two bytes a parameter and a float32 scale for every 256; float32 in tensors below 4,096 numbers",
      `${(states / parameters).toFixed(3)} bytes a parameter`,
    ],
  }[setting.optimizer];
  const terms = [[...words, states]];
  if (setting.element < STATE_BYTES)
    terms.push(["weights once more in float32, which the optimizer updates", `${g(parameters)} × 4`, STATE_BYTES * parameters]);
  return terms;
}

function matrixTerms(s, setting) {
  if (setting.attention === "fused") return [["the fused kernel never stores them; one layer’s would be " + bytesText(s.matrix), "0", 0]];
  const one = `${s.batch} × ${s.model.heads} × ${commas(s.tokens)}² × ${s.element}`;
  if (setting.mode === "training") {
    const layers = setting.checkpointing ? 1 : s.model.depth;
    return [
      [
        setting.checkpointing ? "b · a · n² · e, of the layer that is recomputed" : "L · b · a · n² · e",
        setting.checkpointing ? one : `${layers} × ${one}`,
        layers * s.matrix,
      ],
    ];
  }
  const [, , matrices] = peakOf(s, setting.attention, setting.keepTrace);
  const count = matrices / s.matrix;
  return [
    [
      ["b · a · n² · e: none at the peak", "b · a · n² · e, one layer’s", "2 · b · a · n² · e: scores and weights of one layer"][count],
      count ? `${count > 1 ? "2 × " : ""}${one}` : "0",
      matrices,
    ],
  ];
}

function savedTerms(s, setting) {
  const { model } = s;
  const ends = savedByEnds(s);
  const stream = `${s.batch} × ${commas(s.tokens)} × ${model.dim} × ${s.element}`;
  /** @type {any[][]} Which bytes, how they are computed, how many. */
  const layer = [
    ["inputs of both norms, and what they give: 4·nD", `4 × ${stream}`, 4 * s.stream],
    [
      "means and deviations of both norms: 4·n in float32",
      `4 × ${s.batch} × ${commas(s.tokens)} × ${Math.max(4, s.element)}`,
      4 * s.perToken,
    ],
    setting.attention === "fused"
      ? ["q, k, v and the heads’ output: 4·nD", `4 × ${stream}`, 4 * s.stream]
      : [
          s.copiesHeads ? "scaled q, k, v and the heads’ output: 4·nD" : "q, scaled q, k, v and the heads’ output: 5·nD",
          `${s.copiesHeads ? 4 : 5} × ${stream}`,
          (s.copiesHeads ? 4 : 5) * s.stream,
        ],
    ...(setting.attention === "fused"
      ? [
          [
            "log-sum-exp of every row: a·n in float32",
            `${model.heads} × ${s.batch} × ${commas(s.tokens)} × ${Math.max(4, s.element)}`,
            model.heads * s.perToken,
          ],
        ]
      : []),
    [
      `MLP: ${s.hiddenTensors}·nM`,
      `${s.hiddenTensors} × ${s.batch} × ${commas(s.tokens)} × ${model.hidden} × ${s.element}`,
      s.hiddenTensors * s.hidden,
    ],
    ...(model.layerScale ? [["what the layer scales multiply: 2·nD", `2 × ${stream}`, 2 * s.stream]] : []),
  ];
  const outside = [["before and after the blocks: cut patches, last norm, classifier", "", ends]];
  if (setting.checkpointing) {
    return [
      ["inputs of the layers: L − 1 times nD", `${model.depth - 1} × ${stream}`, (model.depth - 1) * s.stream],
      ...layer.map(([what, text, bytes]) => [`the layer that is recomputed: ${what}`, text, bytes]),
      ...outside,
    ];
  }
  return [...layer.map(([what, text, bytes]) => [what, `${model.depth} layers × ${text}`, model.depth * bytes]), ...outside];
}

function peakTerms(s, setting) {
  const [moment, peak, matrices] = peakOf(s, setting.attention, setting.keepTrace);
  const rest = peak - matrices;
  const { model } = s;
  const stream = `${s.batch} × ${commas(s.tokens)} × ${model.dim} × ${s.element}`;
  if (!moment.startsWith("the last layer")) return [[`the peak is in ${moment}: all tensors alive there`, "", rest]];
  const before = setting.keepTrace ? s.embeddings + s.newPositions + (1 + 6 * (model.depth - 1)) * s.stream : s.stream;
  const words = setting.keepTrace
    ? `kept by the trace of the ${model.depth - 1} layers before: 1 + 6·${model.depth - 1} times nD, and the embeddings`
    : "the layer’s input: nD";
  const kept = [
    words,
    setting.keepTrace ? `${6 * model.depth - 5} × ${stream} + ${bytesText(s.embeddings + s.newPositions)}` : stream,
    before,
  ];
  if (moment.endsWith("softmax")) return [kept, [`at ${moment}: q, k, v: 3·nD`, `3 × ${stream}`, 3 * s.stream]];
  const hidden = `${s.batch} × ${commas(s.tokens)} × ${model.hidden} × ${s.element}`;
  const [streams, hiddens] = rest - before === 8 * s.stream + s.hidden ? [8, 1] : [6, s.hiddenTensors];
  return [
    kept,
    [`at ${moment}: ${streams}·nD`, `${streams} × ${stream}`, streams * s.stream],
    [`and ${hiddens}·nM`, `${hiddens} × ${hidden}`, hiddens * s.hidden],
  ];
}

/** The quadratic challenge, with this model's numbers: what the double side does, and the two famous sizes. */
export function challengeOf(model, setting, macsAt) {
  const { size, patch } = setting;
  const at = (side) => ({ ...sequenceOf(model, side, patch), parts: macsAt(model, side, patch) });
  const [one, two] = [at(size), at(2 * size)];
  const linear = ({ parts }) => parts.qkv + parts.projection + parts.mlp;
  const all = ({ parts }) => Object.values(parts).reduce((a, b) => a + b, 0);
  const weights = (side, extra) => (Math.floor(side / 16) ** 2 + extra) ** 2;
  return {
    ratios: {
      patches: two.patches / one.patches,
      tokens: two.tokens / one.tokens,
      core: two.parts.core / one.parts.core,
      linear: linear(two) / linear(one),
      total: all(two) / all(one),
    },
    from224: 224 % patch === 0 ? all(at(448)) / all(at(224)) : null,
    examples: [384, 1024].map((side) => ({
      side,
      patches: Math.floor(side / 16) ** 2,
      perHead: weights(side, 0),
      layer: weights(side, 0) * model.heads,
      withPrefix: weights(side, one.prefix) * model.heads,
    })),
  };
}
