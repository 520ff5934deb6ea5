// The answers of the guide, read from the payload: one choice and its rules for every combination of options.
const NOTHING = 255;

/** The guide of a view with `header`, `arrays` and `go(place)`; `place` is an option of each field. */
export function guideOf(view) {
  const guide = {
    place: [],
    get fields() {
      return view.header.fields;
    },
    answer: (place) => answerAt(view, place),
    /** The single changes of an input that change the choice, as `published.guide.sensitivity`. */
    changes() {
      const now = guide.answer(guide.place).choice;
      return view.header.fields
        .flatMap((field, i) =>
          field.options.map(([value, words], option) => {
            const place = guide.place.map((old, k) => (k === i ? option : old));
            return { field: field.name, value, place, words: field.if.replace("{}", words), choice: guide.answer(place).choice };
          }),
        )
        .filter((change) => change.choice !== now);
    },
    title: (choice) => view.header.approaches[choice.approach][0],
    tint: (choice) => view.header.approaches[choice.approach][2],
    go: view.go,
  };
  return guide;
}

function answerAt({ header, arrays }, place) {
  const at = place.reduce((sum, option, i) => sum * header.fields[i].options.length + option, 0);
  const width = arrays.rules.length / arrays.picks.length;
  const rules = [...arrays.rules.subarray(at * width, (at + 1) * width)]
    .filter((number) => number !== NOTHING)
    .map((number) => header.rulebook[number]);
  const of = (role) => rules.filter((rule) => rule.role === role);
  return { choice: header.choices[arrays.picks[at]], reasons: of("reason"), alternatives: of("alternative"), traps: of("trap") };
}
