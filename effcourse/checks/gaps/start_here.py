"""The gap of chapter 0: what a device must hold to run a network."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe

assignment = Assignment("00_start_here")

MEMORY = recipe(
    """
    def memory_needed(params, peak_activation_bytes):
        return «weights = «each = 4» * params»«plus = +»«peak = peak_activation_bytes»
    """,
    """
    weights = params
        You added a number of parameters to a number of bytes: each parameter takes 4 bytes.

    peak = 4 * peak_activation_bytes
        The peak is in bytes already: only the parameters are counted in numbers.

    weights = params; peak = 4 * peak_activation_bytes
        It is the parameters that take 4 bytes each; the peak is in bytes already.

    peak = 0
        The activations are missing: they lie in memory beside the weights while the network runs.

    weights = 0
        The weights are missing: they lie in memory beside the activations.

    each = 8
        You took 8 bytes for a parameter: a number here has 32 bits, which is 4 bytes.

    each = 32
        You took 32 bytes for a parameter: it has 32 *bits*, which is 4 bytes.

    each = 2
        A parameter here is a 32-bit number, which takes 4 bytes.

    plus = -
        Weights and activations are in memory together: add them.
    """,
)

assignment.part(
    "memory",
    "The memory that a network needs",
    "a network that does not fit into memory does not run at all, however few MACs it takes",
    MEMORY,
    [case(3_504_872, 11_038_720), case(1000, 1), case(7, 300)],
)
