import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { store } from "../kit/store.js";
import { closeOnChoice } from "./drawer.js";
import { noteLink, oneEntryAPage, passOverTwins } from "./history.js";
import { mendStreamlit } from "./mend.js";

// This module is run once a visit.
oneEntryAPage();
passOverTwins();
mendStreamlit();
const choice = closeOnChoice(); // of the visit: a strip is mounted on every page

// The strip on every page, and the one place where the browser's selection meets the server's.
export default mounts(shown, { first: true });

function shown(root) {
  const image = el("img", { alt: "" });
  const part = (cls) => el("span", { class: cls });
  const title = el("strong");
  const [model, sizes, forward, answer] = ["model muted", "sizes", "forward", "answer"].map(part);
  const copied = el("span", { class: "small muted", role: "status" });
  const explained = { type: "button", text: "Terms", title: "The terms on this page, explained (?)", onclick: () => store.terms?.() };
  const terms = el("button", explained);
  const copy = el("button", { type: "button", text: "Copy link", onclick: copyLink });
  let own = { picture: false, model: false }; // what the person brought
  let linked = false;

  async function copyLink() {
    try {
      await navigator.clipboard.writeText(location.href);
      copied.textContent = copiedWords(own);
    } catch {
      copied.textContent = "Copy the address from the address bar.";
    }
  }

  const strip = el(
    "div",
    { class: "strip", role: "group", "aria-label": "What is shown" },
    el("span", { class: "who" }, image, title),
    model,
    sizes,
    forward,
    answer,
    el("span", { class: "end" }, copied, terms, copy),
  );
  strip.append(moreOf(strip));
  root.append(strip);

  return {
    update(data, api) {
      store.send = (change) => api.setStateValue("change", change);
      store.open = (slug) => api.setTriggerValue("open", slug);
      store.numbers = data.numbers;
      store.adopt(data.selection, data.echo);
      if (!linked) store.resend();
      linked = true;
      ({ own } = data);
      choice(data.selection.picture, data.model);
      noteLink(...data.link);
      if (image.src !== data.thumbnail) image.src = data.thumbnail;
      title.textContent = data.title;
      model.textContent = data.model;
      sizes.replaceChildren(el("strong", { text: data.sizes }), ` ${data.tokens} `, el("strong", { text: data.total }));
      forward.replaceChildren(el("span", { class: "muted", text: "forward " }), el("strong", { text: data.forward }));
      forward.title = data.pace;
      answer.replaceChildren(
        el("span", { class: "muted", text: `${data.verdict} ` }),
        el("strong", { text: data.answer, title: data.whole }),
        el("span", { class: "muted right", text: data.right && ` ${data.right}`, title: data.measured }),
      );
      copied.textContent = ownWords(own);
    },
  };
}

/** On a phone the strip is one line, picture and answer; this opens the rest, and folds it. */
function moreOf(strip) {
  const show = (open) => {
    strip.classList.toggle("open", open);
    more.setAttribute("aria-expanded", String(open));
    more.textContent = open ? "Less" : "More";
  };
  const more = el("button", { type: "button", class: "more", onclick: () => show(!strip.classList.contains("open")) });
  show(false);
  return more;
}

/** What a link does with what the person brought, when it has been copied. */
function copiedWords({ picture, model }) {
  if (model) return "Copied, without your model: a link cannot carry it.";
  return picture ? "Copied. For an hour, whoever has the link sees your picture." : "Copied.";
}

/** How long what the person brought is there. */
function ownWords({ picture, model }) {
  const kept = picture ? "Your own picture is kept for an hour. " : "";
  return kept + (model ? "Your own model stays here: a link cannot carry it." : "");
}
