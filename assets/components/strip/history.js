// The browser's history: one entry a page.

const links = new Map(); // the query of each page as it was last left, by the page's name in the address

/** What the server last wrote into the address of a page. */
export const noteLink = (page, query) => links.set(page, query);

const pageOf = (path) => path.slice(path.lastIndexOf("/") + 1);

/**
 * Streamlit pushes an entry whenever the address changes, so that a slider moved ten times would take ten presses of Back. What is changed
 * on a page replaces its entry instead; another page is a new one, and Back returns to the page before, as it was left. Streamlit may empty
 * the address of a page that is left, or give it that of the next: its entry gets its own back.
 */
export function oneEntryAPage() {
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const [from, to] = [location.pathname, new URL(url ?? "", location.href).pathname];
    if (from === to) return history.replaceState(state, title, url);
    const query = links.get(pageOf(from));
    if (query !== undefined) history.replaceState(history.state, "", from + (query && `?${query}`));
    push(state, title, url);
  };
}

/**
 * A page that is opened before this module has come has two entries: without its query, and with it. Back and Forward pass over the one of
 * them that comes second. (A browser without the Navigation API does not say which way one goes: there it takes a press more.)
 */
export function passOverTwins() {
  const { navigation } = globalThis;
  if (!navigation) return;
  let left = null;
  navigation.addEventListener("currententrychange", ({ from, navigationType }) => {
    left = navigationType === "traverse" ? from : null;
  });
  addEventListener("popstate", () => {
    const was = left && new URL(left.url);
    if (was?.pathname !== location.pathname || was.hash || location.hash) return;
    const back = navigation.currentEntry.index < left.index;
    if (back ? navigation.canGoBack : navigation.canGoForward) history.go(back ? -1 : 1);
  });
}
