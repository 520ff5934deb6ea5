import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { post } from "../walkthrough/post.js";

// Keeps a part that single steps draw, for the walkthrough's stage; shows nothing.
export default mounts(() => ({
  update(bytes) {
    const part = unpack(bytes);
    post.parts.set(part.header.part, part);
    post.heard?.();
  },
}));
