"""Stable assignments against the package `matching`, which plays hospital-resident games."""

from __future__ import annotations

import numpy as np
import pytest
from tests.match.test_assignment import game_of

games = pytest.importorskip("matching.games", reason="the peer matching is not installed")


@pytest.mark.parametrize("seed", range(40))
def test_a_drawn_game_ends_as_the_peers(seed: int) -> None:
    random = np.random.default_rng(seed)
    names = [f"r{place}" for place in range(random.integers(2, 25))]
    places = [f"h{place}" for place in range(random.integers(1, 7))]
    rooms = {place: int(random.integers(1, 5)) for place in places}
    likes = {name: list(random.permutation(places)[: random.integers(1, len(places) + 1)]) for name in names}
    liked = {place: list(random.permutation([n for n in names if place in likes[n]])) for place in places}
    liked = {place: who for place, who in liked.items() if who}
    likes = {name: [place for place in those if place in liked] for name, those in likes.items()}
    rooms = {place: rooms[place] for place in liked}
    game = games.HospitalResident.create_from_dictionaries(likes, liked, rooms)
    peer = {str(place): {str(name) for name in who} for place, who in game.solve(optimal="resident").items()}
    assert game_of(likes, liked, rooms) == peer
