// The lesson that a person collects: views with words, kept in this browser alone, and in the links and files that they make of it.

const KEY = "vit-lesson";
const TITLE = 120; // characters
const LONGEST = { page: 60, about: 240, question: 800, look: 800, answer: 800 };
const LINK = /^[a-z_]{0,40}(\?[^#\s]{0,2000})?$/; // below the app's address: a lesson opens on every server, and nowhere else

/** How many views a lesson holds. */
export const MOST = 40;

const opens = (step) => typeof step?.link === "string" && LINK.test(step.link);

/** A lesson out of whatever a link, a file or the browser held: texts of a bounded length, and links to pages of the app alone. */
export function cleaned(found) {
  const text = (value, longest) => (typeof value === "string" ? value.slice(0, longest) : "");
  const steps = Array.isArray(found?.steps) ? found.steps.filter(opens).slice(0, MOST) : [];
  return {
    title: text(found?.title, TITLE),
    steps: steps.map((step) => ({
      link: step.link,
      ...Object.fromEntries(Object.entries(LONGEST).map(([key, longest]) => [key, text(step[key], longest)])),
    })),
  };
}

/** What this browser keeps; an empty lesson where that is nothing, or nothing that can be read. */
export function kept() {
  try {
    return cleaned(JSON.parse(localStorage.getItem(KEY)));
  } catch {
    return cleaned(null);
  }
}

/** Keeps it in this browser. False where the browser keeps nothing. */
export function keep(lesson) {
  try {
    localStorage.setItem(KEY, JSON.stringify(lesson));
    return true;
  } catch {
    return false;
  }
}

/** A lesson with more steps at its end; null where they would be too many. */
export function withSteps(lesson, steps) {
  return lesson.steps.length + steps.length > MOST ? null : cleaned({ ...lesson, steps: [...lesson.steps, ...steps] });
}

// ---- projected, view by view ----------------------------------------------------------------------------------------------------------

const COURSE = "vit-presenting";

/** The links of the lesson that this tab projects, and which of them is open; none where there is no such lesson. */
export function course() {
  try {
    const { links, at } = JSON.parse(sessionStorage.getItem(COURSE));
    return { links: links.filter((link) => opens({ link })), at };
  } catch {
    return { links: [], at: 0 };
  }
}

export function setCourse(links, at) {
  try {
    sessionStorage.setItem(COURSE, JSON.stringify({ links, at }));
  } catch {
    // without storage the clicker goes from page to page
  }
}

/** A link to the view, projected. */
export const presented = (link) => `${link}${link.includes("?") ? "&" : "?"}present=1`;
