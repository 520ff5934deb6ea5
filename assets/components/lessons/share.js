// A lesson on its way: as the end of a link, which no server is sent, and as one HTML file, which holds the lesson to be opened again.
import { cleaned } from "../kit/lesson.js";

const MARK = "#lesson=";
const MOST_BYTES = 200_000; // a link that unpacks to more is none of ours
const HELD = /<script type="application\/json" id="lesson">(.*?)<\/script>/s;
const STYLE =
  "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff}" +
  "h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.6rem 0 .2rem}p{margin:.3rem 0}.about{color:#555;font-size:.9rem}" +
  "li{break-inside:avoid}summary{cursor:pointer}a{color:#00508a}";

async function through(bytes, stream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    if (length > MOST_BYTES) throw new Error("Too long for a lesson.");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The end of a link that holds the lesson: `#lesson=…`. */
export async function linkEnd(lesson) {
  const bytes = await through(new TextEncoder().encode(JSON.stringify(lesson)), new CompressionStream("deflate-raw"));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return MARK + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The lesson that the end of a link holds; null where it holds none. */
export async function fromLinkEnd(end) {
  if (!end.startsWith(MARK)) return null;
  try {
    const text = atob(end.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = await through(
      Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
      new DecompressionStream("deflate-raw"),
    );
    return filled(cleaned(JSON.parse(new TextDecoder().decode(bytes))));
  } catch {
    return null;
  }
}

const filled = (lesson) => (lesson.steps.length ? lesson : null);
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text) => text.replace(/[&<>"]/g, (letter) => ESCAPES[letter]);

/** The lesson as one HTML file without scripts: it can be read, printed, and opened again. `app`: the address below which its links lie. */
export function fileOf(lesson, app) {
  const title = escaped(lesson.title || "A lesson");
  const part = (name, text) => (text ? `<p><strong>${name}</strong> ${escaped(text)}</p>` : "");
  const steps = lesson.steps.map(
    ({ link, page, about, question, look, answer }) =>
      `<li><h2>${escaped(page)}</h2><p class="about">${escaped(about)}</p>${part("Question:", question)}${part("Look for:", look)}` +
      `<p><a href="${escaped(app + link)}">Open the view</a></p>` +
      `${answer ? `<details><summary>Answer</summary><p>${escaped(answer)}</p></details>` : ""}</li>`,
  );
  return (
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n` +
    `<title>${title}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n<h1>${title}</h1>\n<ol>\n${steps.join("\n")}\n</ol>\n` +
    `<p class="about">The page “Lessons” of the app opens this file again: “Open a file”.</p>\n` +
    `<script type="application/json" id="lesson">${JSON.stringify(lesson).replaceAll("<", "\\u003c")}</script>\n</body>\n</html>\n`
  );
}

/** The lesson that a file holds; null where it holds none. */
export function fromFile(text) {
  try {
    return filled(cleaned(JSON.parse(HELD.exec(text)?.[1] ?? "null")));
  } catch {
    return null;
  }
}
