"""Numbers in a chapter's prose, and where they come from.

A number must be found, rounded as it is written, in what the same chapter prints, in its code, or in the published
figures of a source that it cites; else it stands in ``data/prose.toml`` with a reason.

Among the thousands of numbers that a chapter prints, any small one occurs, so that being there proves nothing. A
number is therefore looked for in pools: where its *kind* (%, times, M, ms ...) and a word around it stand with the
number, or one of the two does in a cell nearby, or anywhere in the chapter; then any number of no other kind. And a
pool counts only if it is *thin* there: if hardly any of the numbers that a slip would have put in the place of this one
(up to half as much more or less, two digits swapped) are in it too. Several numbers such as 3×3 are one, and found as
they are written.
"""

from __future__ import annotations

import ast
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat

from effcourse.papers import figures

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
NEAR = 4  # cells
THIN = 0.2  # of the slips
FOUND = re.compile(
    rf"(?<![\w.,^_/])(?<![A-Za-z]-)(?:{NUMBER})(?![\w]*[A-Za-z_])(?![,.]?\d)|(?<![\w.,])(?:{NUMBER})(?=(?:[MGkx]|ms|MB|KB)\b|×)"
)
SHAPE = re.compile(rf"(?<![\w.,])(?:{NUMBER})(?:\s?[×x·]\s?(?:{NUMBER}))+(?!\w)")
SQUARE = re.compile(r"(?<![\w.])(\d+), \1\b")  # (16, 14, 14) is 14×14
KINDS = {
    "%": "%", "per cent": "%", "percent": "%", "×": "times", "x": "times", "times": "times", "fold": "times",
    "m": "M", "million": "M", "millions": "M", "g": "G", "billion": "G", "k": "k", "ms": "ms", "milliseconds": "ms",
    "pixels": "pixel", "pixel": "pixel", "px": "pixel", "points": "point", "mb": "MB", "kb": "KB", "bytes": "byte",
    "minutes": "minute", "seconds": "second", "s": "second",
}  # fmt: skip
SCALE = {"M": 1e6, "G": 1e9, "k": 1e3, "MB": 1e6, "KB": 1e3}
NO_PROSE = (  # numbers that name, count or cite
    r"```.*?```", r"`[^`]*`", r"\$\$.*?\$\$", r"\$[^$\n]*\$", r"\]\([^)]*\)", r"<[^>]+>", r"https?://\S+",
    r"^#+ .*$", r"^\s*\d+\.\s", r"\[\d+(?:, ?\d+)*\]", r"arXiv:\s?[\d.]+v?\d*", r"\b(?:19|20)\d\d(?:[-–]\d\d)*\b",
    r"\b(?:[Tt]ables?|[Ff]igures?|[Ss]ections?|[Cc]hapters?|[Ee]xercises?|[Pp]arts?|[Ss]teps?|[Ee]quations?|"
    r"[Ee]xplain|[Aa]ppendix|#)\s?[\dA-Z][\d.]*(?:(?:,| and| to|–)\s?\d[\d.]*)*",
    r"\b(?:iPhone|Pixel|Python|Snapdragon|Android|Core|Xeon|PyTorch|torch)\s?[\d.]+", r"\b[A-Za-z]+-?\d[\w.-]*",
)  # fmt: skip
WORD = re.compile(r"[A-Za-z][A-Za-z-]+")
EMPTY = {
    "the", "and", "or", "of", "to", "in", "at", "on", "for", "is", "are", "was", "than", "that", "this", "with", "from",
    "by", "as", "its", "it", "an", "per", "only", "more", "less", "fewer", "up", "out", "all", "each", "about",
}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """A number as somebody reads it: its value and decimals, its kind, and the words that say of what it is."""

    text: str
    value: float
    decimals: int
    kind: str
    words: frozenset[str] = frozenset()
    start: int = 0
    cell: int | None = None  # its place in the notebook; None for published figures


@dataclass
class Evidence:
    """All that a chapter shows and uses."""

    numbers: list[Number] = field(default_factory=list)
    shapes: set[str] = field(default_factory=set)

    def has(self, number: Number) -> bool:
        """Whether the number is found in a pool that is thin there."""
        if number.kind == "shape":
            return squeezed(number.text) in self.shapes
        likes = [one for one in self.numbers if same_thing(number, one)]
        near = [one for one in likes if one.cell is None or abs(one.cell - (number.cell or 0)) <= NEAR]
        closer = [
            one for one in likes if len(number.words & one.words) + bool(number.kind and number.kind == one.kind) > 1
        ]
        rest = [one for one in self.numbers if not (number.kind and one.kind) or same_thing(number, one)]
        for pool in (closer, near, likes, rest):
            if any(same_value(number, one) for one in pool):
                others = slips(number)
                if sum(any(same_value(slip, one) for one in pool) for slip in others) <= THIN * len(others):
                    return True
        return False


