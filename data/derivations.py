"""What was computed from layers, kept beside them; all of it can be computed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import delete, insert, select

from .database import explained
from .foundation import Foundation
from .schema import derived

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .parquet import Array


class Derivations(Foundation):
    """Keeps arrays and frames by a key that names everything they were made of."""

    def derived_put(
        self,
        key: str,
        value: Mapping[str, Array] | pd.DataFrame,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep what was computed from layers, in place of what `key` held before.

        `value` are aligned arrays ``(n,)`` by name, or a frame; `details` is kept as JSON. It
        needs no lock: everything derived can be derived again.

        Raises
        ------
        StoreError
            If it cannot be written.
        ParquetError
            If arrays or frame cannot be kept.
        """
        with explained(f"keep {key}"):
            if isinstance(value, pd.DataFrame):
                form, digest = "frame", self.objects.put_frame(value)
            else:
                form, digest = "arrays", self.objects.put_arrays(value)
            row = {"key": key, "form": form, "object": digest, "details": dict(details or {})}
            with self._database.write() as connection:
                self.objects.path(digest)  # nobody collected it meanwhile; from now on nobody will
                connection.execute(delete(derived).where(derived.c.key == key))
                connection.execute(insert(derived).values(row))

    def derived_get(self, key: str) -> dict[str, Array] | None:
        """Return the arrays that were kept, read-only; ``None`` if there are none."""
        digest = self._derived(key, "arrays")
        return self.objects.get_arrays(digest) if digest else None

    def derived_frame(self, key: str) -> pd.DataFrame | None:
        """Return the frame that was kept; ``None`` if there is none."""
        digest = self._derived(key, "frame")
        return self._frame(digest).copy(deep=False) if digest else None

    def derived_details(self, key: str) -> dict[str, Any] | None:
        """Return the details that were kept; ``None`` if nothing was kept."""
        with self._database.read() as connection:
            return connection.scalar(select(derived.c.details).where(derived.c.key == key))

    def derived_forget(self, prefix: str, kept: Collection[str] = ()) -> int:
        """Forget what was kept under keys that begin with `prefix`, but for some of them.

        Returns
        -------
        int
            How many were forgotten; their files go with the next `collect_orphans`.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        with explained(f"forget {prefix}"), self._database.write() as connection:
            begins = derived.c.key.startswith(prefix, autoescape=True)
            keys = connection.scalars(select(derived.c.key).where(begins)).all()
            for key in set(keys) - set(kept):
                connection.execute(delete(derived).where(derived.c.key == key))
        return len(set(keys) - set(kept))

    def _derived(self, key: str, form: str) -> str | None:
        query = select(derived.c.object).where(derived.c.key == key, derived.c.form == form)
        with self._database.read() as connection:
            digest = connection.scalar(query)
        # A lost file is no loss here: whoever asks derives it again.
        return digest if digest and self.objects.exists(digest) else None
