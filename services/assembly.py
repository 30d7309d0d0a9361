"""Putting a city's workspace, store, publication and evaluator together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..data.goals import load_goals
from ..data.store import Store
from ..data.workspace import Workspace
from .confidentiality import Confidentiality
from .figures import Evaluator
from .publication import Publication


@dataclass(frozen=True, slots=True)
class Assembly:
    """Everything that a door needs of one city."""

    workspace: Workspace
    store: Store
    publication: Publication
    evaluator: Evaluator
    confidentiality: Confidentiality

    @classmethod
    def open(cls, folder: Path | str, wait_s: float = 10.0) -> Assembly:
        """Open a workspace; `wait_s` is how long to wait for another writer.

        Raises
        ------
        WorkspaceError
            If there is none in the folder, or it cannot be read.
        StoreError
            If its store cannot be opened.
        GoalsError
            If the city's own ``goals.toml`` is wrong.
        ParameterError
            If a parameter of disclosure control in ``stadtnetz.toml`` makes no sense.
        """
        workspace = Workspace.open(folder)
        store = Store.open(workspace, wait_s=wait_s)
        publication = Publication(store, workspace.crs, workspace.parameters)
        evaluator = Evaluator(publication, load_goals(workspace.goals))
        confidentiality = Confidentiality(evaluator, workspace.folder, workspace.parameters)
        return cls(workspace, store, publication, evaluator, confidentiality)
