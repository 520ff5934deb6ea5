"""What the charts of an open page write, and where: no two texts may lie over each other, none may be cut."""

from typing import Any

from playwright.sync_api import Page

# Every figure of the page with the texts that are seen in it, each with its box from the figure's upper left corner. A text of several
# lines is one. Ticks and titles are asked for their ink, not for the box of a rotated group.
READ = r"""
() => {
  const found = [];
  const look = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (one.matches(".js-plotly-plot") && one.checkVisibility()) found.push(one);
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(document);
  const box = (node, from) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return [left - from.left, top - from.top, right - from.left, bottom - from.top];
  };
  return found.map((figure) => {
    const from = figure.getBoundingClientRect();
    const visible = (text) => text.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const written = [...figure.querySelectorAll(".main-svg text")].filter((text) => text.textContent.trim());
    const seen = written.filter((text) => visible(text) && !text.closest(".hoverlayer"));
    return {
      title: figure.layout.meta?.title ?? figure.getAttribute("aria-label"),
      size: [from.width, from.height],
      texts: seen.map((text) => ({
        text: text.textContent,
        pixels: parseFloat(getComputedStyle(text).fontSize),
        box: box(text, from),
      })),
      modebar: [...figure.querySelectorAll(".modebar-group")].map((group) => box(group, from)),
    };
  });
}
"""
SMALLEST = 13  # pixels of a letter
TOUCH = 1.0  # pixels by which two boxes may meet: a text's box is higher than its ink


# True in the third frame running in which so many places of charts are seen, each drawn at the width and in the colours that it has now.
DRAWN = """
(count) => {
  const all = (node) => [...node.querySelectorAll("*")].flatMap((one) =>
    [...(one.matches(".plotted-place") && one.checkVisibility() ? [one] : []), ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  const places = all(document);
  const now = (place) => {
    const { width, template } = place._fullLayout ?? {};
    const colour = getComputedStyle(place).getPropertyValue("--st-text-color").trim();
    return place.dataset.drawn && width === place.clientWidth && template.layout.font.color === colour;
  };
  window.__drawnFrames = places.length === count && places.every(now) ? (window.__drawnFrames ?? 0) + 1 : 0;
  return window.__drawnFrames >= 3;
}
"""


def figures_of(page: Page, count: int) -> list[dict[str, Any]]:
    """The figures that stand on the page, so many of them, drawn as wide and in the theme that the page has now, with their texts."""
    page.evaluate("() => (window.__drawnFrames = 0)")
    page.wait_for_function(DRAWN, arg=count)
    return page.evaluate(READ)


def over(one: list[float], other: list[float]) -> bool:
    """Whether two boxes share more than a touch."""
    return min(one[2], other[2]) - max(one[0], other[0]) > TOUCH and min(one[3], other[3]) - max(one[1], other[1]) > TOUCH


def faults(figure: dict[str, Any]) -> list[str]:
    """What is wrong with a figure's texts, in words; empty if all can be read."""
    width, height = figure["size"]
    texts, found = figure["texts"], []
    for at, one in enumerate(texts):
        left, top, right, bottom = one["box"]
        named = f"{figure['title']}: “{one['text']}”"
        if min(left, top) < -TOUCH or right > width + TOUCH or bottom > height + TOUCH:
            found.append(f"{named} is cut by the edge ({one['box']} of {figure['size']})")
        if one["pixels"] < SMALLEST:
            found.append(f"{named} is {one['pixels']} px high")
        found += [f"{named} lies over “{two['text']}”" for two in texts[at + 1 :] if over(one["box"], two["box"])]
        found += [f"{named} lies under the buttons" for bar in figure["modebar"] if over(one["box"], bar)]
    return found
