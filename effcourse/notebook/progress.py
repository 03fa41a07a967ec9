"""Progress bars that a stored notebook shows as they ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def progress_bar(total: int, desc: str, unit: str, initial: int = 0, shown: bool = True) -> Iterator[Any]:
    """A ``tqdm`` bar, in a notebook as a widget.

    tqdm hands a notebook the bar's text as it is at the start, and that is what a reader without a kernel sees for
    ever; here the text is handed over again at the end.
    """
    from tqdm.auto import tqdm
    from tqdm.notebook import tqdm_notebook

    if not (shown and issubclass(tqdm, tqdm_notebook)):
        with tqdm(total=total, initial=initial, desc=desc, unit=unit, disable=not shown) as bar:
            yield bar
        return
    from IPython.display import display

    with tqdm(total=total, initial=initial, desc=desc, unit=unit, display=False) as bar:
        handle = display(bar.container, display_id=True)
        yield bar
    if handle is not None:
        handle.update(bar.container)
