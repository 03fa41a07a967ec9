"""What a reader moves and answers in a notebook: the explorers of cost and of the front, and the predictions.

Python computes and keeps; the JavaScript beside each widget only looks up and draws.
"""

from .convolution import ConvolutionSteps
from .explorer import CostExplorer
from .front import pareto_figure, pareto_rows, pareto_table
from .ledger import calibration
from .pareto import ParetoExplorer
from .prediction import Prediction
from .roofline import RooflineExplorer

__all__ = [
    "ConvolutionSteps",
    "CostExplorer",
    "ParetoExplorer",
    "Prediction",
    "RooflineExplorer",
    "calibration",
    "pareto_figure",
    "pareto_rows",
    "pareto_table",
]
