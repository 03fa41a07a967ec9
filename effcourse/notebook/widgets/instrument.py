"""What every widget of the course stands on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anywidget
import traitlets

HERE = Path(__file__).parent
IMPORT = re.compile(r'^import (\{[^{}]*\}) from "\./common\.js";$', re.MULTILINE)


class Instrument(anywidget.AnyWidget):
    """Something that a reader moves in a page, to see an idea at work.

    Python computes every number and makes every sentence once, when the instrument is made; the script looks up what
    belongs to the present setting and draws it. So an instrument works where there is no kernel, in a static page,
    and nothing of the course is said twice. To make one, say ``Spinner``:

    1. *Rows first.* A function elsewhere in the package that needs no page, and its test, compute what is shown.
    2. *spinner.py*, here::

           class Spinner(Instrument):
               _esm, _css = joined("spinner")
               speed = traitlets.Enum(SPEEDS, 1).tag(sync=True)  # what the reader moves; an error names what is valid

               def as_data(self): ...    # what the page looks up: plain JSON, all its sentences in data["words"]
               def in_text(self): ...    # one or two lines for a reader who sees no widgets
               def figure(self): ...     # the static twin at the present setting: show.figure with its words,
               def table(self): ...      # and show.table with its numbers

       Arguments are checked before ``super().__init__(**settings)``; ``set_trait("data", self.as_data())`` later sends
       new data, and the page is built anew. A sentence whose numbers the page looks up has gaps, "{fitting} of {all}
       fit", for ``fill`` in the script and ``str.format`` in Python. Keep the data below 100 kB.
    3. *spinner.js*, beside it: imports what it needs ``from "./common.js"``, on one line or several, and ends with
       ``export default { render: instrument("spinner", build) };``. ``build({ root, id, data, get, put })`` fills
       ``root`` and returns the function that draws; what that ``get``s is followed, and ``put({ speed: 2 })`` tells
       Python. common.js has elements (``make``, ``change``, ``control``, ``heading``), what is moved (``slider``,
       ``choice``, ``radio``), charts (``chart``, ``axes``, ``scale``, ``mark``, ``legend``) and numbers (``scaled``,
       ``spoken``, ``percent``, ...). ``make lint`` reads it.
    4. *spinner.css*: every rule begins with ``.effc.effc-spinner``, so it stays inside and outweighs common.css. Text
       and lines are ``currentcolor``, grounds are JupyterLab's variables with a system colour behind, so that both
       themes can be read; kinds are told apart by ``effc-color-0`` to ``-6`` *and* by their marks.
    5. *By keyboard and by ear.* Use native inputs through ``slider``, ``choice`` and ``control``: JupyterLab would take
       the arrow keys of others. Each has a name. A paragraph with ``role: "status"`` says in words what each move did,
       and ``chart``'s title what there is to see.
    6. *Tests*: tests/notebook/widgets for the data against a fresh computation; tests/browser for the page.
    """

    data = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.set_trait("data", self.as_data())

    def as_data(self) -> dict[str, Any]:
        """What the page looks up, as plain JSON; its sentences under "words"."""
        raise NotImplementedError

    def in_text(self) -> str:
        """What it is and shows, for a reader without widgets."""
        raise NotImplementedError

    twin = (
        "They need a program that shows Jupyter widgets: run this cell in JupyterLab. The figure and the table of\n"
        "the explorer, explorer.figure() and explorer.table(), say the same without sliders."
    )

    def __repr__(self) -> str:
        return f"{self.in_text()}\n{self.twin}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/plain"] = repr(self)  # whole: ipywidgets cuts it
        return bundle


def joined(name: str) -> tuple[str, str]:
    """The script and the style of an instrument, each with the common one before it.

    A page gets a widget's script as one text and cannot import a file of ours. The files are modules that import each
    other, for editors, linters and tests; here the import becomes a look-up in what common.js exports.

    Raises:
        ValueError: the script imports something else, or exports anything but its ``render``.
    """
    common, script = (_read(f"{file}.js") for file in ("common", name))
    exported = re.findall(r"^export (?:const|function) (\w+)", common, re.MULTILINE)
    script = IMPORT.sub(r"const \1 = common;", script)
    for line in re.findall(r"^(?:import|export)\b.*", script, re.MULTILINE):
        if not line.startswith("export default { render: "):
            raise ValueError(
                f'{name}.js may import {{ names }} from "./common.js" and export default {{ render: ... }}, '
                f"nothing else, got {line!r}"
            )
    common = re.sub(r"^export ", "", common, flags=re.MULTILINE)
    esm = f"const common = (() => {{\n{common}\nreturn {{ {', '.join(exported)} }};\n}})();\n\n{script}"
    return esm, f"{_read('common.css')}\n{_read(f'{name}.css')}"


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
