// What moves over the curves while the pointer drags: the resolution that is set, the one under the pointer, and the largest batch there.
// Drawn by us over Plotly's axes, in a fraction of a millisecond: a step of Plotly's own (restyle) took more than ours for the whole page.
const SVG = "http://www.w3.org/2000/svg";
const shape = (name, className) => {
  const node = document.createElementNS(SVG, name);
  node.setAttribute("class", className);
  return node;
};
const set = (node, values) => Object.entries(values).forEach(([name, value]) => node.setAttribute(name, String(value)));

/** `show({axes, size, value, pointed, batch})`: sizes in px, `value` of the total, `batch` `{value, label}` or null. */
export function movingMark() {
  const svg = shape("svg", "moving");
  const [line, pointed] = [shape("line", "now"), shape("line", "pointed")];
  const [dot, most] = [shape("circle", "now"), shape("circle", "most")];
  const [label, mostLabel] = [shape("text", "now"), shape("text", "most")];
  svg.append(pointed, line, most, dot, mostLabel, label);

  const upright = (node, axes, size) => {
    const x = axes.x.at(size);
    const seen = x >= axes.x.offset - 1 && x <= axes.x.offset + axes.x.length + 1;
    node.style.display = seen ? "" : "none";
    if (seen) set(node, { x1: x, x2: x, y1: axes.y.offset, y2: axes.y.offset + axes.y.length });
    return seen ? x : null;
  };
  const point = (node, axes, x, value) => {
    const y = axes.y.at(value);
    const seen = x !== null && y >= axes.y.offset - 1 && y <= axes.y.offset + axes.y.length + 1;
    node.style.display = seen ? "" : "none";
    if (seen) set(node, { cx: x, cy: y, r: 5.5 });
    return seen ? y : null;
  };
  const word = (node, axes, x, y, text) => {
    node.style.display = y === null ? "none" : "";
    if (y === null) return;
    const left = x - axes.x.offset > axes.x.length / 2;
    set(node, { x: x + (left ? -8 : 8), y, "text-anchor": left ? "end" : "start" });
    if (node.textContent !== text) node.textContent = text;
  };

  return {
    node: svg,
    show({ axes, size, value, pointed: under, batch }) {
      const x = upright(line, axes, size);
      point(dot, axes, x, value);
      word(label, axes, x, x === null ? null : axes.y.offset - 6, `${size} px`);
      pointed.style.display = "none";
      if (under && under !== size) upright(pointed, axes, under);
      const y = batch ? point(most, axes, x, batch.value) : null;
      if (!batch) most.style.display = "none";
      word(mostLabel, axes, x, y === null ? null : y + 17, batch?.label);
    },
  };
}
