"""The package for behind the walls is built once, and again when anything changed that it is built from."""

from __future__ import annotations

import io
import marshal
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.grading.sandbox import redact


class Builder:
    """Stands for what takes most of a second: it builds a package of its own at each call."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        return f"package {self.calls}".encode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a package and lessons, from which the package for behind the walls is built."""
    for name in ("autograder/__init__.py", "autograder/view.py", "autograder/templates/panel.html", "lessons/sine.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    monkeypatch.setattr(redact, "file_of", lambda module: tmp_path / "autograder" / "__init__.py")
    monkeypatch.setattr(redact, "lessons_folder", lambda: tmp_path / "lessons")
    return tmp_path


@pytest.fixture
def builder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    builder = Builder()
    monkeypatch.setattr(redact, "build", builder)
    return builder


def kept(folder: Path) -> list[Path]:
    return list((folder / "autograder" / "__pycache__").iterdir())


def contents(packed: bytes) -> dict[str, object]:
    """Return what is in a package, by name; of a module its code, which can be written down in more than one way."""
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        found = {name: file.read(name) for name in file.namelist()}
    return {name: marshal.loads(raw[16:]) if name.endswith(".pyc") else raw for name, raw in found.items()}


def test_what_is_kept_is_what_is_built() -> None:
    built = contents(redact.build())
    assert any(name.endswith(".pyc") for name in built)
    assert contents(redact.package()) == built
    assert contents(redact.package()) == built


def test_it_is_built_once(builder: Builder, folder: Path) -> None:
    assert [redact.package() for _ in range(3)] == [b"package 1"] * 3
    assert len(kept(folder)) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "autograder" / "view.py").write_text("# changed\n"),
        lambda folder: (folder / "autograder" / "deeper").mkdir() or (folder / "autograder/deeper/new.py").touch(),
        lambda folder: (folder / "autograder" / "view.py").rename(folder / "autograder" / "views.py"),
        lambda folder: (folder / "autograder" / "view.py").unlink(),
        lambda folder: (folder / "autograder" / "templates" / "panel.html").write_text("<p>"),
        lambda folder: (folder / "lessons" / "sine.py").write_text("# changed\n"),
        lambda folder: (folder / "lessons" / "cosine.py").touch(),
    ],
    ids=["text", "new module", "other name", "removed", "template", "lesson", "new lesson"],
)
def test_it_is_built_again_when_anything_changed(
    builder: Builder, folder: Path, change: Callable[[Path], object]
) -> None:
    redact.package()
    change(folder)
    assert [redact.package() for _ in range(2)] == [b"package 2"] * 2


@pytest.mark.parametrize("spoilt", [b"", b"package 1", bytes(32) + b"package of somebody else"])
def test_one_that_is_spoilt_is_built_again(builder: Builder, folder: Path, spoilt: bytes) -> None:
    redact.package()
    kept(folder)[0].write_bytes(spoilt)
    assert [redact.package() for _ in range(2)] == [b"package 2"] * 2


def test_each_course_has_its_own(builder: Builder, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    redact.package()
    other = folder / "other lessons"
    other.mkdir()
    for lessons in (other, folder / "lessons", other):
        monkeypatch.setattr(redact, "lessons_folder", lambda lessons=lessons: lessons)
        assert redact.package() == (b"package 2" if lessons == other else b"package 1")


def test_where_nothing_can_be_kept_it_is_built_each_time(builder: Builder, folder: Path) -> None:
    (folder / "autograder" / "__pycache__").write_text("no folder")
    assert [redact.package() for _ in range(2)] == [b"package 1", b"package 2"]
