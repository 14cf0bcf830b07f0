"""Moves of starts that leave every row of a plan as it was, compiled: one step each, and what follows from it.

A move takes pieces from one start and gives them by another. What its inputs then lack is made further up, from stock
first, and what of them is left over is no longer made. So a move is whole or it is taken back: all its steps stand in a
journal. Three groups of arrays go together through all functions:

    plan     start and stock, shape (rows, weeks), and the room of groups, shape (groups, weeks), all float64
    graph    how starts load groups, take items, and who makes an item; lead times, yields, the most of each start,
             which starts and items may not be moved, which items may lie
    journal  kind (0 stock from a week on, 1 start), row, week and amount of each step; what is still lacked or left
             over likewise, with their counts
"""

from __future__ import annotations

from typing import Any

from corecar.compiled import inlined, inner

STOCK, START = 0, 1
NEED, SURPLUS = 0, 1
TINY = 1e-9
"""Pieces that count as none."""
EARLIER, LATER = 2, 6
"""Weeks before and after its own in which what a move lacks may be made, and what is left over no longer is."""
MOST_STEPS = 1000
"""Steps of one move, above which it is given up."""
STEPS_ROOM = 2048
"""Steps that the journal and the lists of what is lacked and left over have room for."""


@inner
def laid(item: int, week: int, amount: float, plan: Any, journal: Any) -> None:
    """Let so much more of an item lie from a week on."""
    _, stock, _ = plan
    kinds, amounts, counts = journal
    for later in range(week, stock.shape[1]):
        stock[item, later] += amount
    step = counts[0]
    kinds[0, 0, step], kinds[0, 1, step], kinds[0, 2, step], amounts[0, step] = STOCK, item, week, amount
    counts[0] += 1


@inner
def begun(activity: int, week: int, amount: float, plan: Any, graph: Any, journal: Any) -> None:
    """Start so much more of an activity in a week."""
    start, _, room = plan
    load_starts, loads, use = graph[0], graph[1], graph[2]
    kinds, amounts, counts = journal
    start[activity, week] += amount
    for place in range(load_starts[activity], load_starts[activity + 1]):
        room[loads[place], week] -= use[place] * amount
    step = counts[0]
    kinds[0, 0, step], kinds[0, 1, step], kinds[0, 2, step], amounts[0, step] = START, activity, week, amount
    counts[0] += 1


@inner
def taken_back(plan: Any, graph: Any, journal: Any) -> None:
    """Undo the steps of the journal, the last first."""
    start, stock, room = plan
    load_starts, loads, use = graph[0], graph[1], graph[2]
    kinds, amounts, counts = journal
    for step in range(counts[0] - 1, -1, -1):
        row, week, amount = kinds[0, 1, step], kinds[0, 2, step], amounts[0, step]
        if kinds[0, 0, step] == STOCK:
            for later in range(week, stock.shape[1]):
                stock[row, later] -= amount
        else:
            start[row, week] -= amount
            for place in range(load_starts[row], load_starts[row + 1]):
                room[loads[place], week] += use[place] * amount
    counts[0] = counts[1] = counts[2] = 0


@inlined
def noted(what: int, item: int, week: int, amount: float, journal: Any) -> None:
    """Put what is lacked or left over of an item on its list."""
    kinds, amounts, counts = journal
    place = counts[1 + what]
    kinds[1 + what, 1, place], kinds[1 + what, 2, place], amounts[1 + what, place] = item, week, amount
    counts[1 + what] += 1


@inlined
def least_from(item: int, week: int, plan: Any) -> float:
    """What lies of an item at least, from a week on."""
    _, stock, _ = plan
    least = stock[item, week]
    for later in range(week + 1, stock.shape[1]):
        least = min(least, stock[item, later])
    return float(max(least, 0.0))


@inlined
def room_for(activity: int, week: int, plan: Any, graph: Any) -> float:
    """How many more pieces of an activity a week has room for."""
    start, _, room = plan
    load_starts, loads, use, most = graph[0], graph[1], graph[2], graph[10]
    free = most[activity, week] - start[activity, week]
    for place in range(load_starts[activity], load_starts[activity + 1]):
        if use[place] > 0.0:
            free = min(free, room[loads[place], week] / use[place])
    return float(free)


@inner
def settled(plan: Any, graph: Any, reduced: Any, journal: Any) -> bool:
    """Make what is lacked, and no longer what is left over, up to the first stage; False where that cannot be."""
    _, _, counts = journal
    while counts[1] > 0 or counts[2] > 0:
        if counts[0] + 64 > MOST_STEPS or counts[1] + 64 > STEPS_ROOM or counts[2] + 64 > STEPS_ROOM:
            return False
        if counts[1] > 0:
            if not _made_up(plan, graph, reduced, journal):
                return False
        elif not _cut(plan, graph, reduced, journal):
            return False
    return True


