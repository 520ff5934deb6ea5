// What a glossary entry says here: its shape with the current numbers, and the addresses of pages and entries.

/** `[B, N, P*P*C]` with `numbers` put in: `[1, 196, 768]`; names without a number stay. */
export function shapeHere(shape, numbers) {
  const size = (name) => name.split("*").map((factor) => numbers[factor]);
  const one = (name) => (size(name).every(Number.isFinite) ? String(size(name).reduce((a, b) => a * b, 1)) : name);
  return `[${shape.slice(1, -1).split(", ").map(one).join(", ")}]`;
}

/** The lines under a definition: symbol, shape and formula, where the entry has them. */
export function factsHere(entry, numbers) {
  const lines = [];
  if (entry.value) lines.push(["here", `${entry.value} = ${numbers[entry.value] ?? "—"}`]);
  if (entry.shape) lines.push(["shape", `${entry.shape} = ${shapeHere(entry.shape, numbers)}`]);
  if (entry.formula) lines.push(["formula", entry.formula]);
  return lines;
}

/** The page that is open: the last part of the address, or the first page. */
export function pageHere(slugs) {
  const last = location.pathname.split("/").at(-1);
  return slugs.includes(last) ? last : slugs[0];
}

/** The address of a page with the current selection; `view` is what that page adds. */
export function addressOf(slug, slugs, view = "") {
  const parts = location.pathname.split("/");
  const base = parts.slice(0, -1).join("/");
  const query = new URLSearchParams(location.search);
  query.delete("view");
  if (view) query.set("view", view);
  return `${base}/${slug === slugs[0] ? "" : slug}${query.size ? `?${query}` : ""}`;
}

/** Follow a link inside the app; a click that asks for a new tab or window is left to the browser. */
export function inside(event, go) {
  if (event.defaultPrevented || event.button > 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go();
}
