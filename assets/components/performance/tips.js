// Where a figure is from: a small box beside it, on hover, keyboard focus or touch. Any element with `data-note` has one.
import { el } from "../kit/dom.js";

/** A text of plain and sourced parts, as `ui.kit.evidence.packed_parts` packs it. */
export function sourced(parts) {
  return parts.map(([text, kind, note]) =>
    kind
      ? el("span", {
          class: `figure ${kind}`,
          "data-note": note,
          tabindex: 0,
          role: "note",
          "aria-label": `${text}, ${kind}: ${note}`,
          text,
        })
      : text,
  );
}

/** Watches `root` and shows the note of what is pointed at, focused or touched; Escape hides it. */
export function sourceTips(root) {
  const box = el("div", { class: "tip", role: "tooltip", hidden: true });
  root.append(box);
  root.style.position = "relative";

  function show(target) {
    box.replaceChildren(
      el("b", {
        text:
          target.dataset.kind ??
          (target.classList.contains("computed") ? "computed" : target.classList.contains("published") ? "published" : ""),
      }),
      target.dataset.note,
    );
    box.hidden = false;
    const [here, frame] = [target.getBoundingClientRect(), root.getBoundingClientRect()];
    const width = Math.min(360, frame.width - 8);
    box.style.maxWidth = `${width}px`;
    const left = Math.max(0, Math.min(here.left - frame.left, frame.width - box.offsetWidth - 2));
    const above = here.top - box.offsetHeight - 6;
    box.style.left = `${left}px`;
    box.style.top = `${(above > 4 ? above : here.bottom + 6) - frame.top}px`;
  }

  const hide = () => (box.hidden = true);
  const noted = (event) =>
    event.composedPath().find((node) => (node instanceof HTMLElement || node instanceof SVGElement) && node.dataset.note);
  for (const name of ["pointerover", "focusin", "click"]) {
    root.addEventListener(name, (event) => {
      const target = noted(event);
      if (target) show(target);
      else if (name !== "focusin") hide();
    });
  }
  root.addEventListener("pointerleave", hide);
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  return { show, hide };
}
