"""What the public sees now: releases, with what is withheld of them.

Both belong together, and to make them takes seconds after a release. So a worker makes the next
view ready, and keeps it in the store; until then the one before is shown, as a whole: its layers,
its city layers and what is withheld of them.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from . import judgement as judgements
from .review_base import are_recorded, record_figures

if TYPE_CHECKING:
    from ..coverage.disclosure import Rule
    from .figures import Evaluator
    from .judgement import Judgement
    from .releases import Releases

_NEWEST = "public-view"
_LOOK_EVERY_S = 1.0
"""How often to look whether the worker is ready; a page asks many times."""


@dataclass(frozen=True, slots=True)
class View:
    """Releases at one moment; `name` says what was judged of them, `cause` when to look again."""

    name: str
    cause: tuple[Any, ...]
    releases: Releases
    judgement: Judgement


class PublicViews:
    """Chooses what the public sees.

    Parameters
    ----------
    evaluator : Evaluator
    releases : Releases
        Of the present.
    rule : Rule

    Attributes
    ----------
    patience_s : float
        How long to show the view before while a worker makes the next one ready; 0: there is no
        worker, and whoever asks first makes it.
    """

    def __init__(self, evaluator: Evaluator, releases: Releases, rule: Rule) -> None:
        self.patience_s = 0.0
        self._evaluator = evaluator
        self._store = evaluator.publication.store
        self._releases = releases
        self._rule = rule
        self._view: View | None = None
        self._waiting_since_s: float | None = None
        self._look_again_s = 0.0
        self._making = threading.Lock()

    @property
    def current(self) -> View:
        """What the public sees; made here if nobody else did."""
        cause = self._cause(self._releases)
        view = self._view
        if view is not None and (view.cause == cause or time.monotonic() < self._look_again_s):
            return view
        found = self._ready(cause) or (self._former() if self._may_wait() else None)
        if found is None:
            with self._making:  # several visitors may come at once; one of them pays
                found = self._ready(cause) or self._make(cause)
        return found

    def make_ready(self) -> bool:
        """Make what the public is to see, for those who serve; tells whether it was to be made."""
        cause = self._cause(self._releases)
        if self._ready(cause) is not None:
            return False
        self._make(cause)
        return True

    def _cause(self, releases: Releases) -> tuple[Any, ...]:
        """Tell what has happened; whatever changes the view changes this."""
        dated = judgements.dated_releases(releases)
        return (releases.known_at, releases.now.date(), tuple(map(len, dated.values())))

    def _ready(self, cause: tuple[Any, ...]) -> View | None:
        """Return the present view, if all that it takes is kept."""
        fixed = self._releases.at(self._releases.known_at, self._releases.now)
        name = judgements.name_of(self._evaluator, fixed, self._rule)
        known = self._view
        judgement = (
            known.judgement if known and known.name == name else judgements.kept(self._store, name)
        )
        if judgement is None or not are_recorded(self._store, fixed.now.date()):
            return None
        return self._show(View(name, cause, fixed, judgement))

    def _former(self) -> View | None:
        """Return the newest view that was made ready, by whomever; ``None`` if there is none."""
        if self._view is not None:
            return self._view
        newest = self._store.derived_details(_NEWEST)
        if newest is None:
            return None
        moments = [datetime.fromisoformat(newest[name]) for name in ("known_at", "now")]
        fixed = self._releases.at(*moments)
        name = judgements.name_of(self._evaluator, fixed, self._rule)
        judgement = judgements.kept(self._store, name)
        # of another rule or method nothing is shown that was not judged by the present one
        if judgement is None:
            return None
        self._view = View(name, self._cause(fixed), fixed, judgement)
        return self._view

    def _may_wait(self) -> bool:
        if not self.patience_s:
            return False
        now_s = time.monotonic()
        self._waiting_since_s = self._waiting_since_s or now_s
        waits = now_s - self._waiting_since_s < self.patience_s
        self._look_again_s = now_s + _LOOK_EVERY_S if waits else 0.0
        return waits

    def _make(self, cause: tuple[Any, ...]) -> View:
        fixed = self._releases.at(self._releases.known_at, self._releases.now)
        record_figures(self._evaluator, fixed.now.date())
        name = judgements.name_of(self._evaluator, fixed, self._rule)
        judgement = judgements.kept(self._store, name)
        if judgement is None:
            judgement = judgements.judge(self._evaluator, fixed, self._rule)
            judgements.keep(self._store, name, judgement)
        former = self._view.name if self._view else name
        judgements.forget_all_but(self._store, {name, former})
        moments = {"known_at": fixed.known_at.isoformat(), "now": fixed.now.isoformat()}
        self._store.derived_put(_NEWEST, {"made": np.zeros(1)}, moments)
        return self._show(View(name, cause, fixed, judgement))

    def _show(self, view: View) -> View:
        self._view, self._waiting_since_s, self._look_again_s = view, None, 0.0
        return view
