// A chart's menu: what Plotly draws, on a sheet with its title and the link that shows it.
import { el } from "../dom.js";
import { columnsOf, plainRows } from "./chart-table.js";
import { fileName, takeMenu } from "../take/take.js";

const MARGIN = { t: 16, l: 12, r: 16, b: 12 };

/** `plot` as of `chart`. */
export function chartMenu(plot) {
  const title = () => plot.figure?.layout.meta.title ?? "Chart";
  const rows = () => {
    const places = placesOf(plot);
    return [[...columnsOf(plot.figure), "x", "y"], ...plainRows(plot.figure).map((row, i) => [...row, ...places[i]])];
  };
  return takeMenu({ name: "the chart", root: plot.node, title, file: () => fileName(title()), rows, drawing: () => drawing(plot) });
}

/** Where each point lies, in the figure's own values. */
const placesOf = ({ figure, place }) =>
  figure.data.flatMap(({ customdata = [] }, curve) =>
    customdata.map((_, i) => [place._fullData[curve].x?.[i] ?? "", place._fullData[curve].y?.[i] ?? ""]),
  );

async function drawing({ place }) {
  const layout = { ...place.layout, title: { text: "" }, margin: MARGIN, paper_bgcolor: "rgba(0,0,0,0)" };
  const { width, height } = layout;
  const address = await globalThis.Plotly.toImage({ data: place.data, layout }, { format: "svg", width, height });
  const svg = decodeURIComponent(address.replace(/^data:image\/svg\+xml,/, ""));
  const image = el("img", { src: URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" })), width, height });
  await image.decode();
  URL.revokeObjectURL(image.src);
  return { width, height, parts: [{ kind: "image", x: 0, y: 0, w: width, h: height, image, svg, smooth: true }] };
}
