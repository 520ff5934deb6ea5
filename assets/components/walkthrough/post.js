// The parts that arrive apart, by name, and who is told when one has come: filled by `walkthrough_part`, read by the stage.
import { el } from "../kit/dom.js";

const NOT_HERE = "The numbers of this step are not in this page, which would be too large with them: the app has them.";

/** @type {{ parts: Map<string, any>, heard: (() => void) | null }} */
export const post = { parts: new Map(), heard: null };

/** What stands in a saved page for a step whose part it lacks. */
export const notHere = () => el("p", { class: "muted", text: NOT_HERE });
