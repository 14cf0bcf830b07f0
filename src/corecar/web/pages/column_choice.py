"""Which columns of a table are shown: the choice beside it, what is hidden at first, and where a choice is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nicegui.element import Element

from corecar.words import Words

CHOSEN_FROM = 6
"""Columns from which a table offers a choice of them."""
MANY = 12
"""Columns from which those that are seldom read are hidden at first."""
SELDOM = frozenset({
    "bpns", "bpna", "latitude", "longitude", "time_zone", "pp", "robust_cpk", "n_a", "n_b", "passing_n_a",
    "passing_n_b", "sd_ratio", "passing_n", "minimum", "q1", "q3", "maximum", "over",
})  # fmt: skip
"""Columns that most readers of a wide table do without."""


class ColumnChoice(Element, component="column_choice.js"):
    """A button that opens the list of a grid's columns, each shown or not."""

    def __init__(self, say: Words, grid: int) -> None:
        super().__init__()
        words = [say("Columns"), say("0 hidden"), say("Columns that are shown"), say("Show all")]
        self._props |= {"grid": grid, "words": words}


def hidden_at_first(columns: Sequence[str]) -> list[str]:
    """Columns of a wide table that are not shown until somebody wants them.

    >>> hidden_at_first(["site", "latitude"])
    []
    """
    return [column for column in columns if column in SELDOM] if len(columns) >= MANY else []


def kept_state(name: str, hidden: Sequence[str]) -> dict[str, str]:
    """Options of a grid by which its sorting, filters and columns stand in the address as `t.NAME`.

    A choice of columns is also remembered by the browser, for all tables of this kind: where an address says nothing
    of columns, those are shown that were chosen last.
    name    of the table; hidden: columns that are hidden where nothing was chosen
    """
    return {
        ":initialState": f"(() => {{ {_where(name)} const first = {json.dumps(list(hidden))}; let kept = {{}}, last; "
        "try { kept = JSON.parse(new URL(location.href).searchParams.get(where)) || {} } catch (e) { kept = {} } "
        "try { last = JSON.parse(localStorage.getItem(memory)) } catch (e) { last = null } "
        "kept.columnVisibility ??= { hiddenColIds: Array.isArray(last) ? last : first }; "
        "kept.partialColumnState = true; return kept; })()",  # what it does not tell, such as what is pinned, stays
        ":onStateUpdated": f"p => {{ {_where(name)} const first = {json.dumps(list(hidden))}; "
        "if (!p.sources.some(s => ['filter', 'sort', 'columnVisibility'].includes(s))) return; "
        "const kept = {}; for (const part of ['filter', 'sort']) if (p.state[part]) kept[part] = p.state[part]; "
        "const away = p.state.columnVisibility?.hiddenColIds || []; "
        "const as_first = away.length === first.length && away.every(c => first.includes(c)); "
        "if (!as_first) kept.columnVisibility = { hiddenColIds: away }; "
        "if (p.sources.includes('columnVisibility') && !p.sources.includes('gridInitializing')) { try { as_first "
        "? localStorage.removeItem(memory) : localStorage.setItem(memory, JSON.stringify(away)) } catch (e) {} } "
        "const u = new URL(location.href); Object.keys(kept).length "
        "? u.searchParams.set(where, JSON.stringify(kept)) : u.searchParams.delete(where); "
        "history.replaceState(history.state, '', u); }",
    }  # fmt: skip


def _where(name: str) -> str:
    """JavaScript that says where the state of a table is kept: in the address, and by the browser.

    Tables of a kind end alike, as `LOT-tests` does, on pages that begin alike.
    """
    kind = json.dumps(name.rsplit("-", 1)[-1])
    return (
        f"const where = {json.dumps('t.' + name)}, "
        f"memory = 'columns:' + location.pathname.split('/')[1] + '/' + {kind};"
    )
