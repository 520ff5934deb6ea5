// The parts that arrive apart, by name, and who is told when one has come: filled by `walkthrough_part`, read by the stage.

/** @type {{ parts: Map<string, any>, heard: (() => void) | null }} */
export const post = { parts: new Map(), heard: null };
