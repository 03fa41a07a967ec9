"""What networks cost: closed forms, and ``trace``, which prices any module exactly."""

from . import formulas
from .handlers import register_op
from .report import CostReport, Stage
from .row import Row, TraceError
from .tracing import trace

__all__ = ["CostReport", "Row", "Stage", "TraceError", "formulas", "register_op", "trace"]
