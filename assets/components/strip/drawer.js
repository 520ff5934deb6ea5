// The sidebar on a phone: a drawer over the page. It starts closed, and closes when what is shown was chosen in it.
const NARROW = "(max-width: 768px)"; // where Streamlit draws the sidebar over the page

/** Closes it when the picture or the model is another than at the last call. Returns what to call with the two. */
export function closeOnChoice() {
  let before = null;
  return (picture, model) => {
    const now = `${picture} ${model}`;
    const chosen = before !== null && now !== before;
    before = now;
    if (!chosen || !matchMedia(NARROW).matches) return;
    const drawer = document.querySelector('[data-testid="stSidebar"]');
    if (!drawer || drawer.getBoundingClientRect().right <= 0) return; // it is closed
    /** @type {HTMLElement | null} */
    const close = drawer.querySelector('[data-testid="stSidebarCollapseButton"] button');
    close?.click();
  };
}
