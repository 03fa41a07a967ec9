from . import (
    plots as plots,
    progress as progress,
    show as show,
    widgets as widgets,
)
from .drawing import draw as draw
from .widgets import (
    CostExplorer as CostExplorer,
    ParetoExplorer as ParetoExplorer,
    Prediction as Prediction,
    RooflineExplorer as RooflineExplorer,
    SurfaceExplorer as SurfaceExplorer,
    calibration as calibration,
    pareto_figure as pareto_figure,
    pareto_rows as pareto_rows,
    pareto_table as pareto_table,
)
