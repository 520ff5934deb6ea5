// The closed forms of vit_core.cost.shapes, states, memory and cost, for what follows a drag. A test holds them to those, to the last
// integer. A model is the facts of `ui.kit.config_facts.config_facts`; sums above 2^53 are rounded to 53 bits.

const STATE = 4; // bytes of float32: optimizers, master weights, LayerNorm statistics, log-sum-exps

const product = (shape) => shape.reduce((a, b) => a * b, 1);
const sum = (values) => values.reduce((a, b) => a + b, 0);

/** Patches along a side, patches, and tokens of a square picture. */
export function sequenceOf(model, size, patch) {
  const grid = Math.floor(size / patch);
  const prefix = (model.classToken ? 1 : 0) + (model.distillToken ? 1 : 0) + model.registers;
  return { grid, patches: grid * grid, prefix, tokens: grid * grid + prefix };
}

/** Every learned tensor: name, shape, and how many there are of it. */
export function parameterShapes(model) {
  const { dim, hidden, classes, depth } = model;
  const found = [];
  const add = (times, name, ...shape) => times && found.push([name, shape, +times]);
  const linear = (times, name, bias, wide, narrow) => (add(times, `${name}.weight`, wide, narrow), add(times * bias, `${name}.bias`, wide));
  add(model.classToken, "cls_token", 1, 1, dim);
  add(model.distillToken, "dist_token", 1, 1, dim);
  add(model.registers > 0, "reg_token", 1, model.registers, dim);
  add(model.maskToken, "mask_token", 1, dim);
  add(1, "pos_embed", 1, model.posPrefix + model.posGrid[0] * model.posGrid[1], dim);
  add(1, "patch_embed.proj.weight", dim, model.channels, model.kernel, model.kernel);
  add(model.patchBias, "patch_embed.proj.bias", dim);
  for (const [norm, times] of [
    ["norm_pre", model.preNorm],
    ["blocks.norm1", depth],
    ["blocks.norm2", depth],
    ["norm", 1],
  ]) {
    add(times, `${norm}.weight`, dim);
    add(times, `${norm}.bias`, dim);
  }
  linear(depth, "blocks.attn.qkv", model.qkvBias, 3 * dim, dim);
  linear(depth, "blocks.attn.proj", true, dim, dim);
  linear(depth, model.gated ? "blocks.mlp.w12" : "blocks.mlp.fc1", true, (model.gated ? 2 : 1) * hidden, dim);
  linear(depth, model.gated ? "blocks.mlp.w3" : "blocks.mlp.fc2", true, dim, hidden);
  for (const scale of ["ls1", "ls2"]) add(depth * model.layerScale, `blocks.${scale}.gamma`, dim);
  linear(+(model.projection > 0), "head_projection", false, model.projection, dim);
  linear(+(classes > 0), "head", model.headBias, classes, model.projection || (model.readHeads === "wide" ? 2 * dim : dim));
  linear(+(classes > 0 && model.readHeads === "two"), "head_dist", true, classes, dim);
  return found;
}

/** Learned numbers of each kind; they add up to the model's. */
export function parameterParts(model) {
  const kinds = [
    ["patch_embed", "patch"],
    ["pos_embed", "positions"],
    ["attn", "attention"],
    ["mlp", "mlp"],
    ["head", "head"],
    ["token", "tokens"],
  ];
  const parts = { patch: 0, tokens: 0, positions: 0, attention: 0, mlp: 0, norms: 0, head: 0 };
  for (const [name, shape, times] of parameterShapes(model)) {
    const [, kind] = kinds.find(([text]) => name.includes(text)) ?? [null, "norms"];
    parts[kind] += times * product(shape);
  }
  return parts;
}

export const countParameters = (model) => sum(parameterShapes(model).map(([, shape, times]) => times * product(shape)));

/** Multiply-accumulates of a forward pass with one picture. */
export function macParts(model, size, patch) {
  const { patches, tokens: n } = sequenceOf(model, size, patch);
  const { dim, hidden, depth, channels, kernel, projection = 0 } = model;
  return {
    resize: patch === kernel ? 0 : dim * channels * kernel * kernel * patch * patch,
    patch: patches * dim * channels * patch * patch,
    qkv: depth * 3 * n * dim * dim,
    core: depth * 2 * n * n * dim,
    projection: depth * n * dim * dim,
    mlp: depth * (model.gated ? 3 : 2) * n * dim * hidden,
    head: projection * dim + model.classes * (projection || dim * model.readVectors),
  };
}

