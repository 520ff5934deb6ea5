// Numbers as a person reads them.

/** A number with four significant digits, as a person reads it. */
export function four(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-4) return value.toExponential(3).replace("e-", "e−");
  return minus(value.toPrecision(4));
}

/** A whole number with thin spaces between thousands. */
export function grouped(value) {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

const PREFIXES = ["", "k", "M", "G", "T", "P", "E", "Z", "Y", "R"];
const COMMAS = new Intl.NumberFormat("en-US");

/** Four significant digits with a decimal prefix: [number, prefix]. */
function scaled(value) {
  let step = value >= 1000 ? Math.min(PREFIXES.length - 1, Math.floor(Math.log10(value) / 3)) : 0;
  let text = (value / 1000 ** step).toPrecision(4);
  if (+text >= 1000 && step < PREFIXES.length - 1) text = (value / 1000 ** ++step).toPrecision(4);
  return [step === 0 && Number.isInteger(value) ? String(value) : text.includes("e") ? String(+text) : text, PREFIXES[step]];
}

/** Bytes in decimal units: 1 MB is 10^6. */
export function bytesText(value) {
  const [number, prefix] = scaled(value);
  return `${number} ${prefix}B`;
}

/** A count with a decimal prefix: 17.56 G. */
export function countText(value) {
  return scaled(value).join(" ").trim();
}

/** A number with commas between thousands. */
export const commas = (value) => COMMAS.format(value);

/** All digits; above 2^53 a double holds no more than 16 of them. */
export function exactText(value) {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? COMMAS.format(value) : `about ${COMMAS.format(+value.toPrecision(16))}`;
}

/** For the tooltip: exact bytes, and binary units. */
export function exactBytes(value) {
  const step = Math.max(0, Math.min(8, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  const binary = `${(value / 1024 ** step).toPrecision(4)} ${["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"][step]}`;
  return `${exactText(value)} bytes${step ? ` = ${binary}` : ""}`;
}

/** A share in percent; a small one as less than a tenth. */
export function percentText(share) {
  const percent = 100 * share;
  return percent === 0 ? "0%" : percent < 0.1 ? "<0.1%" : `${percent.toFixed(1)}%`;
}

/** A share in percent, to a tenth. */
export const percent = (share) => `${(100 * share).toFixed(1)}%`;

/** What hovering over an answer says: its exact probability, after the class's whole name where the screen has a shorter one. */
export const exactAnswer = ([name, p, whole]) => (whole === name ? `${p}` : `${whole}: ${p}`);

/** A number's text with a true minus sign. */
export const minus = (text) => text.replace("-", "−");

/** A ratio as ×4.47. */
export const timesText = (ratio) => `×${ratio >= 100 ? ratio.toFixed(1) : ratio.toFixed(2)}`;

/** How many times the even share a weight is, where `count` weights sum to 1: three digits, as the weight is printed with four. */
export function timesEven(weight, count) {
  const times = weight * count;
  if (times === 0) return "0×";
  return times < 0.001 ? "<0.001×" : `${times >= 100 ? times.toFixed(0) : times.toPrecision(3)}×`;
}

/** The same as it stands behind the weight. */
export const evenText = (weight, count) => `${timesEven(weight, count)} even`;
