"""effcourse: efficient neural network architectures, block by block, with every number true.

The public names stand in ``__init__.pyi``. Each is imported when it is first used, so that the ``effcourse`` command
answers without waiting for torch, and ``effcourse doctor`` also where torch does not import.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