def same_thing(written: Number, found: Number) -> bool:
    """Whether kind or words say that both are numbers of one thing."""
    if written.kind and found.kind and not _scaled(written, found):
        return written.kind == found.kind
    return bool(written.words & found.words)


def slips(number: Number) -> list[Number]:
    """What might stand in its place by mistake: 5 to 50 % more or less, or two digits swapped."""
    step = 10.0**-number.decimals
    least, most = max(step, 0.05 * number.value), max(step, 0.5 * number.value)
    count = min(60, round((most - least) / step) + 1)
    sizes = [least + (most - least) * i / max(1, count - 1) for i in range(count)]
    values = {round(number.value + sign * size, number.decimals) for size in sizes for sign in (-1, 1)}
    digits = f"{number.value:.{number.decimals}f}"
    for i in range(len(digits) - 1):
        if digits[i : i + 2].isdigit():
            values.add(float(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]))
    return [replace(number, value=value) for value in sorted(values - {number.value}) if value >= 0]


def same_value(written: Number, found: Number) -> bool:
    value = found.value
    if _scaled(written, found):
        return round_alike(value / SCALE[written.kind], written)
    if found.decimals < written.decimals:
        return value == written.value
    return round_alike(value, written)


def round_alike(value: float, written: Number) -> bool:
    step = 10.0**-written.decimals
    return abs(value - written.value) <= step / 2 * (1 + 1e-9)


def _scaled(written: Number, found: Number) -> bool:
    """1.5 M is 1,534,112."""
    return written.kind in SCALE and found.kind not in SCALE and found.decimals == 0 and found.value >= 1000


def read(text: str, words: frozenset[str] = frozenset(), around: bool = True) -> Iterator[Number]:
    """The numbers of a text. Their words are ``words``, and those of the sentence or only the next one."""
    for match in FOUND.finditer(text):
        after = text[match.end() : match.end() + 60]
        kind = kind_of(after)
        own = stems(sentence(text, match.start())) if around else next_words(text, match)
        digits = match[0].replace(",", "")
        decimals = len(digits.partition(".")[2])
        yield Number(match[0], float(digits), decimals, kind, words | own, match.start())


def kind_of(after: str) -> str:
    after = re.sub(rf"^(?:,? ?(?:to|and|or|–|,) ?(?:{NUMBER})(?!\d))+", "", after)  # 2 to 10 %: both are per cent
    unit = re.match(r"\s?(%|×|per cent|[A-Za-z]+)", after)
    return KINDS.get(unit[1].lower(), "") if unit else ""


def next_words(text: str, match: re.Match[str]) -> frozenset[str]:
    """The words that say what a prose number counts: the three after it and the two before, in its own sentence."""
    after = re.split(r"[.;:!?](?:\s|$)", text[match.end() : match.end() + 60])[0]
    before = re.split(r"[.;:!?]\s", text[max(0, match.start() - 40) : match.start()])[-1]
    return stems(" ".join(WORD.findall(after)[:3])) | stems(" ".join(WORD.findall(before)[-2:]))


def sentence(text: str, at: int) -> str:
    start = max(text.rfind(mark, 0, at) for mark in (". ", "\n", "; ", ": "))
    ends = [i for i in (text.find(mark, at) for mark in (". ", "\n", "; ")) if i >= 0]
    return text[start + 1 : min(ends, default=len(text))]


def stems(text: str) -> frozenset[str]:
    words = {word.lower().rstrip("s") for word in WORD.findall(text.replace("_", " "))}
    return frozenset(words - {word.rstrip("s") for word in EMPTY} - {k.rstrip("s") for k in KINDS})


def masked(text: str) -> str:
    """Prose alone: what else stands there is blank, so that positions stay."""
    for pattern in NO_PROSE:
        text = re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.DOTALL | re.MULTILINE)
    return text


