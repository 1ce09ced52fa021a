"""Makes the documents' pictures, `docs/images/*.png`: `python -m tests.browser.screenshots`.

Each keeps the words that stand in it, so that `test_screenshots.py` sees when the pages say something else. Given a folder,
it writes them into it, and others beside them to look at: the first page, the first screen of the notebook, and panels in
the light and the dark theme.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from PIL import Image, PngImagePlugin
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from autograder.grading.course import Course
from autograder.grading.inputs import NAME
from autograder.lessons import all_lessons
from tests.grading.conftest import run
from tests.notebooks.conftest import new_course
from tests.sample_class import make_class

from .lab import LESSON, ROOT, Notebook, Server, browsing, new_context, serving

IMAGES = ROOT / "docs" / "images"
WORDS = "Words"
COLOURS = 64
MARGIN = 8

REFLECTION = (
    "A difference is off by an error that depends on the step, and autograd is exact up to rounding. And a difference asks "
    "for another call of the function for each input, where one backward pass gives the slopes of all of them."
)
ANSWERS = {
    "d_square": "def d_square(x):\n    return 2 * x",
    "d_poly": "def d_poly(x):\n    return 3 * x - 4",
    "grad_square": "def grad_square(x):\n    return x.grad",
    "central_difference": 'def central_difference(f, x, h=1e-5):\n    print("h is", h)\n    return f(x + h) - f(x - h)',
}


@dataclass(frozen=True)
class Picture:
    """What is to be seen in a picture: parts of one page that fit into its window, and whatever lies between them."""

    name: str
    parts: tuple[Locator, ...]

    @property
    def words(self) -> str:
        """The words that stand in its parts."""
        return "\n".join(" ".join(part.inner_text().split()) for part in self.parts)

    def write(self, folder: Path) -> None:
        """Write it as a PNG with few colours, and its words in it."""
        page = self.parts[0].page
        page.mouse.move(0, 0)
        self.parts[-1].evaluate(
            "part => { part.style.scrollMarginBottom = '9px'; part.scrollIntoView({block: 'end', behavior: 'instant'}) }"
        )
        boxes = [box for part in self.parts if (box := part.bounding_box()) is not None]
        left, top = (max(min(box[side] for box in boxes) - MARGIN, 0) for side in ("x", "y"))
        right = max(box["x"] + box["width"] for box in boxes) + MARGIN
        # Room for a border, and not for what follows.
        bottom = max(box["y"] + box["height"] for box in boxes) + 2
        clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        shot = page.screenshot(clip=clip, animations="disabled")
        words = PngImagePlugin.PngInfo()
        words.add_itxt(WORDS, self.words)
        path = folder / f"{self.name}.png"
        image = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        image.save(path, optimize=True, pnginfo=words)
        print(path, f"{path.stat().st_size / 1024:.0f} KB")


def words_in(path: Path) -> str:
    """Return the words that a picture keeps."""
    with Image.open(path) as image:
        return str(image.info.get(WORDS, ""))


def sample_course(root: Path) -> Course:
    """Return a course whose sample class has handed in the first lesson, graded, with a report and one feedback page."""
    lesson = all_lessons()[0]
    course = new_course(root, [lesson])
    # Drawn from it, the numbers in the pictures are the same every time.
    (root / NAME).write_bytes(bytes(32))
    (root / NAME).chmod(0o600)
    make_class(root, lesson)
    path = root / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") == "reflection"]
    cell.source = REFLECTION
    nbformat.write(notebook, path)
    # One submission can't be read, and the command says so by its status.
    for arguments, status in (
        (("grade", "--cell-timeout=3"), 1),
        (("grade", "--feedback", "--student=ada"), 0),
        (("report",), 0),
    ):
        done = run(root, "autograder", *arguments)
        assert done.returncode == status, done.stdout + done.stderr
    return course


def sample_context(browser: Browser, server: Server) -> BrowserContext:
    """Return a browser's profile whose pages load nothing from other sites, with twice the pixels, to be sharp on a page."""
    context = new_context(browser, device_scale_factor=2)
    here = ("file:", "data:", "blob:", server.url)
    context.route("**/*", lambda route: route.continue_() if route.request.url.startswith(here) else route.abort())
    return context


def pictures(context: BrowserContext, server: Server) -> Iterator[Picture]:
    """Yield the documents' pictures, each while its page shows it."""
    yield panel(context.new_page(), server)
    page, root = context.new_page(), server.course.root
    page.set_viewport_size({"width": 1300, "height": 1100})
    page.goto(f"{server.url}/formgrader?token={server.token}")
    page.get_by_role("link", name=LESSON).wait_for()
    yield Picture("formgrader", (page.locator("body > .container-fluid"),))

    page.set_viewport_size({"width": 1000, "height": 1100})
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "autograd") as gradebook:
        graded = gradebook.find_submission(LESSON, "ada").notebooks[0].id
    page.goto(f"{server.url}/formgrader/submissions/{graded}")
    page.wait_for_load_state("networkidle")
    cells = page.locator("#notebook-container .cell")
    page.locator("#reflection-comment").fill(
        "Two good reasons. Which of them matters for a network with a million weights?"
    )
    yield Picture("reflection", (cells.filter(has_text="A friend says"), cells.filter(has_text=REFLECTION[:40])))

    page.goto((root / "feedback" / "ada" / LESSON / f"{LESSON}.html").as_uri())
    answer = cells.filter(has_text="def d_square")
    yield Picture(
        "feedback", (cells.filter(has_text="1.2 ·"), answer, cells.filter(has_text='check("scalar_gradients.d_square'))
    )

    page.set_viewport_size({"width": 1100, "height": 1100})
    page.goto((root / "report" / "index.html").as_uri())
    yield Picture("report", (page.locator("header"), page.get_by_role("region", name="Say this in the lecture")))
    table = page.get_by_role("region", name="Table: mistakes")
    yield Picture("mistakes", (page.locator("#mistakes"), table.locator("thead"), *table.locator("tbody tr").all()[:4]))


def panel(page: Page, server: Server) -> Picture:
    """Answer with a known mistake, and open the first hint."""
    notebook = Notebook.open(page, server, server.copy_of(server.course.released(LESSON), "pictures"))
    notebook.cell("from autograder import check").run()
    shown = notebook.answer("d_poly", ANSWERS["d_poly"])
    shown.locator("summary").first.click()
    return Picture("panel", (shown,))


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


def first_page(page: Page, server: Server, path: Path) -> None:
    """Write a picture of what the course opens on."""
    page.goto(f"{server.url}/?token={server.token}")
    page.locator(".jp-RenderedMarkdown h1").wait_for()
    page.screenshot(path=path)


def main() -> None:
    """Write the pictures."""
    look = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    folder = look or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, "course")
        root.mkdir()
        course = sample_course(root)
        with serving(course, Path(temporary, "home")) as server, browsing() as browser:
            context = sample_context(browser, server)
            for picture in pictures(context, server):
                picture.write(folder)
            if look:
                path = server.copy_of(course.released(LESSON), "look")
                notebook = Notebook.open(context.new_page(), server, path)
                notebook.cell("from autograder import check").run()
                pictures_to_look_at(notebook, look)
                first_page(context.new_page(), server, look / "first-page.png")


if __name__ == "__main__":
    main()
