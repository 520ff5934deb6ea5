// A picture from the clipboard, taken as if it had been put into the box for uploads.

const BOX = '[data-testid="stSidebar"] [data-testid="stFileUploader"] input[type="file"]';
const TYPED = "input:not([type=range], [type=checkbox], [type=radio], [type=file]), textarea, [contenteditable]";

/** Listens until the function that it returns is called. Pasting into a field of text is left alone. */
export function takePasted() {
  const take = (event) => {
    const picture = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
    const box = /** @type {HTMLInputElement | null} */ (document.querySelector(BOX));
    const target = event.composedPath()[0];
    if (!picture || !box || (target instanceof Element && target.matches(TYPED))) return;
    event.preventDefault();
    const files = new DataTransfer();
    files.items.add(picture);
    box.files = files.files;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("paste", take);
  return () => document.removeEventListener("paste", take);
}
