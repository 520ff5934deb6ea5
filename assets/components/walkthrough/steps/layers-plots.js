// The plots of the layers: what each block adds beside the token's length, and how far each head reaches.
import { sharp } from "../../kit/picture/canvas.js";
import { HEAD_COLOURS } from "../../kit/picture/colours.js";
import { four } from "../../kit/numbers/format.js";

/** A plot over the blocks, from 0 to `top`. */
function axes(style, canvas, top, depth) {
  const { ink, width, height } = sharp(canvas);
  const x = (l) => 30 + (l / depth) * (width - 48);
  const y = (v) => height - 18 - (v / top) * (height - 26);
  ink.font = "13px system-ui, sans-serif";
  ink.fillStyle = style.getPropertyValue("--st-text-color");
  for (let l = 0; l <= depth; l += depth > 14 ? 4 : 2) ink.fillText(String(l), x(l) - 4, height - 4);
  ink.fillText("0", 16, y(0) + 4);
  ink.fillText(top >= 100 ? top.toFixed(0) : top.toPrecision(3), 0, y(top) + 8);
  ink.strokeStyle = style.getPropertyValue("--st-border-color");
  ink.beginPath();
  (ink.moveTo(30, y(0)), ink.lineTo(width - 4, y(0)));
  ink.stroke();
  return { ink, x, y, width, height, text: style.getPropertyValue("--st-text-color"), line: style.getPropertyValue("--st-border-color") };
}

export function drawNorms({ ctx, norms }, { header, arrays }, { token, total, l }) {
  const { depth } = header;
  const lengths = Array.from({ length: depth + 1 }, (_, i) => arrays.lengths[i * total + token]);
  const top = Math.max(
    ...lengths,
    ...Array.from({ length: depth }, (_, i) => Math.max(arrays.attnAdds[i * total + token], arrays.mlpAdds[i * total + token])),
  );
  const { ink, x, y, width, text } = axes(ctx.style, norms, top, depth);
  const bar = Math.max(2, (width - 36) / depth / 3.4);
  for (let i = 0; i < depth; i++) {
    const [a, m] = [arrays.attnAdds[i * total + token], arrays.mlpAdds[i * total + token]];
    ink.fillStyle = "#56b4e9";
    ink.fillRect(x(i + 1) - bar, y(a), bar, y(0) - y(a));
    ink.fillStyle = "#e69f00";
    ink.fillRect(x(i + 1), y(m), bar, y(0) - y(m));
  }
  ink.strokeStyle = text;
  ink.lineWidth = 2;
  ink.beginPath();
  lengths.forEach((v, i) => ink.lineTo(x(i), y(v)));
  ink.stroke();
  ink.fillStyle = text;
  ink.beginPath();
  ink.arc(x(l), y(lengths[l]), 4.5, 0, 7);
  ink.fill();
  norms.numbers = () => ({ title: "length of the token before and after each block", values: lengths, cols: depth + 1 });
  norms.setAttribute("aria-label", `Length of the token before and after each block: ${lengths.map(four).join(", ")}.`);
}

export function drawReach({ ctx, reach, claim }, { header, arrays }, l) {
  const { depth, heads, uniform, kinds } = header;
  const top = Math.max(uniform, ...Array.from(arrays.distance).filter(Number.isFinite)) * 1.05;
  const { ink, x, y, width, text } = axes(ctx.style, reach, top, depth);
  if (l > 0) {
    ink.fillStyle = "rgba(128,128,128,0.18)";
    ink.fillRect(x(l) - 9, 0, 18, y(0));
  }
  ink.setLineDash([4, 4]);
  ink.strokeStyle = text;
  ink.beginPath();
  (ink.moveTo(30, y(uniform)), ink.lineTo(width - 4, y(uniform)));
  ink.stroke();
  ink.setLineDash([]);
  for (let i = 0; i < depth; i++)
    for (let h = 0; h < heads; h++) {
      const value = arrays.distance[i * heads + h];
      if (!Number.isFinite(value)) continue;
      ink.fillStyle = HEAD_COLOURS[kinds[i * heads + h]];
      ink.beginPath();
      ink.arc(x(i + 1) + (h - heads / 2) * 0.6, y(value), 3, 0, 7);
      ink.fill();
    }
  reach.numbers = () => ({ title: "mean distance of each head, px", values: arrays.distance, cols: heads });
  reach.setAttribute("aria-label", `Mean reach of the heads in pixels, even attention ${four(uniform)}. ${claim.textContent}`);
}
