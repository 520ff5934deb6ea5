import { el, mounts, store } from "./shared.js";

// The strip on every page, and the one place where the browser's selection meets the server's.
export default mounts((root) => {
  const image = el("img", { alt: "" });
  const part = (cls) => el("span", { class: cls });
  const title = el("strong");
  const [model, sizes, tokens, forward, answer] = ["model muted", "sizes", "tokens", "forward", "answer"].map(part);
  const copied = el("span", { class: "small muted", role: "status" });
  const copy = el("button", { type: "button", text: "Copy link", onclick: copyLink });
  let uploaded = false;

  async function copyLink() {
    try {
      await navigator.clipboard.writeText(location.href);
      copied.textContent = uploaded ? "Copied, without your picture: a link cannot carry it." : "Copied.";
    } catch {
      copied.textContent = "Copy the address from the address bar.";
    }
  }

  root.append(
    el("div", { class: "strip", role: "group", "aria-label": "What is shown" },
      el("span", { class: "who" }, image, title), model, sizes, forward, answer, el("span", { class: "end" }, copied, copy)),
  );

  return {
    update(data, api) {
      store.send = (change) => api.setStateValue("change", change);
      store.open = (slug) => api.setTriggerValue("open", slug);
      store.adopt(data.selection, data.echo);
      uploaded = data.uploaded;
      if (image.src !== data.thumbnail) image.src = data.thumbnail;
      title.textContent = data.title;
      model.textContent = data.model;
      sizes.replaceChildren(el("strong", { text: data.sizes }), ` ${data.tokens} `, el("strong", { text: data.total }));
      forward.replaceChildren(el("span", { class: "muted", text: "forward " }), el("strong", { text: data.forward }));
      answer.replaceChildren(el("span", { class: "muted", text: `${data.verdict} ` }), el("strong", { text: `${data.label} ${data.probability}` }));
      copied.textContent = uploaded ? "Your own picture stays here: a link cannot carry it." : "";
    },
  };
});
