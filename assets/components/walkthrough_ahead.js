import { mounts } from "./shared.js";

// Hands the part that the next step draws to the walkthrough's stage before it is asked for; shows nothing.
export default mounts(() => ({
  update(bytes) {
    const post = (globalThis.__vitWalkthrough ??= {});
    post.bytes = bytes;
    post.heard?.(bytes);
  },
}));
