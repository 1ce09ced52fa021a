"""What other programs make of a notebook when they save it: the shape of it, and their own metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Notebook = dict[str, Any]


def _cells(notebook: Notebook) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((i, cell) for i, cell in enumerate(notebook["cells"]) if isinstance(cell, dict))


def _metadata(cell: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(cell.get("metadata"), dict):
        cell["metadata"] = {}
    metadata: dict[str, Any] = cell["metadata"]
    return metadata


def colab(notebook: Notebook) -> None:
    """Save it as Google Colab does: ids in the metadata, version 4.0, who ran what and when."""
    notebook.update(nbformat=4, nbformat_minor=0)
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
        "accelerator": "GPU",
    }
    for i, cell in _cells(notebook):
        cell.pop("id", None)
        metadata = _metadata(cell)
        metadata["id"] = f"xY{i:010d}"
        if cell.get("cell_type") == "code":
            metadata["colab"] = {"base_uri": "https://localhost:8080/", "height": 35}
            metadata["executionInfo"] = {
                "status": "ok",
                "timestamp": 1700000000000 + i,
                "user_tz": -60,
                "elapsed": 12,
                "user": {"displayName": "A Student", "userId": "01234567890123456789"},
            }
            metadata["outputId"] = f"0f8fad5b-d9cb-469f-a165-{i:012d}"
            cell["execution_count"] = i
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {
                        "text/plain": ["2"],
                        "application/vnd.google.colaboratory.intrinsic+json": {"type": "string"},
                    },
                    "metadata": {},
                    "execution_count": i,
                }
            ]


def colab_without_names(notebook: Notebook) -> None:
    """Save it as Colab does, from a program that had dropped nbgrader's metadata before."""
    colab(notebook)
    for i, cell in _cells(notebook):
        cell["metadata"] = {"id": f"xY{i:010d}"}


def vs_code(notebook: Notebook) -> None:
    """Save it as Visual Studio Code does: version 4.2, no ids, its interpreter and languages."""
    notebook.update(nbformat=4, nbformat_minor=2)
    notebook["metadata"] = {
        "kernelspec": {"display_name": ".venv", "language": "python", "name": "python3"},
        "language_info": {
            "codemirror_mode": {"name": "ipython", "version": 3},
            "file_extension": ".py",
            "mimetype": "text/x-python",
            "name": "python",
            "nbconvert_exporter": "python",
            "pygments_lexer": "ipython3",
            "version": "3.11.7",
        },
        "orig_nbformat": 4,
        "vscode": {"interpreter": {"hash": "31f2aee4e71d21fbe5cf8b01ff0e069b9275f58929596ceb00d14d90e3e16cd6"}},
    }
    for _, cell in _cells(notebook):
        cell.pop("id", None)
        if cell.get("cell_type") == "code":
            _metadata(cell)["vscode"] = {"languageId": "python"}
            cell["outputs"] = [
                {
                    "name": "stderr",
                    "output_type": "stream",
                    "text": ["\x1b[1;31mThe kernel crashed while executing code. \n", "View Jupyter log for details."],
                }
            ]


def classic_notebook(notebook: Notebook) -> None:
    """Save it as the classic Notebook does, with its extensions: version 4.4, no ids, text in lines."""
    notebook.update(nbformat=4, nbformat_minor=4)
    notebook["metadata"] = {
        "celltoolbar": "Create Assignment",
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "toc": {"base_numbering": 1, "nav_menu": {}, "sideBar": True, "title_cell": "Contents", "toc_cell": False},
        "varInspector": {"cols": {"lenName": 16}, "window_display": False},
    }
    for _, cell in _cells(notebook):
        cell.pop("id", None)
        _metadata(cell).update(
            {
                "ExecuteTime": {"end_time": "2024-01-31T12:00:00.000Z", "start_time": "2024-01-31T11:59:59.000Z"},
                "collapsed": True,
                "scrolled": False,
                "hide_input": False,
            }
        )
        if isinstance(cell.get("source"), str):
            cell["source"] = cell["source"].splitlines(keepends=True)


PROGRAMS: dict[str, Callable[[Notebook], None]] = {
    "Colab": colab,
    "Colab without names": colab_without_names,
    "VS Code": vs_code,
    "classic Notebook": classic_notebook,
}
