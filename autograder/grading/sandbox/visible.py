"""What of this machine is seen behind the walls: the system's programs, the interpreter, and installed libraries.

It is a list of what is allowed. A library is allowed when it belongs to an installed distribution that has nothing to do
with this package; a file in `site-packages` that belongs to none is not seen. This package is not among them: the fork
server gets a package of questions that is built for it, see `redact`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...modules import DISTRIBUTION

_PACKAGE = "autograder"
# In the names of files pip writes _ for -. The package's own name counts as well: it may be installed under it too.
_OURS = rf"(?:{_PACKAGE}|{DISTRIBUTION.replace('-', '[-_.]')})"

# Not all of /usr: below it there may be nbgrader's exchange, and in a container the course itself.
PROGRAMS = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec")
_READ_ONLY = ("/usr/share/fontconfig", "/usr/share/fonts", "/usr/share/zoneinfo")
_SETTINGS = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/localtime")
SYSTEM = (*PROGRAMS, *_READ_ONLY, *_SETTINGS)
SYSTEM_LINKS = ("/lib", "/lib64", "/lib32", "/bin", "/sbin")

_SITE = ("site-packages", "dist-packages")
# What an editable install writes for itself, and what is left of a removed one: they name a place and hold no module.
_POINTER = re.compile(rf"__editable__.*|_?{_OURS}[\w.-]*\.(?:dist-info|egg-link|pth)|~.*")
_NEEDS_THIS = re.compile(rf"^Requires-Dist:\s*{_OURS}\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Visible:
    """What is seen.

    Attributes
    ----------
    shown
        Files and folders that are seen whole, but for what of `composed` is below them.
    composed
        Folders of which only what `shown` names is seen.
    """

    shown: tuple[Path, ...]
    composed: tuple[Path, ...]

    def around(self, path: Path) -> Path | None:
        """Return the folder that is seen with all below it, this path too; None where there is no such folder."""
        nearest = next((one for one in (path, *path.parents) if one in self.shown or one in self.composed), None)
        return nearest if nearest in self.shown else None


@cache
def visible() -> Visible:
    """Return what is seen of this machine, besides devices."""
    roots = [Path(path) for path in SYSTEM if Path(path).exists()]
    roots += _interpreter()
    sites = {*_sites_on_path(), *(site for root in roots for site in _sites_below(root))}
    shown, composed = set(roots), set()
    for site in sites:
        allowed, everything = _libraries(site)
        if site not in _sites_on_path():
            composed.add(site)
        elif everything:
            shown.add(site)
        else:
            composed.add(site)
            shown |= allowed
    return Visible(tuple(sorted(shown)), tuple(sorted(composed)))


@cache
def pieces() -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return what may be read, and what may only be listed, for walls that take nothing out of what they allow."""
    seen = visible()
    readable: list[Path] = []
    listed: list[Path] = []
    waiting = list(seen.shown)
    while waiting:
        path = waiting.pop()
        if path in seen.composed:
            listed.append(path)
        elif any(one.is_relative_to(path) for one in seen.composed):
            listed.append(path)
            waiting += [one for one in path.iterdir() if one not in seen.shown]
        else:
            readable.append(path)
    return tuple(readable), tuple({*listed, *seen.composed})


def _interpreter() -> Iterator[Path]:
    """Yield what Python itself needs: of an environment its programs, for it may lie in the course's own directory."""
    if sys.prefix != sys.base_prefix:
        yield from _existing(Path(sys.prefix), ("bin", "pyvenv.cfg"))
    for base in {Path(sys.base_prefix), Path(sys.executable).resolve().parents[1]}:
        yield from _existing(base, ("bin", "lib", "lib64"))


def _existing(root: Path, parts: Iterable[str]) -> Iterator[Path]:
    yield from (root / part for part in parts if (root / part).exists())


@cache
def _sites_on_path() -> frozenset[Path]:
    """Return the folders on Python's path that hold installed distributions."""
    return frozenset(Path(path) for path in sys.path if Path(path).name in _SITE and Path(path).is_dir())


def _sites_below(root: Path) -> Iterator[Path]:
    """Yield the folders of installed distributions that an interpreter's library has below it."""
    if root.is_dir():
        yield from (path for name in _SITE for path in root.glob(f"python*/{name}") if path.is_dir())


def _libraries(site: Path) -> tuple[set[Path], bool]:
    """Return what is allowed of a folder of installed distributions, and whether that is all there is in it."""
    owned: set[str] = set()
    for about in (*site.glob("*.dist-info"), *site.glob("*.egg-info")):
        if not _has_to_do_with_this(about):
            owned |= {about.name, *_entries(about)}
    entries = {path.name: path for path in site.iterdir()}
    # Links may lead anywhere.
    allowed = {path for name, path in entries.items() if name in owned and not path.is_symlink()}
    cached = entries.get("__pycache__")
    if cached is not None:
        strangers = [one.name for one in cached.iterdir() if one.name.partition(".")[0] not in _stems(owned)]
        if all(_POINTER.fullmatch(name) for name in strangers):
            allowed.add(cached)
        else:
            allowed.discard(cached)
    rest = (name for name, path in entries.items() if path not in allowed)
    return allowed, all(_POINTER.fullmatch(name) for name in rest)


def _stems(owned: Iterable[str]) -> set[str]:
    return {name.removesuffix(".py") for name in owned}


def _has_to_do_with_this(about: Path) -> bool:
    """Return whether a distribution is this package's own, or needs it: it may hold lessons."""
    if re.match(rf"{_OURS}[-.]", about.name, re.IGNORECASE):
        return True
    for name in ("METADATA", "PKG-INFO"):
        try:
            head, _, _ = (about / name).read_text(encoding="utf-8", errors="replace").partition("\n\n")
        except OSError:
            continue
        return bool(_NEEDS_THIS.search(head))
    return False


def _entries(about: Path) -> Iterator[str]:
    """Yield the names in `site-packages` that a distribution says are its own."""
    record, top_level = about / "RECORD", about / "top_level.txt"
    if record.is_file():
        with record.open(encoding="utf-8", errors="replace") as lines:
            yield from {line.partition(",")[0].partition("/")[0].strip('"') for line in lines}
    elif top_level.is_file():
        for name in top_level.read_text(encoding="utf-8", errors="replace").split():
            yield from (name, f"{name}.py")
