"""What a reader moves and answers in a notebook: explorers of cost, of the front, of single ideas; predictions.

Python computes and keeps; the JavaScript beside each widget only looks up and draws.
"""

from .convolution import ConvolutionSteps
from .explorer import CostExplorer
from .factors import FactorExplorer
from .fit import WhoFits
from .front import pareto_figure, pareto_rows, pareto_table
from .ledger import calibration
from .pareto import ParetoExplorer
from .prediction import Prediction
from .roofline import RooflineExplorer
from .spiral import SpiralExplorer
from .surface import SurfaceExplorer

__all__ = [
    "ConvolutionSteps",
    "CostExplorer",
    "FactorExplorer",
    "ParetoExplorer",
    "Prediction",
    "RooflineExplorer",
    "SpiralExplorer",
    "SurfaceExplorer",
    "WhoFits",
    "calibration",
    "pareto_figure",
    "pareto_rows",
    "pareto_table",
]
