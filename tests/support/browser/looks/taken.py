"""What a figure's menu gives, and how fine the canvases are that it is made of."""

from pathlib import Path

from playwright.sync_api import Page

FINENESS = """
() => {
  window.__fineness = new Set();
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (image, ...place) {
    const onSheet = !this.canvas.isConnected && image instanceof HTMLCanvasElement && image.isConnected;
    if (onSheet && getComputedStyle(image).imageRendering !== "pixelated")
      window.__fineness.add(+(image.width / image.clientWidth).toFixed(2));
    return draw.call(this, image, ...place);
  };
}
"""


def taken(tab: Page, name: str, entry: str, file: Path) -> Path:
    """What an entry of a figure's menu gives."""
    tab.get_by_role("button", name=f"Take with you: {name}", exact=True).first.click()
    with tab.expect_download() as download:
        tab.get_by_role("menuitem", name=entry, exact=True).click()
    download.value.save_as(file)
    return file


def watch_fineness(tab: Page) -> None:
    """From now on, `finenesses` of this document."""
    tab.evaluate(FINENESS)


def finenesses(tab: Page) -> set[float]:
    """Pixels for a CSS pixel of the page's canvases that were drawn onto a sheet, but for those that have a pixel a cell."""
    return set(tab.evaluate("[...window.__fineness]"))
