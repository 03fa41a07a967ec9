"""What a page shows: tables, figures, plots, drawings to scale, progress, predictions and explorers.

Each name is imported when it is first used, so that a table does not wait for matplotlib or ipywidgets.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
