"""A table of texts, for a terminal and for a notebook: words to the left, numbers to the right."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER = re.compile(r"[+-]?[\d,]+(\.\d+)?( ?%)?|–|")  # signed or in per cent as well; a gap counts as one


@dataclass(frozen=True)
class Table:
    """Rows of texts below a head.

    Attributes:
        head: the columns' names.
        rows: as many texts each.
        caption: stands above.
        foot: a last row, apart: the totals.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    foot: Sequence[str] = ()

    def __post_init__(self) -> None:
        for row in (*self.rows, *[self.foot] * bool(self.foot)):
            if len(row) != len(self.head):
                raise ValueError(f"a row needs {len(self.head)} texts, one for each of {list(self.head)}; got {row!r}")

    @property
    def numeric(self) -> list[bool]:
        """For each column whether all its cells are numbers."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.head)
        return [all(map(NUMBER.fullmatch, column)) for column in columns]

    def text(self) -> str:
        """For a terminal, without a line's end."""
        body = [self.head, *self.rows, *[self.foot] * bool(self.foot)]
        widths = [max(map(len, column)) for column in zip(*body, strict=True)]
        rule = ["-" * width for width in widths]
        lines = [self.head, rule, *self.rows, *([rule, self.foot] if self.foot else [])]
        numeric = self.numeric
        texts = [
            "  ".join(t.rjust(w) if n else t.ljust(w) for t, w, n in zip(line, widths, numeric, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([self.caption, ""][: 2 * bool(self.caption)] + texts)

    def markup(self) -> str:
        """HTML for a notebook; every text is escaped."""
        title = f'<caption style="text-align:left">{html.escape(self.caption)}</caption>' if self.caption else ""
        top = self._line(self.head, 'th scope="col"')
        body = "".join(self._line(row, "td") for row in self.rows)
        bottom = f"<tfoot>{self._line(self.foot, 'th')}</tfoot>" if self.foot else ""
        return f"<table>{title}<thead>{top}</thead><tbody>{body}</tbody>{bottom}</table>"

    def _line(self, texts: Sequence[str], tag: str) -> str:
        cells = [
            f'<{tag} style="text-align:{"right" if n else "left"}">{html.escape(t)}</{tag.split()[0]}>'
            for t, n in zip(texts, self.numeric, strict=True)
        ]
        return f"<tr>{''.join(cells)}</tr>"
