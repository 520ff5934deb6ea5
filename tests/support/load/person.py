"""One person without a browser: speaks Streamlit's own websocket as its page does, and remembers what a browser would remember.

A browser keeps messages of 10 kB and more for some runs and tells the server their hashes, so that they are not sent again; it runs
fragments again that ask for it; and on a first visit it fetches the page's files. All of that is done here, nothing is drawn.
"""

import asyncio
import http.client
import re
import time
import uuid
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 90.0  # seconds for an answer
AT_ONCE = 4  # connections over which files are fetched
LINKED = re.compile(r'<link rel="modulepreload"[^>]*? href="([^"]+)"|<script[^>]*? src="([^"]+)"')
DONE, WRONG = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR
EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN


class Broken(Exception):
    """The server's answer was none."""


@dataclass(eq=False)
class Person:
    """A tab at `url`. `received` counts the bytes of its websocket's messages; of these `by_reference` stood for one that it has."""

    url: str
    received: int = 0
    messages: int = 0
    by_reference: int = 0
    exceptions: int = 0
    pages: dict[str, str] = field(default_factory=dict)
    sizes: list[str] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)  # the hash of a message and the run in which it was last of use
    runs: int = 0
    oldest: int = 0  # runs for which a message is kept
    query: str = ""
    here: str = ""
    session: str = ""
    widgets: dict[str, str] = field(default_factory=dict)  # a widget's label and its id
    files: set[str] = field(default_factory=set)
    again: dict[str, asyncio.Task] = field(default_factory=dict)  # the fragments that run by themselves
    socket: ClientConnection | None = None
    answer: asyncio.Future | None = None
    addresses: asyncio.Future | None = None

    async def enter(self, page: str = "", query: str = "", files: bool = False) -> float:
        """Open a page by its address; the seconds until it has been answered whole."""
        start = time.perf_counter()
        if files:
            document = await asyncio.to_thread(fetch, self.url, ["/"])
            await self.fetch([one or other for one, other in LINKED.findall(document[0].decode())])
        where = urlsplit(self.url).netloc
        self.socket = await connect(
            f"ws://{where}/_stcore/stream", subprotocols=["streamlit"], max_size=2**28, compression=None, ping_interval=None
        )
        self.listening = asyncio.create_task(self._listen())
        self.query = query
        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_name = query, page
        await self.ask(message)
        if files:
            await self.fetch(sorted(self.files))
        return time.perf_counter() - start

    async def resize(self, choice: int) -> float:
        """Choose another resolution, by its place in the list; the seconds until the answer."""
        message = self.rerun()
        widget = message.rerun_script.widget_states.widgets.add(id=self.widgets["Resolution"])
        widget.string_array_value.data.append(self.sizes[choice % len(self.sizes)])
        return await self.ask(message)

    async def go(self, page: str) -> float:
        """Open another page from the bar; the seconds until the answer."""
        for task in self.again.values():
            task.cancel()
        self.again.clear()
        self.here, self.query = self.pages[page], ""
        return await self.ask(self.rerun())

    async def upload(self, name: str, data: bytes) -> float:
        """Bring a picture of one's own; the seconds from the choice of the file until the answer."""
        start = time.perf_counter()
        asked = BackMsg()
        asked.file_urls_request.request_id = uuid.uuid4().hex
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self.session
        self.addresses = asyncio.get_running_loop().create_future()
        await self.say(asked)
        place = await asyncio.wait_for(self.addresses, PATIENCE)
        await asyncio.to_thread(put, self.url, place.upload_url, name, data)
        message = self.rerun()
        widget = message.rerun_script.widget_states.widgets.add(id=self.widgets["Your own picture"])
        taken = widget.file_uploader_state_value.uploaded_file_info.add(name=name, size=len(data), file_id=place.file_id)
        taken.file_urls.CopyFrom(place)
        await self.ask(message)
        return time.perf_counter() - start

    async def leave(self) -> None:
        """Close the tab."""
        for task in self.again.values():
            task.cancel()
        if self.socket is not None:
            self.listening.cancel()
            await self.socket.close()

    def rerun(self, fragment: str = "") -> BackMsg:
        """The message that has the open page run, or a part of it."""
        message = BackMsg()
        script = message.rerun_script
        script.query_string, script.page_script_hash, script.fragment_id = self.query, self.here, fragment
        script.is_auto_rerun = bool(fragment)
        script.cached_message_hashes.extend(self.kept)
        return message

    async def ask(self, message: BackMsg) -> float:
        """Send it; the seconds until the run that it causes is over. Broken where there is no answer."""
        assert self.answer is None, "One thing at a time."
        self.answer, self.begun = asyncio.get_running_loop().create_future(), False
        start = time.perf_counter()
        try:
            await self.say(message)
            await asyncio.wait_for(self.answer, PATIENCE)
        except TimeoutError:
            raise Broken("no answer") from None
        finally:
            self.answer = None
        return time.perf_counter() - start

    async def say(self, message: BackMsg) -> None:
        assert self.socket is not None
        await self.socket.send(message.SerializeToString())

    async def fetch(self, paths: list[str]) -> None:
        """Get files as a browser does, over a few connections."""
        await asyncio.gather(*(asyncio.to_thread(fetch, self.url, paths[k::AT_ONCE]) for k in range(AT_ONCE) if paths[k::AT_ONCE]))

    async def _listen(self) -> None:
        assert self.socket is not None
        problem: Exception = Broken("the connection was closed")
        try:
            async for data in self.socket:
                assert isinstance(data, bytes)
                self.received += len(data)
                self.messages += 1
                self._take(ForwardMsg.FromString(data))
        except Exception as error:
            problem = error
        for waiting in (self.answer, self.addresses):
            if waiting is not None and not waiting.done():
                waiting.set_exception(problem)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if message.metadata.cacheable:
            self.kept[message.hash] = self.runs
        if kind == "ref_hash":
            self.by_reference += 1
            self.kept[message.ref_hash] = self.runs
        elif kind == "new_session":
            self.session = message.new_session.initialize.session_id
            self.here = message.new_session.page_script_hash
            self.oldest = message.new_session.config.max_cached_message_age
            self.begun = self.begun or not message.metadata.run.fragment_ids
        elif kind == "navigation":
            self.here = message.navigation.page_script_hash  # opened by its address, only this says which page it is
            self.pages = {page.url_pathname if not page.is_default else "": page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._see(message.delta.new_element)
        elif kind == "auto_rerun":
            self._repeat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                if fragment in self.again:
                    self.again.pop(fragment).cancel()
        elif kind == "file_urls_response" and self.addresses is not None:
            self.addresses.set_result(message.file_urls_response.file_urls[0])
        elif kind == "script_finished":
            self._finished(message.script_finished)

    def _see(self, element) -> None:
        kind = element.WhichOneof("type")
        if kind == "slider":
            self.widgets[element.slider.label] = element.slider.id
            if element.slider.label == "Resolution":
                self.sizes = [option for option in element.slider.options if int(option.split()[0]) <= 384]
        elif kind == "file_uploader":
            self.widgets[element.file_uploader.label] = element.file_uploader.id
        elif kind == "exception":
            self.exceptions += 1
        elif kind == "bidi_component":
            self.files |= {f"/{one}" for one, _ in LINKED.findall(element.bidi_component.html_content)}

    def _finished(self, status: int) -> None:
        self.runs += status != EARLY
        if status == DONE:  # the run of a part counts, but takes nothing away
            self.kept = {one: last for one, last in self.kept.items() if self.runs - last <= self.oldest}
        if self.answer is None or self.answer.done():
            return
        if status == WRONG:
            self.answer.set_exception(Broken("the page did not run"))
        elif status == DONE and self.begun:
            self.answer.set_result(None)

    def _repeat(self, fragment: str, seconds: float) -> None:
        async def again() -> None:
            while True:
                await asyncio.sleep(seconds)
                if self.answer is None:
                    await self.say(self.rerun(fragment))

        if fragment not in self.again:
            self.again[fragment] = asyncio.create_task(again())


def fetch(url: str, paths: list[str]) -> list[bytes]:
    """What lies at these paths, over one connection. Broken where one is not there."""
    connection, found = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE), []
    for path in paths:
        packed = {} if path == "/" else {"Accept-Encoding": "gzip"}
        connection.request("GET", "/" + path.removeprefix(".").removeprefix("/"), headers=packed)
        answer = connection.getresponse()
        found.append(answer.read())
        if answer.status != 200:
            raise Broken(f"{path}: {answer.status}")
    connection.close()
    return found


def put(url: str, path: str, name: str, data: bytes) -> None:
    """Send a file to the address that the server gave for it. Broken where it is refused."""
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    connection.request("GET", "/_stcore/health")
    answer = connection.getresponse()
    answer.read()
    cookie = SimpleCookie(answer.headers["Set-Cookie"])["_streamlit_xsrf"].value
    told = {"Cookie": f"_streamlit_xsrf={cookie}", "X-Xsrftoken": cookie, "Content-Type": f"multipart/form-data; boundary={mark}"}
    connection.request("PUT", "/" + path.removeprefix("/"), body, told)
    status = connection.getresponse().status
    connection.close()
    if status not in (200, 204):
        raise Broken(f"the upload was answered with {status}")


def wait_until_ready(url: str) -> None:
    """Until the model has answered: what the start takes is measured elsewhere."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            fetch(url, ["/ready"])
            return
        except Broken:
            time.sleep(0.1)
