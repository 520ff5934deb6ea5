// The numbers of sight: what the query sees, what one layer's attention costs so, and what the model then says.
import { showFacts } from "../../kit/facts.js";
import { bytesText, countText, grouped, percent } from "../../kit/numbers/format.js";
import { tokenName } from "../../kit/grid.js";
import { ratioText } from "../place.js";
import { pairsIn, seesToken, sightMacs, sightStored } from "./math.js";
import { colsOf, countOf, frontOf, KINDS, queryOf, sizeOf } from "./state.js";

const FP16_BYTES = 2;

export function showNumbers(view) {
  const { root, setting } = view;
  const { header } = view.data;
  const [kind, own, count, token] = [setting.kind, sizeOf(view), countOf(view), queryOf(view)];
  let seen = 0;
  for (let key = 0; key < count; key++) if (seesToken(kind, own, colsOf(view), frontOf(view), token, key)) seen += 1;
  const cost = costOf(view);
  const { pairs, macs, full, stored, total } = cost;
  showFacts(view.facts, [
    ["query", tokenName(header, token)],
    ["it sees", kind === "linear" ? `all ${count}, as one sum` : `${seen} of ${count} tokens`],
    ["share", percent(seen / count)],
  ]);
  showCosts(view, cost);
  showAnswers(view);
  const name = tokenName(header, token);
  view.scene.setAttribute("aria-label", `The picture; what ${name} sees is bright. Arrow keys move the query.`);
  view.matrix.setAttribute("aria-label", `The mask of ${count} by ${count} tokens, ${KINDS[kind]}: ${grouped(pairs)} pairs.`);
  const share = ratioText(macs / full);
  root.sayPractice(`${kind}: ${name} sees ${seen} of ${count} tokens. Multiply-accumulates ${share} of full attention’s.`);
  root.practice = {
    setting: { kind, size: own, layers: setting.layers },
    query: token,
    seen: () => Array.from({ length: countOf(view) }, (_, key) => seesToken(kind, own, colsOf(view), frontOf(view), token, key)),
    pairs,
    macs,
    stored: stored / FP16_BYTES,
    total,
  };
}

/** Pairs, multiply-accumulates and bytes of one layer's attention as set, and the same of full attention. */
function costOf(view) {
  const { header } = view.data;
  const [kind, own, front] = [view.setting.kind, sizeOf(view), frontOf(view)];
  const macs = sightMacs(kind, own, header.grid, front, header);
  const full = sightMacs("full", 1, header.grid, front, header);
  return {
    pairs: pairsIn(kind, own, header.grid, front),
    macs,
    full,
    stored: FP16_BYTES * sightStored(kind, own, header.grid, front, header),
    whole: FP16_BYTES * sightStored("full", 1, header.grid, front, header),
    total: header.macs - view.setting.layers * (full - macs),
  };
}

function showCosts(view, { pairs, macs, full, stored, whole, total }) {
  const { header } = view.data;
  showFacts(view.costs, [
    ["pairs", view.setting.kind === "linear" ? "none" : grouped(pairs), `${pairs} of ${countOf(view) ** 2}`],
    ["MACs", countText(macs), `${macs}`],
    ["beside full", ratioText(macs / full), `${macs} / ${full}`],
    ["if stored, fp16", bytesText(stored), `${stored} bytes`],
    ["beside full", ratioText(stored / whole), `${stored} / ${whole}`],
    ["whole model’s MACs", ratioText(total / header.macs), `${total} / ${header.macs}`],
  ]);
}

/** The model's answer as trained, and with this attention where that has been run. */
function showAnswers(view) {
  const { setting } = view;
  const { ran, top, hasHead } = view.data.header;
  const { kind } = setting;
  const settled = ran.kind === kind && ran.layers === setting.layers && (!(kind in setting.sizes) || ran.size === sizeOf(view));
  view.answers.show(
    [
      ["as trained", top],
      [settled ? `with ${kind}` : "with this", settled ? ran.top : null, "runs on release"],
    ],
    hasHead,
  );
}