export const countMacs = (model, size, patch) => sum(Object.values(macParts(model, size, patch)));

/** The fewest tokens at which scores and weighted values cost at least as much as the rest of a layer. */
export const tokensWhereHalf = (model) => Math.ceil((4 * model.dim + (model.gated ? 3 : 2) * model.hidden) / 2);

export function optimizerStates(model, optimizer) {
  const each = { sgd: 0, momentum: 1, adam: 2 }[optimizer];
  if (each !== undefined) return STATE * each * countParameters(model);
  const factored = (shape, all) => STATE * (shape.length < 2 ? all : all / shape.at(-1) + all / shape.at(-2));
  const quantised = (shape, all) => (all < 4096 ? 2 * STATE * all : 2 * (all + STATE * Math.ceil(all / 256)));
  const one = optimizer === "adafactor" ? factored : quantised;
  return sum(parameterShapes(model).map(([, shape, times]) => times * one(shape, product(shape))));
}

export function int8Weights(model, element) {
  return sum(
    parameterShapes(model).map(([name, shape, times]) => {
      const matrix = shape.length === 2 && (name.startsWith("blocks.") || name.startsWith("head"));
      return times * (matrix ? product(shape) + element * shape[0] : element * product(shape));
    }),
  );
}

/** Bytes of the tensors that the memory formulas add up. */
export function shapesOf(model, { size, patch, batch, element }) {
  const { grid, patches, tokens } = sequenceOf(model, size, patch);
  const numbers = batch * element;
  const atHome = grid === model.posGrid[0] && grid === model.posGrid[1];
  const resizes = patch !== model.kernel;
  const pixels = numbers * patches * patch * patch * model.channels;
  return {
    model,
    batch,
    element,
    grid,
    patches,
    tokens,
    resizes,
    pixels,
    stream: numbers * tokens * model.dim,
    hidden: numbers * tokens * model.hidden,
    matrix: numbers * model.heads * tokens * tokens,
    perToken: Math.max(STATE, element) * batch * tokens,
    cutPatches: model.channels === 1 && grid === 1 ? 0 : pixels,
    embeddings: numbers * patches * model.dim,
    newPositions: atHome ? 0 : element * (model.posPrefix + patches) * model.dim,
    kernel: element * model.dim * model.channels * patch * patch,
    resizeMatrix: element * model.kernel * model.kernel * patch * patch,
    pooled: numbers * model.dim * model.readVectors,
    logits: numbers * (model.classes || (model.readHeads === "two" ? model.dim : 0)),
    hiddenTensors: model.gated ? 4 : model.act === "quick_gelu" ? 3 : 2,
    copiesHeads: batch > 1 && model.heads > 1,
  };
}

const kept = (s, layers) => s.embeddings + s.newPositions + (1 + 6 * layers) * s.stream;

/** The moments of a forward pass that can be its peak: what it is, bytes alive, attention matrices among them. */
export function peakMoments(s, attention, keepTrace) {
  const { model } = s;
  const [before, after] = keepTrace ? [kept(s, model.depth - 1), kept(s, model.depth)] : [s.stream, s.stream];
  const cast = s.resizes && s.element !== STATE ? s.resizeMatrix : 0;
  const resized = s.resizes ? s.kernel : 0;
  const flat = model.channels > 1 ? s.kernel : 0;
  const embedding = s.cutPatches + Math.max(cast + resized, resized + flat, (flat || resized) + s.embeddings);
  const mlp = Math.max(6 * s.stream + s.hiddenTensors * s.hidden, 8 * s.stream + s.hidden);
  const apart = model.readHeads === "two" && model.classes ? 2 * s.logits : 0;
  const found = [
    ["patch embedding", embedding, 0],
    ["the classifier", after + s.pooled + s.logits + apart, 0],
  ];
  if (s.element !== STATE && s.newPositions) {
    found.push(["positions", s.embeddings + STATE * model.dim * (model.posGrid[0] * model.posGrid[1] + s.patches), 0]);
  }
  if (attention === "fused") return [...found, ["the last layer’s MLP", before + mlp, 0]];
  return [
    ...found,
    ["the last layer’s MLP", before + mlp + s.matrix, s.matrix],
    ["the last layer’s softmax", before + 3 * s.stream + 2 * s.matrix, 2 * s.matrix],
  ];
}

