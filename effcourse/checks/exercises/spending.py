"""Exercise 03, parts 3 to 5: what a budget of MACs buys."""

from __future__ import annotations

from ..recipes import recipe

SIDE = recipe(
    """
    def largest_size(macs, input_size, budget, step=32):
        «before = »
        side = «side = input_size * math.sqrt(budget / macs)»
        return «result = «down = math.floor»(«steps = side / step») * step»
    """,
    """
    side = input_size * budget / macs
        You let the MACs go with the side: they go with its square, the area.

    side = input_size * (budget / macs)**2
        You squared where the square root belongs: MACs / side² stays the same.

    side = input_size * (budget / macs)**(1 / 3)
        You took a third root: MACs / side² stays the same, so the square root belongs there.

    side = input_size * math.sqrt(macs / budget)
        Upside down: a smaller budget must give a smaller picture.

    down = round
        You took the nearest multiple, which may overspend: round down.

    down = math.ceil
        You rounded up, which overspends: round down.

    result = (math.ceil(side / step) - 1) * step
        A side that takes exactly the budget is within it: you give the multiple below it.

    result = math.floor(side)
    or result = round(side)
        The side must be a multiple of step.

    result = side
        The side must be a whole number, and a multiple of step.

    result = math.floor(side / step)
        You return the number of steps: the side in pixels is asked.

    before = step = 32
        step is not used: you have 32 where it should stand.

    before = input_size = 224
        input_size is not used: you have 224 where it should stand.

    result = min(input_size, math.floor(side / step) * step)
        A larger budget allows a larger picture than the one given.

    result = max(step, math.floor(side / step) * step)
        With too small a budget not even one step is paid: then the answer is 0.

    result = math.floor(side / step) * step or None
        Below the first multiple there is only 0: you return None.

    side = math.sqrt(budget / macs)
        You left out input_size: the side is input_size times the root of budget / macs.
    """,
)

BEST = recipe(
    """
    def best_within(rows, budget):
        «before = »
        fitting = [row for row in rows if «fits = row["macs"] <= budget»]
        «return = none = «none = None»
        return «how = max»(fitting, key=lambda row: «key = (row["top1"], -row["macs"])», default=none)»
    """,
    """
    fits = True
    or return = return max(rows, key=lambda row: row["top1"])
        The budget is not kept: look only at rows that take at most so many MACs.

    before = budget *= 1e6
        You took the budget for millions: it is a number of MACs, as in the rows.

    fits = row["macs"] < budget
        A row that takes exactly the budget fits: at most, not less than.

    fits = row["macs"] >= budget
        Your comparison is turned round: rows that take *at most* budget MACs fit.

    key = row["macs"]
        You took the dearest that fits: it need not be the most accurate; two of the sixteen are beaten.

    key = -row["macs"]
        You took the cheapest: the most accurate that fits is asked.

    key = row["width"]
    or key = (row["width"], row["input_size"])
        You took the widest that fits: the most accurate is asked.

    key = row["top1"] / row["macs"]
        You took the most accuracy for a MAC: the most accurate that fits is asked.

    return = return max(fitting, key=lambda row: (row["top1"], -row["macs"]))
        When no row fits, max has nothing to choose from: return None.

    return = return max(fitting, key=lambda row: row["top1"])
        When no row fits, max has nothing to choose from; and of two equally accurate rows you return the first.

    return = return sorted(fitting, key=lambda row: (-row["top1"], row["macs"]))[0]
        When no row fits, the list is empty and has no first entry: return None.

    none = {}
    or none = []
        When no row fits, you return something empty: return None.

    none = 0
    or none = -1
        When no row fits, you return a number: return None.

    none = min(rows, key=lambda row: row["macs"])
        When no row fits, you return the cheapest all the same: return None.

    key = row["top1"]
        Of two equally accurate rows you return the one that comes first: return the one with fewer MACs.

    return = return max(reversed(fitting), key=lambda row: row["top1"], default=None)
        Of two equally accurate rows you return the one that comes last: return the one with fewer MACs.

    key = (row["top1"], row["macs"])
        Of two equally accurate rows you return the dearer one: return the one with fewer MACs.

    return = return fitting[0] if fitting else None
        You took the first that fits: the most accurate is asked.

    return = return fitting
        Those are all rows that fit: return the most accurate of them, one dictionary.

    return = return max((row["top1"] for row in fitting), default=None)
        Return the whole row, not its accuracy.

    return = return [max(fitting, key=lambda row: (row["top1"], -row["macs"]))] if fitting else None
        Return the row itself, not a list with it.

    how = min
    or how = min; key = row["top1"]
        That is the least accurate one that fits.
    """,
)


KEPT = recipe(
    """
    def not_beaten(rows):
        def beats(one, other):
            cheap, good = «cheap = one["macs"] <= other["macs"]», «good = one["top1"] >= other["top1"]»
            return «both = cheap and good» and «better = (one["macs"] < other["macs"] or one["top1"] > other["top1"])»

        kept = «kept = [row for row in rows if not any(beats(other, row) for other in rows)]»
        return «result = «order = sorted(kept, key=lambda row: row["macs"])»»
    """,
    """
    better = one["top1"] > other["top1"]
    or kept =
    | kept, best = [], -math.inf
    | for row in sorted(rows, key=lambda row: row["macs"]):
    |     if row["top1"] >= best:
    |         kept, best = [*kept, row], row["top1"]
        Of two equally accurate rows the dearer one is beaten too.

    better = one["macs"] < other["macs"]
        Of two rows with the same MACs the less accurate one is beaten too.

    better = one["macs"] < other["macs"] and one["top1"] > other["top1"]
        Being as good in one and better in the other is enough to beat a row.

    better = True
        Each of your rows beats itself: a row must be better in at least one of the two.

    better = one is not other
        Of two equal rows each of yours beats the other: neither is better in anything, so both stay.

    kept =
    | kept, best = [], -math.inf
    | for row in sorted(rows, key=lambda row: (row["macs"], -row["top1"])):
    |     if row["top1"] > best:
    |         kept, best = [*kept, row], row["top1"]
        Of two equal rows you keep one: neither beats the other, so both stay.

    both = (cheap or good)
        You let a row beat another by one of the two: it must be at least as good in both.

    cheap = one["macs"] >= other["macs"]
        Your cheaper row is the dearer one: fewer MACs are better.

    order = kept
        The rows are right and not in order: the one with the fewest MACs comes first.

    order = sorted(kept, key=lambda row: -row["macs"])
        The rows are right and the order is reversed: the one with the fewest MACs comes first.

    kept = [row for row in rows if any(beats(other, row) for other in rows)]
        Those are the rows that are beaten: return the others.

    kept = rows
        These are all rows, in order: leave out those that are beaten.

    result = [row["macs"] for row in sorted(kept, key=lambda row: row["macs"])]
        Those are MACs: return the rows themselves.
    """,
)
