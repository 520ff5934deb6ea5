// What of a step can be taken as numbers.

/** The numbers of all canvases of a step that tell theirs: maps, matrices, rows and plots. */
export function numbersOf(stage) {
  const shown = [...stage.querySelectorAll("canvas")].filter((canvas) => canvas.checkVisibility()).map((canvas) => canvas.numbers?.());
  const rows = shown
    .filter(Boolean)
    .flatMap(({ title, values, cols }) => Array.from(values, (value, i) => [title, Math.floor(i / cols) + 1, (i % cols) + 1, value]));
  return [["figure", "row", "column", "value"], ...rows];
}