export function peakOf(s, attention, keepTrace) {
  return peakMoments(s, attention, keepTrace).reduce((best, one) =>
    one[1] > best[1] || (one[1] === best[1] && one[2] > best[2]) ? one : best,
  );
}

/** What autograd saves for one layer, without attention matrices, and the matrices. */
export function savedByBlock(s, attention) {
  const { model } = s;
  const explicit = attention !== "fused";
  const inAttention = explicit ? (s.copiesHeads ? 4 : 5) * s.stream : 4 * s.stream + model.heads * s.perToken;
  const rest = 4 * s.stream + 4 * s.perToken + inAttention + s.hiddenTensors * s.hidden + (model.layerScale ? 2 * s.stream : 0);
  return { rest, matrix: explicit ? s.matrix : 0 };
}

/** What autograd saves before and after the blocks. */
export function savedByEnds(s) {
  const { model } = s;
  const statistic = 2 * Math.max(STATE, s.element) * s.batch;
  const front = s.cutPatches + (s.resizes ? s.resizeMatrix : 0) + (model.preNorm ? s.stream + 2 * s.perToken : 0);
  const back = model.classes ? s.pooled : 0;
  if (model.readsPatches && model.normAfterPool) return front + back + s.pooled + statistic;
  return front + back + s.stream + statistic * (model.readsPatches ? s.tokens : model.readVectors);
}

/** What depends on size and batch: input, activations, attention matrices. */
export function workOf(model, setting) {
  const s = shapesOf(model, setting);
  if (setting.mode === "inference") {
    const [, peak, matrices] = peakOf(s, setting.attention, setting.keepTrace);
    return { inputs: s.pixels, activations: peak - matrices, matrices };
  }
  const layer = savedByBlock(s, setting.attention);
  const activations = savedByEnds(s) + (setting.checkpointing ? (model.depth - 1) * s.stream + layer.rest : model.depth * layer.rest);
  return { inputs: s.pixels, activations, matrices: layer.matrix * (setting.checkpointing ? 1 : model.depth) };
}

/** What depends on neither: weights, gradients, optimizer. */
export function statesOf(model, { mode, element, optimizer, int8 }) {
  const parameters = countParameters(model);
  if (mode === "inference") return { weights: int8 ? int8Weights(model, element) : parameters * element, gradients: 0, optimizer: 0 };
  return {
    weights: parameters * element,
    gradients: parameters * element,
    optimizer: optimizerStates(model, optimizer) + (element < STATE ? STATE * parameters : 0),
  };
}

/** Bytes held at once. `setting`: size, patch, batch, element, mode, attention, optimizer, checkpointing, int8, keepTrace. */
export function memoryOf(model, setting, states = statesOf(model, setting)) {
  const parts = { ...states, ...workOf(model, setting) };
  return { ...parts, total: sum(Object.values(parts)) };
}

/** The total as a function of (size, batch). */
export function totals(model, setting) {
  const states = statesOf(model, setting);
  return (size, batch) => memoryOf(model, { ...setting, size, batch }, states).total;
}

/** The most images that fit in `bytes`; 0 if not even one does. */
export function largestBatch(model, bytes, setting) {
  const total = totals(model, setting);
  let [low, high] = [0, 1];
  while (high < 2 ** 24 && total(setting.size, high) <= bytes) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    [low, high] = total(setting.size, middle) <= bytes ? [middle, high] : [low, middle];
  }
  return low;
}

/** The largest square picture, in pixels a side, that fits in `bytes`; 0 if none does. */
export function largestSize(model, bytes, setting, longest = 8192) {
  const total = totals(model, setting);
  let [low, high] = [0, Math.floor(longest / setting.patch) + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    [low, high] = total(setting.patch * middle, setting.batch) <= bytes ? [middle, high] : [low, middle];
  }
  return low * setting.patch;
}
