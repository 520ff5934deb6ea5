// All that follows the setting, drawn anew.
import { showFacts } from "../kit/facts.js";
import { bytesText, countText, exactBytes, exactText, percentText } from "../kit/numbers/format.js";
import { paintChallenge } from "./challenge.js";
import { paintChart } from "./curves.js";
import { countMacs, countParameters, largestBatch, largestSize, macParts, memoryOf, sequenceOf, shapesOf, statesOf } from "./math.js";
import { fitSentence, paintParts } from "./part-rows.js";
import { modelOf, settingOf } from "./place.js";

export function paint(view) {
  const start = performance.now();
  const model = modelOf(view.place, view.models);
  const setting = settingOf(view.place);
  const states = statesOf(model, setting);
  const memory = memoryOf(model, setting, states);
  const device = view.place.d * 1e9;
  const most = { batch: largestBatch(model, device, setting), size: largestSize(model, device, setting) };
  view.controls.show();
  paintParts(view, model, setting, memory, device, most);
  paintChart(view, model, setting, memory, states, device, most);
  paintFacts(view, model, setting, memory);
  paintChallenge(view, model, setting);
  tellSummary(view, model, setting, memory, device, most);
  globalThis.__vitTimes?.push(performance.now() - start);
}

function paintFacts(view, model, setting, memory) {
  const size = view.pointed ?? view.place.r;
  const there = view.pointed ? memoryOf(model, { ...setting, size }) : memory;
  const sequence = sequenceOf(model, size, view.place.p);
  const macs = macParts(model, size, view.place.p);
  const total = countMacs(model, size, view.place.p);
  const block = macs.qkv + macs.core + macs.projection + macs.mlp;
  showFacts(view.facts, [
    ["resolution", `${size} px`],
    ["tokens n", `${sequence.grid}² + ${sequence.prefix} = ${exactText(sequence.tokens)}`],
    ["memory", bytesText(there.total), exactBytes(there.total)],
    [
      "one layer’s matrices",
      bytesText(shapesOf(model, { ...setting, size }).matrix),
      exactBytes(shapesOf(model, { ...setting, size }).matrix),
    ],
  ]);
  showFacts(view.compute, [
    ["parameters", countText(countParameters(model)), exactText(countParameters(model))],
    ["MACs, one picture", countText(total), exactText(total)],
    ["FLOPs = 2 × MACs", countText(2 * total), exactText(2 * total)],
    ["training step, FLOPs", `≈ ${countText(6 * total * view.place.b)}`, `3 × forward × batch ${view.place.b}`],
    ["attention, of a block", percentText(macs.core / block), "scores and weighted values, n / (6D + n) where M = 4D"],
    ["attention, of the model", percentText(macs.core / total)],
  ]);
}

function tellSummary(view, model, setting, memory, device, most) {
  const what = `${model.name}, ${view.place.r} pixels, patches of ${view.place.p}, batch ${view.place.b}, ${setting.mode}`;
  view.tell(`${what}: ${bytesText(memory.total)}. ${fitSentence(view, memory.total, device, most)}`);
}
