// Prints numbers of the attention explorer and of the rollout map as the page would: from the bytes that it is sent, by its own modules.
// Arguments: the explorer's payload, the rollout's, and a file with {weights: [[layer, head, query, key]], sums: [[layer, head, query]],
// rollout: [[token, other]]}. Output: {weights, sums, rollout} as texts.
import console from "node:console";
import { readFileSync } from "node:fs";
import process from "node:process";
import { AllHeads } from "../../assets/components/attention/math.js";
import { four } from "../../assets/components/kit/numbers/format.js";
import { unpack } from "../../assets/components/kit/payload.js";

const [explorer, rollout] = process.argv.slice(2, 4).map((file) => unpack(new Uint8Array(readFileSync(file))));
const asked = JSON.parse(readFileSync(process.argv[4], "utf8"));
const { header, arrays } = explorer;
const heads = new AllHeads(header, arrays.q, arrays.k, arrays.lse);
const row = new Float32Array(heads.tokens);

const weightOf = ([layer, head, query, key]) => {
  heads.row(layer, head, query, row);
  return four(row[key]);
};
const sumOf = ([layer, head, query]) => four(Math.exp(heads.steps(layer, head, query, 0).logSum));
const drawnOf = ([token, other]) => four(rollout.arrays.maps[token * heads.tokens + other]);

const found = {
  weights: asked.weights.map(weightOf),
  steps: asked.weights.map((place) => four(heads.steps(...place).weight)),
  sums: asked.sums.map(sumOf),
  rollout: asked.rollout.map(drawnOf),
};
console.log(JSON.stringify(found));
