from . import (
    plots as plots,
    progress as progress,
    show as show,
    widgets as widgets,
)
from .drawing import draw as draw
from .widgets import (
    ConvolutionSteps as ConvolutionSteps,
    CostExplorer as CostExplorer,
    FactorExplorer as FactorExplorer,
    ParetoExplorer as ParetoExplorer,
    Prediction as Prediction,
    RooflineExplorer as RooflineExplorer,
    SpiralExplorer as SpiralExplorer,
    SurfaceExplorer as SurfaceExplorer,
    WhoFits as WhoFits,
    calibration as calibration,
    pareto_figure as pareto_figure,
    pareto_rows as pareto_rows,
    pareto_table as pareto_table,
)
