"""What a reader moves and answers in a notebook: the cost explorer and the predictions.

Python computes and keeps; the JavaScript beside each widget only looks up and draws.
"""

from .explorer import CostExplorer
from .ledger import calibration
from .prediction import Prediction

__all__ = ["CostExplorer", "Prediction", "calibration"]
