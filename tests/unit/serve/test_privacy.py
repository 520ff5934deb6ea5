"""What the page "Privacy" says is what the code does. What is written, logged and kept by a browser:
`tests/browser/served/test_privacy.py`."""

from io import BytesIO

from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from ui.state import uploads
from vit_explainer import gate, pictures, privacy

GPS, MAKE = 0x8825, 0x010F


def photograph() -> bytes:
    """A JPEG that says where it was taken, and with what."""
    image, packed = Image.new("RGB", (60, 40), "red"), BytesIO()
    exif = Image.Exif()
    exif[MAKE] = "A camera of mine"
    exif[GPS] = {1: "N", 2: (47.0, 3.0, 12.0)}
    image.save(packed, "JPEG", exif=exif, comment=b"taken at home")
    return packed.getvalue()


def test_of_a_picture_only_its_pixels_are_kept() -> None:
    data = photograph()
    assert b"A camera of mine" in data and b"taken at home" in data
    image = uploads.decoded(data)
    assert image.size == (60, 40) and not image.info and not image.getexif()
    again = uploads.png(image)
    assert b"camera" not in again and b"home" not in again


def test_an_upload_of_a_picture_stays_in_memory() -> None:
    from starlette.formparsers import MultiPartParser

    import vit_explainer.serve  # noqa: F401

    assert pictures.LARGEST < pictures.IN_MEMORY == MultiPartParser.spool_max_size


def test_the_page_opens_on_a_full_server_and_takes_no_seat() -> None:
    app = Starlette(routes=[privacy.ROUTE], middleware=[Middleware(gate.Gate, most=1)])
    browser = TestClient(app, headers={"Accept": "text/html"})
    for _ in range(3):
        answer = browser.get("/privacy")
        assert answer.status_code == 200 and "set-cookie" not in answer.headers
    assert "<script" not in answer.text and "http" not in answer.text.replace('http-equiv="', "")


def test_its_figures_are_those_of_the_code() -> None:
    text = " ".join(privacy.document().split())
    assert "stay in its memory for 1 hour" in text and uploads.HOUR == 3600
    assert "at most 2,048 a side" in text and uploads.LONGEST_SIDE == 2048
    assert "and 2 minutes longer" in text and gate.KEPT == 120
    assert "the last 3 that you brought" in text and "up to 400 MB" in text


def test_streamlit_keeps_a_session_without_a_tab_as_long_as_the_page_says() -> None:
    from streamlit.runtime.memory_session_storage import MemorySessionStorage

    assert MemorySessionStorage()._cache.ttl == gate.KEPT
