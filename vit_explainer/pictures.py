"""People's own pictures on their way between server and browser: the browser that brought one keeps it for an hour, and gives it back to a
server that does not know it. Nothing of this is written to a disk.
"""

from asyncio import Semaphore
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vit_explainer.gate import same_site

LARGEST = 20 * 10**6  # bytes
IN_MEMORY = 32 << 20  # bytes of an upload that stays in memory: a picture, whatever its form adds to it; larger are models alone
LONGEST_NAME = 100
AT_ONCE = Semaphore(2)
KIND = "image/png"
AS_IT_IS = {"Cache-Control": "no-store"}


async def picture(request: Request) -> Response:
    """GET: the picture of an id, to whoever knows it; HEAD asks whether it is here. POST: the picture for an id that was made for it."""
    name = request.path_params["name"]
    if request.method == "POST":
        return await given(name, request)
    from ui.state import uploads

    found = uploads.kept.find(name)
    if found is None and request.method == "HEAD":
        return Response(status_code=204, headers=AS_IT_IS)
    if found is None:
        return PlainTextResponse("There is no such picture here.", 404, AS_IT_IS)
    packed = b"" if request.method == "HEAD" else await run_in_threadpool(uploads.png, found.image)
    return Response(packed, headers=AS_IT_IS, media_type=KIND)


async def given(name: str, request: Request) -> Response:
    """Take a picture from the browser that kept it. One sentence says what is wrong with anything else."""
    from ui.state import uploads

    origin = request.headers.get("origin")
    if origin is None or not same_site(origin, request.headers.get("host")):
        return PlainTextResponse("A picture is taken from a page of this app alone.", 403)
    if not uploads.is_id(name):
        return PlainTextResponse("This is no picture's id.", 400)
    if uploads.kept.find(name) is not None:
        return Response(status_code=204)
    async with AT_ONCE:
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > LARGEST:
                return PlainTextResponse(f"A picture has at most {LARGEST:,} bytes.", 413)
        try:
            image = await run_in_threadpool(uploads.decoded, bytes(data))
        except ValueError as error:
            return PlainTextResponse(str(error), 400)
        if not await run_in_threadpool(uploads.is_of, name, image):
            return PlainTextResponse("This is not the picture of that id.", 400)
    title = unquote(request.headers.get("x-picture-name", ""))[:LONGEST_NAME] or "Your picture"
    uploads.kept.keep(uploads.Upload(name, title, image))
    return Response(status_code=204)


ROUTE = Route("/picture/{name}", picture, methods=["GET", "POST"])
