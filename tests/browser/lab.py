"""A JupyterLab server over a course of one lesson, and its pages as a student uses them, in Debian's Chromium."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from autograder.grading.course import Course

ROOT = Path(__file__).parents[2]
LESSON = "01_scalar_gradients"
FRONT_DOOR = "notebooks/README.md"

# Bounds on waiting for what must happen, and not measurements: two busy cores start a kernel with torch in ten seconds.
PATIENCE = 60_000
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium() -> str | None:
    """Return the path of the system's Chromium, or None where there is none."""
    return next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run Chromium without a window."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        yield browser
        browser.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Return a browser's profile, as new; its pages are patient."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, **options)
    context.set_default_timeout(PATIENCE)
    return context


def lesson_1_course(root: Path) -> Course:
    """Return a released course in `root` that has the students' README and the first lesson, and nothing handed in."""
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "solutions" / LESSON, root / "solutions" / LESSON)
    (root / "notebooks").mkdir()
    shutil.copy(ROOT / FRONT_DOOR, root / FRONT_DOOR)
    course = Course(root)
    course.generate_assignment(LESSON)
    return course


@dataclass(frozen=True)
class Server:
    """A running JupyterLab."""

    url: str
    token: str
    course: Course

    def copy_of(self, notebook: Path, name: str) -> str:
        """Put a copy of a notebook of the course beside it, so that no test meets what another one did; return its path."""
        folder = self.course.root / "work" / name
        folder.mkdir(parents=True)
        shutil.copy(notebook, folder / f"{LESSON}.ipynb")
        return str((folder / f"{LESSON}.ipynb").relative_to(self.course.root))


@contextmanager
def serving(course: Course, home: Path) -> Iterator[Server]:
    """Run JupyterLab over a course as `make lab` does, with all that it writes in `home`, on a port that it finds free."""
    binaries = Path(sys.executable).parent
    settings = home / "settings"
    settings.mkdir(parents=True)
    shutil.copy(ROOT / "binder" / "overrides.json", settings)
    token = secrets.token_hex(16)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(binaries), os.environ.get("PATH", "")]),
        "JUPYTER_TOKEN": token,
        **{f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")},
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [
        str(binaries / "jupyter-lab"),
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        f"--ServerApp.root_dir={course.root}",
        f"--LabApp.default_url=/lab/tree/{FRONT_DOOR}",
        f"--LabApp.app_settings_dir={settings}",
        f"--LabApp.user_settings_dir={home / 'user-settings'}",
        f"--LabApp.workspaces_dir={home / 'workspaces'}",
    ]
    log = home / "server.log"
    with log.open("w") as written:
        process = subprocess.Popen(command, cwd=course.root, env=environment, stdout=written, stderr=written)
    try:
        yield Server(_url_of(process, home / "runtime", log), token, course)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _url_of(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Return a server's address once it has written down where it listens."""
    written = runtime / f"jpserver-{process.pid}.json"
    end = time.monotonic() + PATIENCE / 1000
    while process.poll() is None and time.monotonic() < end:
        try:
            return str(json.loads(written.read_text())["url"]).rstrip("/")
        except (OSError, ValueError):
            time.sleep(0.05)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")


@dataclass(frozen=True)
class Cell:
    """A code cell of an open notebook, as a student sees and uses it."""

    here: Locator

    @property
    def _editor(self) -> Locator:
        return self.here.locator(".cm-content")

    @property
    def _prompt(self) -> Locator:
        return self.here.locator(".jp-InputArea-prompt")

    @property
    def panel(self) -> Locator:
        """The panel that a check cell shows."""
        return self.here.locator(".jp-OutputArea-output section")

    def write(self, source: str) -> None:
        """Replace what stands in the cell, key by key; the editor itself indents after a colon."""
        self._editor.click()
        keyboard = self.here.page.keyboard
        keyboard.press("ControlOrMeta+A")
        for i, line in enumerate(source.splitlines()):
            if i:
                keyboard.press("Enter")
            keyboard.type(line.strip())
        expect(self.here.locator(".cm-line")).to_have_text(source.splitlines())

    def start(self) -> None:
        """Run the cell with Shift+Enter, and wait until it has begun."""
        self._editor.click()
        self.here.page.keyboard.press("Shift+Enter")
        expect(self._prompt).to_have_text("[*]:")

    def run(self) -> None:
        """Run the cell with Shift+Enter, and wait until it is done."""
        before = str(self._prompt.text_content())
        self._editor.click()
        self.here.page.keyboard.press("Shift+Enter")
        expect(self._prompt).to_have_text(re.compile(rf"^(?!{re.escape(before)})\[\d+\]:$"))


@dataclass(frozen=True)
class Notebook:
    """A notebook, open in JupyterLab, with its kernel ready."""

    page: Page

    @classmethod
    def open(cls, page: Page, server: Server, path: str) -> Notebook:
        """Open a notebook in a workspace of its own, where nothing else is open."""
        page.goto(f"{server.url}/lab/workspaces/{secrets.token_hex(4)}/tree/{path}?token={server.token}")
        notebook = cls(page)
        notebook.await_kernel()
        return notebook

    def await_kernel(self) -> None:
        """Wait until the kernel is ready: JupyterLab drops what is run before."""
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("Python 3 (ipykernel) | Idle")

    @property
    def code_cells(self) -> Locator:
        """All code cells."""
        return self.page.locator(".jp-Notebook .jp-CodeCell")

    @property
    def panels(self) -> Locator:
        """All panels that check cells show; in a notebook that is not trusted, JupyterLab takes away their labels."""
        return self.page.locator(".jp-Notebook .jp-OutputArea-output section")

    def cell(self, source: str) -> Cell:
        """Return the one code cell in which a text stands."""
        return Cell(self.code_cells.filter(has=self.page.locator(".cm-content", has_text=source)))

    def check(self, name: str) -> Cell:
        """Return the check cell of an exercise of lesson 1."""
        return self.cell(f'check("scalar_gradients.{name}")')

    def answer_to(self, name: str) -> Cell:
        """Return the answer cell of an exercise: the cell above its check."""
        place = "data-windowed-list-index"
        check = int(str(self.check(name).here.get_attribute(place)))
        return Cell(self.page.locator(f'.jp-CodeCell[{place}="{check - 1}"]'))

    def answer(self, name: str, source: str) -> Locator:
        """Write an answer, run it and its check, and return the panel."""
        answer, check = self.answer_to(name), self.check(name)
        answer.write(source)
        answer.run()
        check.run()
        return check.panel

    def choose(self, menu: str, *entries: str) -> None:
        """Choose from JupyterLab's menus."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        for entry in entries:  # JupyterLab gives an entry that opens another menu no role.
            self.page.locator(f".lm-Menu-itemLabel:text-is('{entry}')").click()

    def run_all(self) -> None:
        """Run all cells, and wait until the last one is done."""
        self.choose("Run", "Run All Cells")
        expect(self.code_cells.last.locator(".jp-InputArea-prompt")).to_have_text(re.compile(r"\[\d+\]:"))

    def use_theme(self, name: str) -> None:
        """Change JupyterLab's theme, in its settings menu."""
        self.choose("Settings", "Theme", name)
        expect(self.page.locator(f'body[data-jp-theme-name="{name}"]')).to_be_attached()
        # It lies over everything for a moment.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)
