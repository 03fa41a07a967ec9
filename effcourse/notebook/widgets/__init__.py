"""What a reader moves and answers in a notebook: the explorers of cost and of the front, and the predictions.

Python computes and keeps; the JavaScript beside each widget only looks up and draws.
"""

from .explorer import CostExplorer
from .front import pareto_figure, pareto_rows, pareto_table
from .ledger import calibration
from .pareto import ParetoExplorer
from .prediction import Prediction
from .roofline import RooflineExplorer
from .surface import SurfaceExplorer

__all__ = [
    "CostExplorer",
    "ParetoExplorer",
    "Prediction",
    "RooflineExplorer",
    "SurfaceExplorer",
    "calibration",
    "pareto_figure",
    "pareto_rows",
    "pareto_table",
]
