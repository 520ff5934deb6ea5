// What one takes away of a view: its link, a step of one's own lesson; and what one leaves behind: a picture of one's own.
import { el } from "../kit/dom.js";
import { keep, kept, MOST, presented, setCourse, withSteps } from "../kit/lesson.js";
import { store } from "../kit/store.js";
import { menuOf } from "../kit/take/menu.js";
import { ownPicture } from "./own.js";

const NOT_KEPT = "This browser keeps nothing, so there is no lesson to add to.";

/** The end of the strip. `show(data, api)` hears what the strip is sent. */
export function takingAway() {
  /** @type {any} What the strip was last sent. */
  let shown = { own: { picture: false, model: false } };
  const said = el("span", { class: "small muted", role: "status" });
  const explained = { type: "button", text: "Terms", title: "The terms on this page, explained (?)", onclick: () => store.terms?.() };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      said.textContent = copiedWords(shown.own);
    } catch {
      said.textContent = "Copy the address from the address bar.";
    }
  };
  const menu = menuOf("More to do with this view", {
    "Add this view to my lesson": () => (said.textContent = lessonStep(shown)),
    "Copy embed code": async () => (said.textContent = await copyFrame(shown)),
    "Present this view": () => {
      setCourse([], 0);
      location.assign(`./${presented(linkHere())}`);
    },
  });
  const mine = ownPicture();
  const node = el(
    "span",
    { class: "end" },
    said,
    mine.node,
    el("button", explained),
    el("button", { type: "button", text: "Copy link", onclick: copy }),
    menu,
  );
  return {
    node,
    show(data, api) {
      shown = data;
      said.textContent = ownWords(data.own);
      mine.update(data, api);
    },
  };
}

/** The open view's link, from the app's own address, and its page's name. */
const linkHere = () => location.pathname.slice(location.pathname.lastIndexOf("/") + 1) + location.search;
const pageHere = () => document.querySelector(".vit-title")?.textContent ?? "A view";

/** The HTML that shows the page's figure, as it stands, in another page; comes back what to say. */
async function copyFrame({ title, figure }) {
  const address = new URL(location.href);
  address.searchParams.set("embed", "figure");
  const height = Math.ceil(document.querySelector(figure)?.getBoundingClientRect().height ?? 600) + 16;
  const frame = el("iframe", { src: address.href, title: `${pageHere()}: ${title}`, width: "100%", height, style: "border:0" });
  frame.setAttribute("loading", "lazy");
  try {
    await navigator.clipboard.writeText(frame.outerHTML);
    return "Copied. On another site, this server has to allow it (VIT_EMBED).";
  } catch {
    return frame.outerHTML;
  }
}

/** Adds the view to the lesson that this browser keeps; comes back what to say. `shown` is what the strip was sent. */
function lessonStep({ title, model, sizes, verdict, answer }) {
  const [link, page] = [linkHere(), pageHere()];
  const about = `${title}, ${model}, ${sizes}; the model: ${verdict} ${answer}`;
  const lesson = withSteps(kept(), [{ page, link, about }]);
  if (!lesson) return `A lesson holds ${MOST} views, and yours has them.`;
  return keep(lesson) ? `Added as view ${lesson.steps.length} of your lesson, on the page Lessons.` : NOT_KEPT;
}

/** What a link does with what the person brought, when it has been copied. */
function copiedWords({ picture, model }) {
  if (model) return "Copied, without your model: a link cannot carry it.";
  return picture ? "Copied. For an hour, whoever has the link sees your picture." : "Copied.";
}

/** How long what the person brought is there. */
function ownWords({ picture, model }) {
  const kept = picture ? "Your own picture is kept for an hour, in memory here and in your browser. " : "";
  return kept + (model ? "Your own model stays here: a link cannot carry it." : "");
}
