// How the glossary's terms are recognised in a text, and its symbols in a formula.

const WORD = /[\p{L}\p{N}_]+/gu;
const JOINED = /[\p{L}\p{N}_-]/u;

/** `find(text)` gives [{start, end, id}], `symbols(text, page)` the entries of a letter in a formula. */
export function matcher(entries) {
  const byWord = new Map(); // the first word of a form -> its forms, longest first
  const bySymbol = new Map();
  for (const entry of entries) {
    for (const symbol of entry.symbols ?? []) bySymbol.set(symbol, [...(bySymbol.get(symbol) ?? []), entry]);
    for (const form of entry.mark === false ? [] : formsOf(entry)) {
      const others = byWord.get(form.first) ?? [];
      byWord.set(
        form.first,
        [...others, form].sort((a, b) => b.written.length - a.written.length),
      );
    }
  }
  return {
    find: (text) => findIn(text, byWord),
    symbols(text, page) {
      // KaTeX joins letters: ij
      const all = bySymbol.get(text) ?? [...new Set([...text].flatMap((letter) => bySymbol.get(letter) ?? []))];
      const here = all.filter((entry) => entry.pages.includes(page));
      return here.length ? here : all;
    },
  };
}

/** The ways in which an entry is written: singular and plural; with capitals only where it has them. */
function formsOf(entry) {
  // A lone capital is left to the formulas: the M of "22.05 M" is no width.
  const forms = [entry.term, ...(entry.aliases ?? [])].filter((form) => !/[(,]/.test(form) && !/^[A-Z]$/.test(form));
  return forms.flatMap((form) => {
    const exact = form.length === 1 || /[A-Z]/.test(form);
    const written = form.length > 1 && /\w$/.test(form) && !form.endsWith("s") ? [form, `${form}s`] : [form];
    return written.map((text) => {
      const low = text.toLowerCase();
      const [first] = low.match(WORD);
      return { id: entry.id, written: exact ? text : low, exact, first, lead: low.indexOf(first) };
    });
  });
}

function findIn(text, byWord) {
  const hits = [];
  let free = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (index < free) continue;
    for (const { id, written, exact, lead } of byWord.get(word.toLowerCase()) ?? []) {
      const start = index - lead;
      const end = start + written.length;
      const there = text.slice(start, end);
      if (start < free || (exact ? there : there.toLowerCase()) !== written) continue;
      if (JOINED.test(text[start - 1] ?? "") || JOINED.test(text[end] ?? "")) continue;
      hits.push({ start, end, id });
      free = end;
      break;
    }
  }
  return hits;
}
