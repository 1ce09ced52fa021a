"""One JupyterLab and one Chromium for all tests that look at a page."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from .lab import LESSON, Notebook, Server, browsing, chromium, lesson_1_course, new_context, serving


# One module's and not the session's: while Playwright runs, its event loop would be in the way of other tests' loops.
@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if chromium() is None:
        pytest.skip("chromium is not installed: make setup installs it")
    course = lesson_1_course(tmp_path_factory.mktemp("course"))
    with serving(course, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def context(server: Server) -> Iterator[BrowserContext]:
    with browsing() as browser:
        yield new_context(browser)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def untouched(context: BrowserContext, server: Server) -> Notebook:
    """Return the students' notebook after *Run All*; tests look at it and write nothing."""
    path = server.copy_of(server.course.released(LESSON), "untouched")
    notebook = Notebook.open(context.new_page(), server, path)
    notebook.run_all()
    return notebook


@pytest.fixture(scope="module")
def lesson(context: BrowserContext, server: Server) -> Notebook:
    """Return the students' notebook after its imports; each test writes the answers that it looks at."""
    path = server.copy_of(server.course.released(LESSON), "lesson")
    notebook = Notebook.open(context.new_page(), server, path)
    notebook.cell("from autograder import check").run()
    return notebook


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of the page of a test that failed."""
    report = yield
    if report.when == "call" and report.failed:
        shown = next((item.funcargs[name] for name in ("page", "untouched", "lesson") if name in item.funcargs), None)
        page = shown.page if isinstance(shown, Notebook) else shown
        if page is not None:
            folder = (
                item.funcargs["server"].course.root.parent if "server" in item.funcargs else item.funcargs["tmp_path"]
            )
            picture = folder / f"{item.name}.png"
            page.screenshot(path=picture)
            report.sections.append(("The page as it was", str(picture)))
    return report
