"""Checks of exercise 07: compound scaling, from the search for its bases to the released B1 to B7."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe
from .compound_tables import add_parts

ALLOWED = ("ConvNormAct", "DropPath", "EfficientNetConfig", "InvertedResidual", "MBConv", "SEBlock", "trace")
assignment = Assignment("07_compound_scaling", ALLOWED)

NO_SQUARES = """
        Your constraint has no squares: width has two sides (input and output channels) and so has the picture, so the
        cost is α · β² · γ².
"""
ALL_SQUARES = """
        You squared α as well: depth only adds layers, so it counts once.
"""

CANDIDATES = recipe(
    """
    def candidates(values, target=2.0, tolerance=0.1):
        «before = »
        triples = []
        «loops = for a in values:
            for b in values:
                for c in values:»
                    cost = «cost = a * b**2 * c**2»
                    if «keep = abs(cost - target) «within = <=» tolerance»:
                        triples.append((a, b, c))
        return «out = triples»
    """,
    f"""
    cost = a * b * c
{NO_SQUARES}
    cost = (a * b * c) ** 2
{ALL_SQUARES}
    cost = a**2 * b * c**2
    or cost = a**2 * b**2 * c
    or cost = a**2 * b * c
        You squared the wrong one: depth (α) counts once, width (β) and resolution (γ) twice.

    cost = a + b**2 + c**2
        You added the three: more layers, wider ones and larger pictures multiply each other's cost.

    keep = cost <= target + tolerance
    or keep = cost - target < tolerance
        You kept everything that is not too dear: a triple that spends less than the budget is out as well.

    keep = cost >= target - tolerance
        You kept everything that is not too cheap: a triple that spends more than the budget is out as well.

    keep = target <= cost <= target + tolerance
        You took one side only: a triple may cost a little less than target, too.

    keep = target - tolerance <= cost <= target
        You took one side only: a triple may cost a little more than target, too.

    keep = abs(cost / target - 1) <= tolerance
        You took tolerance for a share of target: it is a difference between two costs.

    within = <
        You left out the edge: 'at most tolerance away' is <=, not <.

    within = >
        Your condition is the wrong way round: you kept what is further away than tolerance.

    before = target, tolerance = 2.0, 0.1
        Your answer does not depend on target and tolerance: use the arguments.

    before = tolerance = 0.1
        You have a 0.1 where tolerance should stand.

    before = target = 2.0
        You have a 2 where target should stand.

    loops =
    | for c in values:
    |     for b in values:
    |         for a in values:
        These are the right triples in another order: α varies slowest, γ fastest.

    loops =
    | for a, b, c in __import__("itertools").permutations(values, 3):
    |     if True:
    |         if True:
        A value may be used for more than one base: yours takes three different ones each time.

    loops =
    | for a, b, c in __import__("itertools").combinations_with_replacement(values, 3):
    |     if True:
    |         if True:
        You tried each choice of three values in one order only: each base is tried with each value.

    out = len(triples)
        You counted the triples: give the list of them.

    out = triples[:1]
    or out = triples[0] if triples else None
        You gave the first triple alone: return all that fit, after the loops.
    """,
)

assignment.part(
    "candidates",
    "Triples that keep the budget",
    "the constraint is what makes the search small: one step of φ shall cost twice, whatever it is spent on",
    CANDIDATES,
    [
        case([1.0, 1.1, 1.2, 1.3]),
        case([1.05, 1.15, 1.25, 1.4, 1.6], target=2.5, tolerance=0.2),
        case([1.0, 1.15, 1.3, 1.5], target=2.0, tolerance=0.4),
        case([1.0, 1.25, 1.5], target=3.0, tolerance=0.1),
        case([1.0, 2.0], tolerance=0.0),
    ],
)

BEST = recipe(
    """
    def best_coefficients(trials, target=2.0, tolerance=0.1):
        «before = »
        fit = []
        for t in trials:
            cost = «cost = t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2»
            if «keep = abs(cost - target) «within = <=» tolerance»:
                fit.append(t)
        «none = »
        best = «best = max(fit, key=lambda t: t["accuracy"], default=None)»
        return «out = best and (best["alpha"], best["beta"], best["gamma"])»
    """,
    f"""
    keep = True
        You took the most accurate of all trials: only those within the budget compete.

    cost = t["alpha"] * t["beta"] * t["gamma"]
{NO_SQUARES}
    cost = (t["alpha"] * t["beta"] * t["gamma"]) ** 2
{ALL_SQUARES}
    keep = cost <= target + tolerance
        You let cheaper trials in: those that spend less than the budget do not compete either.

    keep = cost >= target - tolerance
        You let dearer trials in: those that spend more than the budget do not compete either.

    keep = target <= cost <= target + tolerance
        You took one side only: a trial may cost a little less than target, too.

    within = <
        You left out the edge: 'at most tolerance away' is <=, not <.

    before = target, tolerance = 2.0, 0.1
        Your answer does not depend on target and tolerance: use the arguments.

    before = tolerance = 0.1
        You have a 0.1 where tolerance should stand.

    before = target = 2.0
        You have a 2 where target should stand.

    best = min(fit, key=lambda t: t["accuracy"], default=None)
        You took the least accurate of those within the budget.

    best = min(fit, key=lambda t: abs(t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2 - target), default=None)
        You took the one that is nearest to the target: within the tolerance the accuracy decides.

    best = max(fit, key=lambda t: t["accuracy"] / (t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2), default=None)
        You took the most accuracy for its cost: within the tolerance the accuracy alone decides.

    best = fit[0] if fit else None
        You took the first one within the budget: the most accurate of them is asked.

    best = fit[-1] if fit else None
        You took the last one within the budget: keep another only if it is more accurate than the best so far.

    out = best
        You returned the whole trial: the answer is the tuple (α, β, γ).

    out = best and best["accuracy"]
        You returned the best accuracy: the answer is the tuple (α, β, γ) of that trial.

    out = best and (best["gamma"], best["beta"], best["alpha"])
    or out = best and (best["beta"], best["alpha"], best["gamma"])
        The three stand in another order: (α, β, γ), that is depth, width, resolution.

    out = None
        Your answer is None, in every case: no trial gets through your condition, or the result is not returned.

    best = max(fit, key=lambda t: t["accuracy"])
    or best = sorted(fit, key=lambda t: t["accuracy"])[-1]
    or out = (best["alpha"], best["beta"], best["gamma"])
        Where no trial fits, your code stops with an error: there the answer is None.

    out = (best["alpha"], best["beta"], best["gamma"]) if best else ()
    or out = (best["alpha"], best["beta"], best["gamma"]) if best else (None, None, None)
    or out = (best["alpha"], best["beta"], best["gamma"]) if best else (0, 0, 0)
    or out = (best["alpha"], best["beta"], best["gamma"]) if best else (1.0, 1.0, 1.0)
    or out = (best["alpha"], best["beta"], best["gamma"]) if best else False
    or out = (best["alpha"], best["beta"], best["gamma"]) if best else "None"
        Where no trial fits, your answer is something else than None.

    none =
    | if not fit:
    |     fit = trials
        Where no trial fits, you fall back on the others: there the answer is None.
    """,
)


def trial(alpha: float, beta: float, gamma: float, accuracy: float) -> dict[str, float]:
    """One network of the search at φ = 1, trained and tested."""
    return {"alpha": alpha, "beta": beta, "gamma": gamma, "accuracy": accuracy}


TRIALS = (
    trial(1.3, 1.2, 1.2, 78.9),  # the most accurate, at 2.70
    trial(1.0, 1.0, 1.4, 76.1),  # 1.96
    trial(1.2, 1.1, 1.15, 77.3),  # 1.92
    trial(1.25, 1.3, 1.25, 78.6),  # 2.03 without the squares
    trial(2.0, 1.0, 1.0, 76.8),  # exactly 2
    trial(1.1, 1.1, 1.1, 77.5),  # the most accurate of the cheap, at 1.61
)

assignment.part(
    "best_coefficients",
    "The best of them",
    "a search compares like with like: the most accurate network of all is merely the dearest",
    BEST,
    [
        case(list(TRIALS)),
        case(list(TRIALS), target=1.6, tolerance=0.05),
        case([TRIALS[1], TRIALS[4], TRIALS[2], trial(2.05, 1.0, 1.0, 75.0)]),
        case([trial(2.05, 1.0, 1.0, 77.0), trial(1.92, 1.0, 1.0, 78.0), trial(2.02, 1.0, 1.0, 76.0)]),
        case([TRIALS[4], trial(1.0, 1.5, 1.0, 76.0)], target=2.25, tolerance=0.25),
        case(list(TRIALS[:2]), target=3.5),
        case([trial(1.0, 1.2, 1.2, 77.0), trial(1.0, 1.0, 1.5, 78.9)], tolerance=0.3),
        case([trial(1.95, 1.0, 1.0, 77.0), trial(2.08, 1.0, 1.0, 77.4)]),
        case([trial(2.05, 1.0, 1.0, 31.2), trial(2.0, 1.0, 1.0, 31.6), trial(1.98, 1.0, 1.0, 31.4)]),
    ],
)

COMPOUND = recipe(
    """
    def compound(phi, alpha=1.2, beta=1.1, gamma=1.15, base_size=224):
        «before = »
        return {
            "width_mult": «width = beta**phi»,
            "depth_mult": «depth = alpha**phi»,
            "input_size": «size = «rounded = round»(base_size * «resolution = gamma**phi»)»,
        }
    """,
    """
    before = phi = phi + 1
        Your φ is one too high: at φ = 0 nothing is scaled, and you have B0.

    before = phi = phi - 1
        Your φ is one too low: at φ = 0 you have B0, and φ = 1 is the first step.

    width = beta * phi; depth = alpha * phi; resolution = gamma * phi
        You multiplied by φ: φ is an exponent, so that each step multiplies once more.

    width = 1 + (beta - 1) * phi; depth = 1 + (alpha - 1) * phi; resolution = (1 + (gamma - 1) * phi)
        You added the same for each step: φ is an exponent, so that each step multiplies once more.

    before = phi = int(phi)
    or before = phi = round(phi)
        You made φ a whole number: it may be a fraction.

    before = phi = max(phi, 0)
    or before = phi = abs(phi)
        Your φ never goes below 0: a negative one makes networks that are smaller than B0.

    width = alpha**phi; depth = beta**phi
        You took α and β for one another: α belongs to depth, β to width.

    width = gamma**phi; resolution = beta**phi
        You took β and γ for one another: β belongs to width, γ to resolution.

    width = beta ** (2 * phi); resolution = gamma ** (2 * phi)
        You squared β and γ: the squares are in the cost, not in the multipliers.

    rounded = math.floor
        You cut the pixels off: the resolution goes to the nearest whole number.

    rounded = math.ceil
        You rounded the pixels up: the resolution goes to the nearest whole number.

    rounded =
        The resolution is a fraction: it goes to the nearest whole number.

    size = round(base_size * gamma**phi / 8) * 8
    or size = round(base_size * gamma**phi / 32) * 32
        You rounded the pixels to a multiple: the resolution goes to the nearest whole number, any.

    size = gamma**phi
        You returned the resolution's multiplier: the answer is the picture's side in pixels.

    width = round(beta**phi, 2); depth = round(alpha**phi, 2)
    or width = round(beta**phi, 1); depth = round(alpha**phi, 1)
        You rounded the two multipliers: only the pixels are rounded.

    before = alpha, beta, gamma, base_size = 1.2, 1.1, 1.15, 224
        Your answer knows φ alone: use alpha, beta, gamma and base_size, not their defaults' values.

    before = base_size = 224
        You have a 224 where base_size should stand.

    before = alpha, beta, gamma = 1.2, 1.1, 1.15
        You have 1.2, 1.1 and 1.15 where alpha, beta and gamma should stand.
    """,
)

assignment.part(
    "compound",
    "One number for all three",
    "φ is the only dial a user of the family turns; depth, width and resolution follow",
    COMPOUND,
    [
        case(0),
        case(1),
        case(2),
        case(2.5),
        case(-1),
        case(6),
        case(3, alpha=1.3, beta=1.05, gamma=1.2, base_size=192),
    ],
)

add_parts(assignment)
