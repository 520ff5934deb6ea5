// A connection that was lost and is back, perhaps with another server, which knows nothing of what was before.
const APP = '[data-testid="stApp"]';

/** Calls `then` whenever that happens. Streamlit itself asks such a server for nothing until the person does something. */
export function whenConnectedAgain(then) {
  /** @type {HTMLElement | null} */
  const app = document.querySelector(APP);
  if (!app) return;
  let lost = false;
  new MutationObserver(() => {
    const connected = app.dataset.testConnectionState === "CONNECTED";
    if (connected && lost) then();
    lost = !connected;
  }).observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
}
