import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { store } from "../kit/store.js";
import { closeOnChoice } from "./drawer.js";
import { noteLink, oneEntryAPage, passOverTwins } from "./history.js";
import { mendStreamlit } from "./mend.js";
import { comeBack } from "./own.js";
import { present } from "./present.js";
import { takingAway } from "./take.js";

// This module is run once a visit.
oneEntryAPage();
passOverTwins();
mendStreamlit();
const choice = closeOnChoice(); // of the visit: a strip is mounted on every page
comeBack();

// The strip on every page, and the one place where the browser's selection meets the server's.
export default mounts(shown, { first: true });

function shown(root) {
  const image = el("img", { alt: "" });
  const part = (cls) => el("span", { class: cls });
  const title = el("strong");
  const [model, sizes, forward, answer] = ["model muted", "sizes", "forward", "answer"].map(part);
  const taking = takingAway();
  let linked = false;

  const strip = el(
    "div",
    { class: "strip", role: "group", "aria-label": "What is shown" },
    el("span", { class: "who" }, image, title),
    model,
    sizes,
    forward,
    answer,
    taking.node,
  );
  strip.append(moreOf(strip));
  root.append(strip);

  return {
    update(data, api) {
      store.send = (change) => api.setStateValue("change", change);
      store.open = (slug) => api.setTriggerValue("open", slug);
      store.caption = () => [`${data.model} · ${data.title} · ${data.sizes} ${data.tokens} ${data.total}`, location.href];
      store.numbers = data.numbers;
      store.meet(data.visit);
      store.adopt(data.selection, data.echo);
      if (!linked) store.resend();
      linked = true;
      taking.show(data, api);
      present(data);
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
