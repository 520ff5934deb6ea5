// The person's own pictures, for an hour in this browser's own storage: a server that does not know one is given it back.
const HOUR = 3_600_000; // milliseconds
const MOST = 6;
const [NAME, STORE] = ["vit-explainer", "pictures"];

/** Keeps a picture that was just brought: the server has it as it shows it. */
export const keepPicture = quietly(async (id, name) => {
  if (await kept(id)) return;
  const answer = await fetch(address(id));
  if (!isPicture(answer)) return;
  const picture = await answer.blob();
  await within("readwrite", (store) => store.put({ id, name, picture, at: Date.now() }));
  setTimeout(letGo, HOUR);
  await letGo();
});

/** Whether a picture is kept here. */
export const kept = quietly(async (id) => Boolean(await found(id)));

/** Whether the server knows a picture, which it is given if it is kept here and the server does not. */
export const giveBack = quietly(async (id) => {
  const mine = await found(id);
  if (!mine) return false;
  if (isPicture(await fetch(address(id), { method: "HEAD" }))) return true;
  const headers = { "Content-Type": "image/png", "X-Picture-Name": encodeURIComponent(mine.name) };
  return (await fetch(address(id), { method: "POST", body: mine.picture, headers })).ok;
});

/** Forgets a picture. */
export const forgetPicture = quietly((id) => within("readwrite", (store) => store.delete(id)));

/** The picture of an id, if its hour is not over. */
async function found(id) {
  await letGo();
  return within("readonly", (store) => store.get(id));
}

/** Forgets what is older than an hour, or younger than now: a clock may be set; and the oldest, if there are too many. */
const letGo = quietly(async () => {
  const all = await within("readonly", (store) => store.getAll());
  all.sort((one, other) => other.at - one.at);
  const over = all.filter(({ at }, i) => i >= MOST || at > Date.now() || Date.now() - at >= HOUR);
  if (over.length) await within("readwrite", (store) => over.map(({ id }) => store.delete(id))[0]);
});

/** One page lies beside another, and the pictures' addresses below them. */
const address = (id) => `picture/${id}`;
const isPicture = (answer) => answer.ok && answer.headers.get("Content-Type") === "image/png";

/** What a request to the store gives. */
async function within(mode, ask) {
  const base = await opened();
  try {
    return await done(ask(base.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    base.close();
  }
}

function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return done(request);
}

/** @returns {Promise<any>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** A browser that keeps nothing, or a connection that is lost, is no error: the picture is then not there. */
function quietly(what) {
  return async (...given) => {
    try {
      return await what(...given);
    } catch {
      return undefined;
    }
  };
}
