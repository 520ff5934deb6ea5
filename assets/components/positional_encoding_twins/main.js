import { decodePicture, sharp } from "../kit/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four, minus } from "../kit/format.js";
import { stepToken, tokenAt, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";

const LINES = {
  kept: ["with positions", "#0072b2"],
  zeroed: ["without positions", "#d55e00"],
  usual: ["any two patches, on average", "#8d949c"],
};

// The same patch in two places: equal until positions are added, and what becomes of the difference in every layer.
export default mounts((root) => {
  let data = null; // {header, arrays, bitmap}
  let stage = null; // the stage under the pointer
  const picture = el("canvas", { tabindex: 0, role: "img" });
  const chart = el("canvas", { tabindex: 0, role: "img", class: "chart" });
  const legend = el(
    "div",
    { class: "legend small" },
    ...Object.values(LINES).map(([name, colour]) => el("span", {}, el("i", { style: `background:${colour}` }), name)),
  );
  const facts = el("dl", { class: "facts" });
  const heading = el("h3");
  const said = el("p", { class: "aside" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  root.append(
    el(
      "div",
      { class: "title-line" },
      el("h2", { text: "Two identical patches" }),
      el("span", { class: "muted", text: "one is a copy: only its position can tell it apart. Click another patch to copy that one" }),
    ),
    el(
      "div",
      { class: "twins" },
      el("div", {}, picture),
      el("div", {}, el("div", { class: "head-line" }, el("span", { text: "Cosine similarity of the two tokens" }), legend), chart, said),
      el("section", { class: "card" }, heading, facts),
    ),
    summary,
  );

  const stages = () => data.arrays.kept.length;
  const stageName = (i) => (i === 0 ? "embedded" : i === 1 ? "+ position" : `layer ${i - 1}`);
  const at = () => Math.min(stage ?? 1, stages() - 1);

  const draw = everyFrame(() => {
    if (!data) return;
    const { header, arrays } = data;
    drawPicture();
    drawChart();
    const i = at();
    heading.textContent = i < 2 ? { 0: "Patch embeddings", 1: "Positions added" }[i] : `After layer ${i - 1} of ${header.depth}`;
    showFacts(facts, [
      ["similarity", four(arrays.kept[i]), arrays.kept[i]],
      ["without positions", four(arrays.zeroed[i]), arrays.zeroed[i]],
      ["any two patches", four(arrays.usual[i]), arrays.usual[i]],
      ["difference / length", four(arrays.keptDistance[i]), arrays.keptDistance[i]],
      ["without positions", four(arrays.zeroedDistance[i]), arrays.zeroedDistance[i]],
    ]);
    const name = (patch) => tokenName(header, header.prefix.length + patch);
    said.textContent = `The patch of ${name(header.first)} stands at ${name(header.second)} too. Embedded, the two rows are equal (difference ${four(arrays.keptDistance[0])}); with positions they differ by ${four(arrays.keptDistance[1])} of their length, after the last layer by ${four(arrays.keptDistance.at(-1))}. Without positions they stay equal in every layer: largest difference ${four(Math.max(...arrays.zeroedDistance))}.`;
    const text = `${stageName(i)}: similarity ${four(arrays.kept[i])} with positions, ${four(arrays.zeroed[i])} without, ${four(arrays.usual[i])} between any two patches.`;
    if (summary.textContent !== text) summary.textContent = text;
    picture.setAttribute(
      "aria-label",
      `The picture with the patch of ${name(header.first)} copied to ${name(header.second)}. Arrow keys choose another patch.`,
    );
    chart.setAttribute("aria-label", `Similarity through ${stages()} stages. ${text} Arrow keys move through the stages.`);
  });

  function drawPicture() {
    const {
      header: {
        grid: [rows, cols],
        first,
        second,
      },
      bitmap,
    } = data;
    const [width, height] = [picture.clientWidth, (picture.clientWidth * rows) / cols];
    [picture.width, picture.height] = [width * devicePixelRatio, height * devicePixelRatio];
    const ink = picture.getContext("2d");
    ink.scale(devicePixelRatio, devicePixelRatio);
    ink.drawImage(bitmap, 0, 0, width, height);
    const style = getComputedStyle(root);
    const middle = (patch) => [((patch % cols) + 0.5) * (width / cols), (Math.floor(patch / cols) + 0.5) * (height / rows)];
    const stroke = (trace) => {
      for (const [line, colour] of [
        [5, "--st-background-color"],
        [2, "--st-text-color"],
      ]) {
        ink.lineWidth = line;
        ink.strokeStyle = style.getPropertyValue(colour);
        trace();
      }
    };
    ink.setLineDash([5, 4]);
    stroke(() => (ink.beginPath(), ink.moveTo(...middle(first)), ink.lineTo(...middle(second)), ink.stroke()));
    ink.setLineDash([]);
    const [sx, sy] = [bitmap.width / cols, bitmap.height / rows];
    for (const patch of [first, second]) {
      const [x, y] = [(patch % cols) * (width / cols), Math.floor(patch / cols) * (height / rows)];
      ink.drawImage(bitmap, (patch % cols) * sx, Math.floor(patch / cols) * sy, sx, sy, x, y, width / cols, height / rows);
      stroke(() => ink.strokeRect(x, y, width / cols, height / rows));
    }
  }

  function axes() {
    const all = [...data.arrays.kept, ...data.arrays.zeroed, ...data.arrays.usual];
    const low = Math.min(0, Math.floor(Math.min(...all) * 10) / 10);
    const { clientWidth: width, clientHeight: height } = chart;
    return { low, x: (i) => 40 + (i / (stages() - 1)) * (width - 60), y: (v) => 10 + ((1 - v) / (1 - low)) * (height - 44) };
  }

  function drawChart() {
    const { ink, width, height } = sharp(chart);
    const { low, x, y } = axes();
    const style = getComputedStyle(root);
    const [muted, line] = [style.getPropertyValue("--muted"), style.getPropertyValue("--line")];
    ink.font = "12px system-ui, sans-serif";
    for (const v of [low, (1 + low) / 2, 1]) {
      ink.fillStyle = line;
      ink.fillRect(x(0), y(v), width - 60, 1);
      ink.fillStyle = muted;
      ink.textAlign = "right";
      ink.fillText(minus(v.toFixed(2)), 32, y(v) + 4);
    }
    ink.textAlign = "center";
    const wide = (width - 60) / (stages() - 1) > 44;
    for (let i = 0; i < stages(); i++) {
      const label = i === 0 ? "patch" : i === 1 ? "+ pos" : `${i - 1}`;
      if (wide || i < 1 || i % 2 === 1) ink.fillText(label, x(i), height - 18);
    }
    ink.fillText("layer", x((stages() + 1) / 2), height - 3);
    ink.fillStyle = style.getPropertyValue("--text");
    ink.globalAlpha = 0.5;
    ink.fillRect(x(at()) - 0.5, y(1), 1, y(low) - y(1));
    ink.globalAlpha = 1;
    for (const name of ["usual", "zeroed", "kept"]) {
      ink.strokeStyle = ink.fillStyle = LINES[name][1];
      ink.lineWidth = 2;
      ink.beginPath();
      data.arrays[name].forEach((v, i) => ink.lineTo(x(i), y(v)));
      ink.stroke();
      ink.beginPath();
      ink.arc(x(at()), y(data.arrays[name][at()]), 4, 0, 7);
      ink.fill();
    }
  }

  chart.addEventListener("pointermove", (event) => {
    if (!data) return;
    const { x } = axes();
    const from = event.clientX - chart.getBoundingClientRect().left;
    stage = Math.max(0, Math.min(stages() - 1, Math.round((from - x(0)) / (x(1) - x(0)))));
    draw();
  });
  chart.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && ((stage = null), draw()));
  chart.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!move || !data) return;
    event.preventDefault();
    stage = Math.max(0, Math.min(stages() - 1, at() + move));
    draw();
  });

  picture.addEventListener("click", (event) => {
    if (!data) return;
    store.commit({ token: tokenAt(event, picture, data.header) });
  });
  picture.addEventListener("keydown", (event) => {
    const next = data && stepToken(data.header, data.header.prefix.length + data.header.first, event.key);
    if (next === null || next < data.header.prefix.length) return;
    event.preventDefault();
    store.commit({ token: next });
  });
  const resized = new ResizeObserver(() => draw());
  resized.observe(root);

  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (header.id === data?.header.id) return draw();
      decodePicture(arrays.picture).then((bitmap) => {
        data = { header, arrays, bitmap };
        root.dataset.ready = header.id;
        draw();
      });
    },
    destroy() {
      resized.disconnect();
    },
  };
});
