"""Packs the zip file for students: their notebooks, this package, and a list of what to install. It contains nothing else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from .modules import DISTRIBUTION, lessons_folder
from .view import templates

# A zip file must contain a time. A fixed one makes the same zip file from the same files.
_TIME = (1980, 1, 1, 0, 0, 0)


def pack(notebooks: Path, name: str) -> bytes:
    """Return a zip file with the released notebooks of a folder, the package, and a list of what to install.

    Parameters
    ----------
    notebooks
        The folder with `README.md` and `<lesson>/<lesson>.ipynb`. What else lies there is left out.
    name
        The name of the folder in the zip file.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for inside, content in sorted(_files(notebooks, name)):
            file.writestr(zipfile.ZipInfo(f"{name}/{inside}", _TIME), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _files(notebooks: Path, packed: str) -> Iterator[tuple[str, bytes]]:
    package = Path(__file__).parent
    for path in (notebooks / "README.md", *notebooks.glob("*/*.ipynb")):
        if path.is_file() and (path.name == "README.md" or path.stem == path.parent.name):
            yield f"notebooks/{path.relative_to(notebooks)}", path.read_bytes()
    for pattern in ("*.py", "templates/*.*", "py.typed"):
        for path in package.rglob(pattern):
            if path.parent != package / "lessons" or path.name == "__init__.py":
                yield f"package/autograder/{path.relative_to(package)}", path.read_bytes()
    # A course's own lessons take the place of this package's.
    for path in lessons_folder().glob("*.py"):
        if path.name != "__init__.py":
            yield f"package/autograder/lessons/{path.name}", path.read_bytes()
    about = metadata.metadata(DISTRIBUTION)
    needs = [one for one in metadata.requires(DISTRIBUTION) or [] if "extra ==" not in one]
    for name, template in (
        ("README.md", "packed_readme.md"),
        ("environment.yml", "packed_environment.yml"),
        ("requirements.txt", "packed_requirements.txt"),
        ("package/pyproject.toml", "packed_pyproject.toml"),
    ):
        yield name, f"{templates().get_template(template).render(about=about, needs=needs, name=packed)}\n".encode()