@inner
def _made_up(plan: Any, graph: Any, reduced: Any, journal: Any) -> bool:
    """Take the last of what is lacked from stock, then from the cheapest starts of its week and those before."""
    kinds, amounts, counts = journal
    taken_starts, taken, quantity, maker_starts, makers = graph[3], graph[4], graph[5], graph[6], graph[7]
    lead, yields, most, kept, still = graph[8], graph[9], graph[10], graph[11], graph[12]
    counts[1] -= 1
    item, week, left = kinds[1, 1, counts[1]], kinds[1, 2, counts[1]], amounts[1, counts[1]]
    small = TINY * (1.0 + left)
    if kept[item]:
        there = min(least_from(item, week, plan), left)
        if there > 0.0:
            laid(item, week, -there, plan, journal)
            left -= there
    first = max(week - EARLIER, 0) if kept[item] else week
    for then in range(week, first - 1, -1):
        dearest = -1e300
        for _ in range(maker_starts[item], maker_starts[item + 1]):
            if left <= small:
                return True
            best, chosen = 1e300, -1
            for place in range(maker_starts[item], maker_starts[item + 1]):
                maker = makers[place]
                begin = then - lead[maker]
                if begin >= 0 and not still[maker] and most[maker, begin] > 0.0 and yields[maker, begin] > 0.0:
                    cost = reduced[maker, begin] / yields[maker, begin]
                    if dearest < cost < best:
                        best, chosen = cost, maker
            if chosen < 0:
                break
            dearest, begin = best, then - lead[chosen]
            amount = min(left / yields[chosen, begin], room_for(chosen, begin, plan, graph))
            if amount > small:
                begun(chosen, begin, amount, plan, graph, journal)
                given = amount * yields[chosen, begin]
                if then < week:
                    laid(item, then, given, plan, journal)
                    laid(item, week, -given, plan, journal)
                for place in range(taken_starts[chosen], taken_starts[chosen + 1]):
                    noted(NEED, taken[place], begin, quantity[place] * amount, journal)
                left -= given
    return bool(left <= small)


@inner
def _cut(plan: Any, graph: Any, reduced: Any, journal: Any) -> bool:
    """No longer make the last of what is left over: the dearest starts of its week and those after."""
    start, stock, _ = plan
    kinds, amounts, counts = journal
    taken_starts, taken, quantity, maker_starts, makers = graph[3], graph[4], graph[5], graph[6], graph[7]
    lead, yields, kept, still = graph[8], graph[9], graph[11], graph[12]
    counts[2] -= 1
    item, week, left = kinds[2, 1, counts[2]], kinds[2, 2, counts[2]], amounts[2, counts[2]]
    small = TINY * (1.0 + left)
    last = min(week + LATER, stock.shape[1] - 1) if kept[item] else week
    for then in range(week, last + 1):
        there = min(left, least_from(item, then, plan)) if kept[item] else min(left, stock[item, then])
        while there > small:
            worst, chosen = -1e300, -1
            for place in range(maker_starts[item], maker_starts[item + 1]):
                maker = makers[place]
                begin = then - lead[maker]
                if begin >= 0 and not still[maker] and start[maker, begin] > TINY and yields[maker, begin] > 0.0:
                    cost = reduced[maker, begin] / yields[maker, begin]
                    if cost > worst:
                        worst, chosen = cost, maker
            if chosen < 0:
                break
            begin = then - lead[chosen]
            amount = min(start[chosen, begin], there / yields[chosen, begin])
            begun(chosen, begin, -amount, plan, graph, journal)
            laid(item, then, -amount * yields[chosen, begin], plan, journal)
            for place in range(taken_starts[chosen], taken_starts[chosen + 1]):
                laid(taken[place], begin, quantity[place] * amount, plan, journal)
                noted(SURPLUS, taken[place], begin, quantity[place] * amount, journal)
            there -= amount * yields[chosen, begin]
            left -= amount * yields[chosen, begin]
            if counts[0] + 64 > MOST_STEPS:
                return False
    return bool(kept[item] or left <= small)


@inner
def dearer(costs: Any, journal: Any, weeks: int) -> float:
    """What the steps of the journal cost in all [money]."""
    cost, holding, _, _ = costs
    kinds, amounts, counts = journal
    total = 0.0
    for step in range(counts[0]):
        row, week, amount = kinds[0, 1, step], kinds[0, 2, step], amounts[0, step]
        if kinds[0, 0, step] == STOCK:
            total += amount * holding[row] * (weeks - week)
        else:
            total += amount * cost[row, week]
    return total
