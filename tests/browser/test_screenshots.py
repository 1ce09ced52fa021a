"""The documents' pictures say what the pages say now, and the documents use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab import ROOT, browsing, chromium, serving
from .screenshots import IMAGES, Picture, pictures, sample_context, sample_course, words_in

MAX_BYTES = 200_000


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Picture]]:
    if chromium() is None:
        pytest.skip("chromium is not installed: make setup installs it")
    course = sample_course(tmp_path_factory.mktemp("course"))
    with serving(course, tmp_path_factory.mktemp("home")) as server, browsing() as browser:
        yield pictures(sample_context(browser, server), server)


def test_the_pictures_say_what_the_pages_say(shown: Iterator[Picture]) -> None:
    now = {picture.name: picture.words for picture in shown}
    kept = {path.stem: words_in(path) for path in IMAGES.glob("*.png")}
    assert kept == now, "run `python -m tests.browser.screenshots`, and look at the pictures"


def test_a_document_shows_each_picture_and_says_what_is_on_it() -> None:
    found = {}
    for document in (ROOT / "README.md", ROOT / "docs" / "instructors.md"):
        for text, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
            found[(document.parent / target).resolve()] = text
    assert found.keys() == set(IMAGES.glob("*.png"))
    assert [path for path, text in found.items() if len(text.split()) < 12] == []


@pytest.mark.parametrize("path", sorted(IMAGES.glob("*.png")), ids=lambda path: path.stem)
def test_a_picture_is_small(path: Path) -> None:
    assert path.stat().st_size < MAX_BYTES
