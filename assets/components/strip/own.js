// What the strip does about the picture that the person brought, and about a server that knows nothing of it.
import { el } from "../kit/dom.js";
import { store } from "../kit/store.js";
import { whenConnectedAgain } from "./again.js";
import { forgetPicture, giveBack, keepPicture, kept } from "./pictures.js";

const FORGET = "Forget this picture, in this browser and on the server";
const asked = new Set(); // pictures that a server has asked for
let now = null; // what the strip that is mounted was sent, and its interface

/** Once a visit: has the server that a lost connection comes back to run the page, with the person's picture. */
export function comeBack() {
  whenConnectedAgain(async () => {
    if (now?.own.picture) await giveBack(store.selection.picture);
    now?.api.setTriggerValue("again", Date.now());
  });
}

/** The place of the button that forgets the picture, and what is done when the strip is sent something. */
export function ownPicture() {
  const forget = async () => {
    node.replaceChildren();
    await forgetPicture(store.selection.picture);
    now.api.setTriggerValue("forget", Date.now());
  };
  const button = el("button", { type: "button", text: "Forget it", title: FORGET, onclick: forget });
  const node = el("span");
  return {
    node,
    /** Has the browser keep what was brought, or give back what this server lacks; the button is there for what is kept. */
    async update({ own, title, selection }, api) {
      now = { api, own };
      if (own.wanted && !asked.has(own.wanted)) {
        asked.add(own.wanted);
        if (await giveBack(own.wanted)) api.setTriggerValue("returned", own.wanted);
      }
      if (own.keep) await keepPicture(own.keep, title);
      node.replaceChildren(...(own.picture && (await kept(selection.picture)) ? [button] : []));
    },
  };
}
