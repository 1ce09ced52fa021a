"""Pictures that a student attached to markdown cells are kept; whatever only claims to be one is not."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading import pictures
from autograder.grading.pages import clean_html, markdown2html
from autograder.grading.pictures import is_picture, keep_pictures
from autograder.grading.rebuild import rebuild
from autograder.grading.standalone import stand_alone

HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\n\0\0\0WEBP",
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="hit()"/>'


def text_of(content: bytes) -> str:
    return b64encode(content).decode()


PNG = text_of(HEADS["image/png"] + b"a page")
PAGE = {"page.png": {"image/png": PNG}}


def with_attached(attachments: object, source: str = "![page](attachment:page.png)", **more: Any) -> NotebookNode:
    cell = new_markdown_cell(source, **more)
    cell["attachments"] = attachments
    return cell


def reflection(source: str, **more: Any) -> NotebookNode:
    metadata = {"nbgrader": {"grade_id": "reflection", "solution": True, "grade": True, "points": 0}}
    return new_markdown_cell(source, metadata=metadata, **more)


def kept(attachments: object) -> tuple[object, list[str]]:
    cell = with_attached(attachments)
    notes = keep_pictures([cell])
    return cell.get("attachments"), notes


@pytest.mark.parametrize("kind", HEADS)
def test_a_picture_is_kept_under_the_kind_that_its_content_says(kind: str) -> None:
    data = text_of(HEADS[kind] + b"more")
    assert kept({"a": {kind: data}}) == ({"a": {kind: data}}, [])
    assert kept({"a": {"image/svg+xml": data}}) == ({"a": {kind: data}}, [])
    assert kept({"a": {kind: [data[:8] + "\n", data[8:] + "\n"]}}) == ({"a": {kind: data}}, [])


@pytest.mark.parametrize(
    "bundle",
    [
        {"image/svg+xml": text_of(SVG)},
        {"image/png": text_of(SVG)},
        {"image/png": f"{PNG[:-2]}!!"},
        {"image/png": f"{PNG[:9]} {PNG[9:]}"},
        {"image/png": PNG[:-1]},
        {"image/png": ["a", 1]},
        {"image/png": {"data": PNG}},
        {"image/png": None},
        {"image/png": "é"},
        {},
        PNG,
        None,
    ],
)
def test_what_only_claims_to_be_a_picture_is_left_out_with_a_note(bundle: object) -> None:
    note = "the picture 'page.png' was left out: it is no PNG, JPEG, GIF or WebP picture"
    assert kept({"page.png": bundle}) == (None, [note])


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb.png", "\u202egnp.a", "\x1b[31m"])
def test_a_name_that_can_not_be_shown_is_left_out(name: str) -> None:
    attachments, notes = kept({name: {"image/png": PNG}})
    assert attachments is None
    assert notes == ["the picture '' was left out: its name is empty, too long, or can't be printed"]


@pytest.mark.parametrize("attachments", [None, [], "x", 3, {}])
def test_what_is_no_table_of_attachments_is_none(attachments: object) -> None:
    assert kept(attachments) == (None, [])


def test_large_pictures_are_left_out_each_and_in_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURE", 1_000_000)
    monkeypatch.setattr(pictures, "MAX_PICTURES", 2_500_000)
    head = HEADS["image/png"]
    large, one = text_of(head + bytes(1_000_000)), text_of(head + bytes(900_000))
    cells = [with_attached({f"{n}": {"image/png": data}}) for n, data in enumerate([large, one, one, one, PNG])]
    notes = keep_pictures(cells)
    assert ["attachments" in cell for cell in cells] == [False, True, True, False, True]
    assert notes == [
        "the picture '0' was left out: it is larger than 1 MB",
        "the picture '3' was left out: the pictures before it are as large as all may be",
    ]


def test_of_many_that_are_left_out_the_first_are_named() -> None:
    attachments, notes = kept({f"{n}.svg": {"image/svg+xml": ""} for n in range(2000)})
    assert attachments is None
    assert len(notes) == 4
    assert notes[-1] == "1,997 more pictures were left out"


def test_pictures_of_reflections_and_added_cells_are_kept() -> None:
    skeleton = new_notebook(cells=[new_markdown_cell("# Title", id="title"), reflection("What?", id="r")])
    answered = reflection("![page](attachment:page.png)", id="r")
    answered["attachments"] = {**PAGE, "x.svg": {"image/svg+xml": text_of(SVG)}}
    code = new_code_cell("1")
    code["attachments"] = PAGE
    submission = {"cells": [skeleton.cells[0], with_attached(PAGE, id="new"), code, answered]}
    rebuilt = rebuild(skeleton, submission)
    assert [cell.get("attachments") for cell in rebuilt.notebook.cells] == [None, PAGE, None, PAGE]
    assert rebuilt.repairs == ("the picture 'x.svg' was left out: it is no PNG, JPEG, GIF or WebP picture",)


def test_pictures_of_a_reflection_that_lost_its_name_are_kept() -> None:
    skeleton = new_notebook(
        cells=[
            new_code_cell("check('x.f')", metadata={"nbgrader": {"grade_id": "check-f", "grade": True}}),
            reflection("?"),
        ]
    )
    submission = {"cells": [skeleton.cells[0], with_attached(PAGE)]}
    assert rebuild(skeleton, submission).notebook.cells[1]["attachments"] == PAGE


def test_pictures_of_a_loose_notebook_are_kept() -> None:
    cells = [with_attached(PAGE), with_attached({"x": {}}), new_code_cell('check("scalar_gradients.d_square")')]
    _, rebuilt = stand_alone({"cells": cells})
    assert [cell.get("attachments") for cell in rebuilt.notebook.cells[:2]] == [PAGE, None]
    assert len(rebuilt.repairs) == 1


def test_an_address_with_a_picture_in_it_is_shown_and_no_other() -> None:
    assert is_picture(f"data:image/png;base64,{PNG}")
    for address in (
        f"data:image/svg+xml;base64,{text_of(SVG)}",
        f"data:image/png;base64,{text_of(SVG)}",
        f"data:image/svg+xml;base64,{PNG}",
        f"data:image/png,{PNG}",
        f"data:text/html;base64,{PNG}",
        f"https://example.org/image/png;base64,{PNG}",
        "data:image/png;base64,",
    ):
        assert not is_picture(address)
        assert clean_html(f'<img alt="x" src="{address}">') == '<img alt="x">'
    shown = f'<img alt="A page" src="data:image/png;base64,{PNG}">'
    assert clean_html(shown) == shown
    nameless = f'<img src="data:image/png;base64,{PNG}">'
    assert clean_html(nameless) == shown.replace("A page", "A picture without a description")


def shown(source: str, attachments: object) -> str:
    return markdown2html({"cell": {"attachments": attachments}}, source)  # type: ignore[arg-type]


def test_a_page_shows_an_attached_picture_once() -> None:
    page = shown("![one](attachment:my%20page.png) ![two](attachment:lost.png)" * 50, {"my page.png": PAGE["page.png"]})
    assert page.count(PNG) == 1
    assert page.count('alt="two"') == 50


def test_a_page_shows_no_attachment_that_is_no_picture() -> None:
    assert text_of(SVG) not in shown("![x](attachment:x)", {"x": {"image/svg+xml": text_of(SVG)}})
    assert "onload" not in shown("![x](attachment:x)", {"x": {"image/png": '" onload="hit()'}})