def prose(notebook: nbformat.NotebookNode) -> Iterator[tuple[nbformat.NotebookNode, str]]:
    """Markdown cells up to the sources, and their prose."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            body, sources, _ = cell.source.partition("## Sources")
            yield cell, masked(body)
            if sources:
                return


def numbers(notebook: nbformat.NotebookNode) -> Iterator[tuple[nbformat.NotebookNode, Number]]:
    """What is to be found: numbers, and shapes as one (their kind is "shape")."""
    places = {cell.id: i for i, cell in enumerate(notebook.cells)}
    for cell, text in prose(notebook):
        for match in SHAPE.finditer(text):
            yield cell, Number(match[0], 0, 0, "shape", start=match.start())
        rest = SHAPE.sub(lambda m: " " * len(m[0]), text)
        for number in read(rest, around=False):
            yield cell, replace(number, cell=places[cell.id])


def evidence(notebook: nbformat.NotebookNode) -> Evidence:
    found = Evidence()
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        texts = [node.value for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Constant)]
        texts = [text for text in texts if isinstance(text, str)]
        here = [one for line in cell.source.splitlines() for one in read(line, stems(line))]
        for output in cell.outputs:
            page = output.get("data", {}).get("text/html", "")
            texts += re.findall(r'alt="([^"]*)"', page)
            if "<table" in page:
                here += of_tables(page)
            else:
                texts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
        here += [one for text in texts for one in read(text)]
        found.numbers += [replace(one, cell=i) for one in here]
        texts += [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        found.shapes |= {squeezed(m[0]) for text in [cell.source, *texts] for m in SHAPE.finditer(text)}
        found.shapes |= {f"{one[1]}×{one[1]}" for one in SQUARE.finditer(cell.source)}
    found.numbers += of_sources(notebook)
    return found


def squeezed(shape: str) -> str:
    return re.sub(r"\s", "", shape).replace("x", "×")


def of_tables(page: str) -> Iterator[Number]:
    """The cells of HTML tables; the column's head and the row's first cell say of what."""
    reader = _Tables()
    reader.feed(page)
    for table in reader.tables:
        head = table[0]
        for row in table[1:]:
            for i, text in enumerate(row):
                column = head[i] if i < len(head) else ""
                unit = re.search(r"\(([^)]+)\)|%|ms\b|times\b", column)
                kind = KINDS.get((unit[1] or unit[0]).split(",")[0].strip().lower(), "") if unit else ""
                for one in read(text, stems(column) | stems(row[0]) | stems(text)):
                    yield Number(one.text, one.value, one.decimals, one.kind or kind, one.words)


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.open = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = self.open and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.open:
            self.tables[-1][-1][-1] += data


def of_sources(notebook: nbformat.NotebookNode) -> Iterator[Number]:
    """The published figures of the sources that the chapter cites."""
    text = "\n".join(cell.source for cell in notebook.cells)
    table = figures.published()
    for name in sorted(set(table.source)):
        source = figures.source(name)
        if source.address not in text and source.url not in text and f'"{name}"' not in text:
            continue
        for row in table[table.source == name].itertuples():
            columns = (("params_m", "M"), ("macs_m", "M"), ("top1", "%"), ("latency_ms", "ms"), ("resolution", "pixel"))
            for column, kind in columns:
                value = getattr(row, column)
                if value == value and value is not None:
                    written = f"{value:g}"
                    decimals = len(written.partition(".")[2])
                    yield Number(
                        written, float(value), decimals, kind, stems(f"{row.model} {column.partition('_')[0]}")
                    )


def reasons(name: str) -> dict[str, str]:
    """The phrases of a chapter whose numbers need no other source, each with its reason."""
    text = (Path(__file__).parent / "data" / "prose.toml").read_text(encoding="utf-8")
    return tomllib.loads(text).get(name, {})


def covered(text: str, phrases: dict[str, str]) -> list[tuple[int, int]]:
    patterns = (r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases)
    return [match.span() for p in patterns for match in re.finditer(rf"(?<![\d.,]){p}(?![\d])", text)]


def problems(
    notebook: nbformat.NotebookNode, phrases: dict[str, str], known: Evidence | None = None
) -> list[tuple[str, str]]:
    """Cell and text of each number that is found nowhere."""
    known = known or evidence(notebook)
    found = []
    for cell, number in numbers(notebook):
        end = number.start + len(number.text)
        if any(start <= number.start and end <= stop for start, stop in covered(cell.source, phrases)):
            continue
        there = squeezed(number.text) in known.shapes if number.kind == "shape" else known.has(number)
        if not there:
            line = " ".join(cell.source[max(0, number.start - 40) : end + 40].split())
            found.append((cell.id, f"{number.text} in “… {line} …”"))
    return found


def changed(text: str, dice: random.Random) -> str:
    """Another number of the same look: two digits swapped, or 5 to 50 % more or less."""
    at = [m.span() for m in re.finditer(NUMBER, text)]
    start, end = dice.choice(at)
    old = text[start:end]
    digits = old.replace(",", "")
    decimals = len(digits.partition(".")[2])
    pairs = [i for i in range(len(digits) - 1) if digits[i : i + 2].isdigit() and digits[i] != digits[i + 1]]
    pairs = [i for i in pairs if i > 0 or digits[1] != "0"]
    if pairs and dice.random() < 0.5:
        i = dice.choice(pairs)
        digits = digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]
    else:
        step = 10.0**-decimals
        by = max(step, float(digits) * dice.uniform(0.05, 0.5))
        sign = dice.choice((-1, 1)) if float(digits) > by else 1
        digits = f"{float(digits) + sign * by:.{decimals}f}"
        if float(digits) == float(old.replace(",", "")):
            digits = f"{float(digits) + step:.{decimals}f}"
    new = f"{float(digits):,.{decimals}f}" if "," in old else digits
    return text[:start] + new + text[end:]
