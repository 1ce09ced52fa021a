"""Makes the README's picture of a panel, `docs/images/panel.png`: `python -m tests.browser.screenshots`.

Given a folder, it writes that picture into it, and others beside it to look at: the front door, the first screen of the
notebook, and panels in the light and the dark theme.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from .lab import LESSON, ROOT, Notebook, Server, browsing, lesson_1_course, new_context, serving

ANSWERS = {
    "d_square": "def d_square(x):\n    return 2 * x",
    "d_poly": "def d_poly(x):\n    return 3 * x - 4",
    "grad_square": "def grad_square(x):\n    return x.grad",
    "central_difference": 'def central_difference(f, x, h=1e-5):\n    print("h is", h)\n    return f(x + h) - f(x - h)',
}


def picture_of_a_panel(notebook: Notebook, path: Path) -> None:
    """Answer with a known mistake, open the first hint, and write the panel's picture."""
    panel = notebook.answer("d_poly", ANSWERS["d_poly"])
    panel.locator("summary").first.click()
    notebook.page.mouse.move(0, 0)
    panel.screenshot(path=path, animations="disabled")
    print(path, f"{path.stat().st_size / 1024:.0f} KB")


def pictures_to_look_at(notebook: Notebook, folder: Path) -> None:
    """Write pictures of the first screen and of panels of several outcomes, in the light and the dark theme."""
    notebook.page.screenshot(path=folder / "notebook.png")
    notebook.check("predictions").run()
    for name, answer in ANSWERS.items():
        notebook.answer(name, answer)
    for theme in ("Dark", "Light"):
        notebook.use_theme(f"JupyterLab {theme}")
        for name in ("predictions", *ANSWERS):
            notebook.check(name).here.scroll_into_view_if_needed()
            notebook.page.screenshot(path=folder / f"{name}-{theme.lower()}.png")


def front_door(page: Page, server: Server, path: Path) -> None:
    """Write a picture of what the course opens on."""
    page.goto(f"{server.url}/?token={server.token}")
    page.locator(".jp-RenderedMarkdown h1").wait_for()
    page.screenshot(path=path)


def main() -> None:
    """Write the pictures."""
    look = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    folder = look or ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, "course")
        root.mkdir()
        course = lesson_1_course(root)
        with serving(course, Path(temporary, "home")) as server, browsing() as browser:
            # Twice the pixels, to be sharp on a page.
            context = new_context(browser, device_scale_factor=2)
            path = server.copy_of(course.released(LESSON), "pictures")
            notebook = Notebook.open(context.new_page(), server, path)
            notebook.cell("from autograder import check").run()
            if look:
                pictures_to_look_at(notebook, look)
                front_door(context.new_page(), server, look / "front-door.png")
            picture_of_a_panel(notebook, folder / "panel.png")


if __name__ == "__main__":
    main()
