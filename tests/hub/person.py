"""What a person does on a hub, by the requests that a browser makes: log in, start the server, work, hand in."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import nbformat
import requests
import websocket
from nbformat import NotebookNode

# A bound on waiting for what must happen, and not a measurement.
PATIENCE = 120


@dataclass(frozen=True)
class Person:
    """A user of a hub, logged in, whose server runs."""

    hub: str
    name: str
    session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def arrive(cls, hub: str, name: str, password: str) -> Person:
        """Log in with the system's password, as on the hub's page, and wait for the server."""
        person = cls(hub, name)
        form = person.session.get(f"{hub}/hub/login", timeout=PATIENCE)
        form.raise_for_status()
        answers = {"username": name, "password": password, "_xsrf": person.session.cookies["_xsrf"]}
        person.session.post(f"{hub}/hub/login", data=answers, timeout=PATIENCE).raise_for_status()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            # The hub sends a browser on to the server as soon as that is ready, and asks it to wait until then.
            page = person.session.get(f"{hub}/hub/user/{name}/lab", timeout=PATIENCE)
            if page.url.startswith(f"{hub}/user/{name}/lab"):
                page.raise_for_status()
                return person
            time.sleep(0.2)
        raise RuntimeError(f"The server of {name} did not start; the hub shows {page.url}:\n{page.text[-2000:]}")

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request to a server: to one's own, or where the path begins with a slash to any part of the hub."""
        url = self.hub + path if path.startswith("/") else f"{self.hub}/user/{self.name}/{path}"
        crumbs = [str(one.value) for one in self.session.cookies if one.name == "_xsrf" and self.name in one.path]
        headers = {"X-XSRFToken": "".join(crumbs[:1]), "Referer": self.hub}
        return self.session.request(method, url, headers=headers, timeout=PATIENCE, **options)

    def told(self, method: str, path: str, **options: Any) -> Any:
        """Return the answer to a request that has to succeed."""
        answer = self.ask(method, path, **options)
        assert answer.ok, f"{self.name}: {answer.status_code} {answer.url}\n{answer.text[-3000:]}"
        return answer.json()

    def text(self, path: str) -> str:
        """Return the text of a file in one's home."""
        asked = {"type": "file", "format": "text"}
        return str(self.told("GET", f"api/contents/{quote(path)}", params=asked)["content"])

    def open(self, path: str) -> NotebookNode:
        """Return a notebook in one's home, as the server hands it to JupyterLab."""
        return nbformat.from_dict(self.told("GET", f"api/contents/{quote(path)}")["content"])

    def save(self, path: str, notebook: NotebookNode) -> None:
        """Save a notebook."""
        self.told("PUT", f"api/contents/{quote(path)}", json={"type": "notebook", "content": notebook})

    def execute(self, path: str, cells: Sequence[NotebookNode]) -> None:
        """Run cells of a notebook in a kernel of its own, and put the outputs into them."""
        asked = {"path": path, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        session = self.told("POST", "api/sessions", json=asked)
        kernel = session["kernel"]["id"]
        cookies = self.session.cookies
        sent = requests.Request("GET", f"{self.hub}/user/{self.name}/", cookies=cookies).prepare().headers["Cookie"]
        address = self.hub.replace("http", "ws", 1) + f"/user/{self.name}/api/kernels/{kernel}/channels"
        channels = websocket.create_connection(address, cookie=sent, timeout=PATIENCE)
        try:
            for cell in cells:
                cell.outputs = _run(channels, cell.source)
        finally:
            channels.close()
            self.ask("DELETE", f"api/sessions/{session['id']}")

    def follow(self, link: str) -> None:
        """Follow one of nbgitpuller's links: the page that it leads to asks for what the link says."""
        page = self.ask("GET", link)
        assert page.url.startswith(f"{self.hub}/user/{self.name}/git-pull?"), page.url
        events = self.ask("GET", f"git-pull/api?{urlsplit(page.url).query}").text
        assert '"phase": "finished"' in events, events[-3000:]

    def assignment(self, action: str, lesson: str, course: str) -> dict[str, Any]:
        """Press a button of *Assignment List*; return what it then shows of a lesson, newest last."""
        asked = {"course_id": course, "assignment_id": lesson}
        listed = self.told("POST", f"assignments/{action}", json=asked)
        assert listed["success"], listed
        return {one["status"]: one for one in listed["value"] if one["assignment_id"] == lesson}

    def validate(self, path: str) -> dict[str, Any]:
        """Press *Validate*."""
        said = self.told("POST", "assignments/validate", json={"path": path})
        assert said["success"], said
        return dict(said["value"])


def until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process serves a page."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            if requests.get(url, timeout=PATIENCE).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer.")


def _run(channels: websocket.WebSocket, source: str) -> list[NotebookNode]:
    """Send a cell to a kernel, and collect its outputs until the kernel is idle again."""
    about = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "", "version": "5.3"}
    content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
    message = {"header": about, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    channels.send(json.dumps(message | {"buffers": []}))
    outputs: list[NotebookNode] = []
    while True:
        said = json.loads(channels.recv())
        if said["parent_header"].get("msg_id") != about["msg_id"]:
            continue
        if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
            return outputs
        if said["msg_type"] in ("stream", "display_data", "execute_result", "error"):
            outputs.append(nbformat.v4.output_from_msg(nbformat.from_dict(said)))
