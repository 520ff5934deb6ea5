"""What is kept where, and for how long: one plain page at `/privacy`. It opens without a session, also when the server is full.

Each sentence is held by a test, `tests/unit/serve/test_privacy.py` or `tests/browser/served/test_privacy.py`, or by the one that is named
there.
"""

from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from vit_explainer.gate import KEPT, SEAT
from vit_explainer.headers import REPLICA

PATH = "/privacy"
STORED = {
    "_streamlit_xsrf": ("cookie", "shows that an upload comes from this app’s page", "until the browser is closed"),
    SEAT: ("cookie", "your place on a server that may be full: chance characters, new for each browser", "until the browser is closed"),
    REPLICA: ("cookie", "which of several processes has your session; only where there are several", "until the browser is closed"),
    "vit-explainer": ("IndexedDB", "pictures that you brought", "one hour, or until “Forget it”"),
    "vit-lesson": ("local storage", "the lesson that you collect, if you collect one", "until you empty it"),
    "vit-presenting": ("session storage", "which view of a lesson is projected", "until the tab is closed"),
}
"""All that a browser keeps of the app: a name, where, what, how long. Streamlit's own are in `STREAMLIT`."""
STREAMLIT = {
    "stActiveTheme": ("local storage", "light or dark", "until you clear the site’s data"),
    "stSidebar": ("local storage", "whether the sidebar is folded", "until you clear the site’s data"),
    "sidebar": ("local storage", "how wide the sidebar is", "until you clear the site’s data"),
}
"""What Streamlit keeps there; the names go on after these beginnings."""
STYLE = """
:root { color-scheme: light dark; background: light-dark(#ffffff, #14161a); color: light-dark(#111111, #eceef2) }
body { font: 1rem/1.55 system-ui, sans-serif; margin: 2rem auto 4rem; max-width: 46rem; padding: 0 1rem; overflow-wrap: break-word }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 1.8rem 0 0.3rem }
p, li { margin: 0.45rem 0 } table { border-collapse: collapse; width: 100% } code { font-size: 0.95em }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.9rem 0.35rem 0; border-bottom: 1px solid #8886 }
a { color: light-dark(#1f3fbf, #9db4ff) }
@media (max-width: 600px) {
  thead { position: absolute; clip-path: inset(50%) } tr { margin: 0.8rem 0 }
  tr, td, tbody, table { display: block; border: 0; padding: 0.1rem 0 }
}
"""


@cache
def document() -> str:
    """The page as HTML; its figures are those that the code uses."""
    from ui.shell.bring import MOST_MB
    from ui.state import uploads
    from ui.work.models import KEPT_OWN

    rows = "".join(
        f"<tr><td><code>{name}</code><td>{where}<td>{what}<td>{how_long}</tr>"
        for name, (where, what, how_long) in (STORED | STREAMLIT).items()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Privacy · Vision Transformers</title>
<style>{STYLE}</style></head>
<body><main>
<h1>Privacy</h1>
<p>What this app keeps, where, and for how long. It has no accounts and no advertising, and it tells nobody who uses it.</p>
<h2>Your pictures</h2>
<ul>
<li>A picture that you upload or take is read in the server’s memory, and the file is let go at once, with what stands in it beside the
pixels, such as where it was taken. The server writes none of these pictures to a disk, and
nothing that the model made of them.</li>
<li>The pixels, at most {uploads.LONGEST_SIDE:,} a side, stay in its memory for {uploads.HOUR / 3600:.0f} hour; a tab that has the picture
keeps it as long as the tab is open. What the model made of it goes with it.</li>
<li>Its address holds chance characters that cannot be guessed. Whoever gets the link from you sees the picture while it is kept.</li>
<li>Your browser keeps it for {uploads.HOUR / 3600:.0f} hour too, to give it back to a server that was started anew.</li>
<li>“Forget it”, beside the picture’s name, lets it go at once, in the server and in your browser; another open tab that shows it has
it until that is closed.</li>
</ul>
<h2>Models that you bring</h2>
<p>Files of a model (up to {MOST_MB} MB) lie in a temporary folder of the server while your session keeps the model: the last
{KEPT_OWN} that you brought. They are in no link, and other sessions cannot choose them.</p>
<h2>Your session</h2>
<p>What you have set lies in the server’s memory as long as the tab is open, and {KEPT / 60:.0f} minutes longer, so that a broken connection
can go on; on a server that nobody visits, until the next visit. What you look at stands in the address of the page and nowhere else.</p>
<h2>What your browser keeps</h2>
<table><thead><tr><th>name<th>where<th>what<th>how long</tr></thead><tbody>{rows}</tbody></table>
<h2>Logs and counts</h2>
<p>The server’s log has no line for a visit, and holds no pictures, no names of files and no addresses. Whoever runs the server may count in
totals: open tabs, uploads, waiting times. The provider or a proxy in front of this server may keep logs of its own: ask
whoever runs it.</p>
<h2>Other sites</h2>
<p>Your browser asks this server and no other; a content security policy holds it to that. The server asks none either, with one exception:
when somebody here downloads a model, it asks the hub of Hugging Face for the files of that model, and tells nothing of you.</p>
<p><a href=".">To the app</a></p>
</main></body>
</html>
"""


async def privacy(_: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse(document(), headers={"Cache-Control": "no-cache"})


ROUTE = Route(PATH, privacy, methods=["GET"])
