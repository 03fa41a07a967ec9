"""What networks cost: closed forms, and ``trace``, which prices any module exactly."""

from . import formulas
from .report import CostReport, Stage
from .shape_tensor import Row, TraceError, register_op
from .tracing import trace

__all__ = ["CostReport", "Row", "Stage", "TraceError", "formulas", "register_op", "trace"]
