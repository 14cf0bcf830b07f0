"""How long work waits before machines: queueing formulae. Plain numbers in, plain numbers out.

A squared coefficient of variation (`_cv2`) is variance / mean squared: 0 what is always alike, 1 what comes by chance.

Source  W. J. Hopp, M. L. Spearman, Factory Physics, 3rd edition, Waveland Press 2011, chapters 8 and 9
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def waiting_hours(load: float, servers: int, hours: float, arrival_cv2: float, service_cv2: float) -> float:
    """Mean time in the queue before several machines that are alike; infinite at a load of 1 and above.

    load    part of the time in which a machine is not free, 0 and above
    hours   effective time of one job on one machine
    Source  V U T: J. F. C. Kingman, The single server queue in heavy traffic, Mathematical Proceedings of the Cambridge
            Philosophical Society 57 (1961) 902-904; several machines: H. Sakasegawa, An approximation formula
            L_q = alpha rho^beta / (1 - rho), Annals of the Institute of Statistical Mathematics 29 (1977) 67-75

    >>> waiting_hours(0.5, 1, 2.0, 1.0, 1.0)
    2.0
    """
    if load >= 1.0:
        return math.inf
    crowding = math.pow(load, math.sqrt(2.0 * (servers + 1)) - 1.0) / (servers * (1.0 - load))
    return (arrival_cv2 + service_cv2) / 2.0 * crowding * hours


def with_setups(hours: float, cv2: float, chance: float, setup_hours: float) -> tuple[float, float]:
    """Time of a job and its squared CV, with set-ups before some jobs.

    chance       that a job needs one: 1 / (jobs between two set-ups)
    setup_hours  of each, always alike
    Source       Factory Physics, outages that do not interrupt a job, for set-ups without a spread of their own

    >>> with_setups(1.0, 0.0, 0.5, 1.0)
    (1.5, 0.1111111111111111)
    """
    longer = hours + chance * setup_hours
    variance = cv2 * hours**2 + chance * (1.0 - chance) * setup_hours**2
    return longer, variance / longer**2


def with_outages(
    hours: float, cv2: float, available: float, repair_hours: float, repair_cv2: float = 1.0
) -> tuple[float, float]:
    """Time of a job and its squared CV on machines that stop by chance, in the midst of a job too.

    available     part of the time in which a machine can work, above 0
    repair_hours  mean time to repair
    Source        Factory Physics, outages that interrupt a job, exponential times between failures

    >>> with_outages(2.0, 0.0, 0.5, 1.0)
    (4.0, 0.25)
    """
    return hours / available, cv2 + (1.0 + repair_cv2) * available * (1.0 - available) * repair_hours / hours


def mixed(weights: Sequence[float], means: Sequence[float], cv2s: Sequence[float]) -> tuple[float, float]:
    """Mean and squared CV of a job that is of one of several kinds by chance.

    weights  how often each comes, not all 0

    >>> mixed([1, 1], [1.0, 3.0], [0.0, 0.0])
    (2.0, 0.25)
    """
    total = sum(weights)
    mean = sum(weight * each for weight, each in zip(weights, means, strict=True)) / total
    second = sum(
        weight * each**2 * (1.0 + cv2) for weight, each, cv2 in zip(weights, means, cv2s, strict=True)
    ) / total  # fmt: skip
    return mean, second / mean**2 - 1.0


def split(cv2: float, share: float) -> float:
    """Squared CV of the times between arrivals of those that are taken from a stream by chance.

    share   of the stream that is taken
    Source  W. Whitt, The Queueing Network Analyzer, Bell System Technical Journal 62 (1983) 2779-2815, splitting

    >>> split(0.25, 0.0), split(0.25, 1.0)
    (1.0, 0.25)
    """
    return share * cv2 + 1.0 - share


def joined(rates: Sequence[float], cv2s: Sequence[float]) -> float:
    """Squared CV of the times between arrivals where several streams come together, by the asymptotic method.

    rates   arrivals of each in the same time, not all 0
    Source  W. Whitt, The Queueing Network Analyzer, superposition

    >>> joined([1, 3], [0.0, 1.0])
    0.75
    """
    return sum(rate * cv2 for rate, cv2 in zip(rates, cv2s, strict=True)) / sum(rates)
