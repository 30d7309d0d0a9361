"""Who is asking: the role, and for partners the operator, behind a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account may do; see the policy table in `stadtnetz.services.access.policy`."""

    PUBLIC = "public"
    PARTNER = "partner"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"


class ForeignOperatorError(ValueError):
    """Somebody hands in for an operator to which their account is not bound."""


class NotAllowedError(ValueError):
    """The visitor may not do this."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sent a request.

    Parameters
    ----------
    role : Role
    name : str
        Name of the account, for the audit log.
    account : str or None
        Id of the account; ``None`` for the public.
    operator : str or None
        The operator to which a partner is bound.
    scopes : frozenset of str or None
        What an API token may be used for; ``None`` where a person signed in.
    """

    role: Role = Role.PUBLIC
    name: str = "public"
    account: str | None = None
    operator: str | None = None
    scopes: frozenset[str] | None = None

    @property
    def reviews(self) -> bool:
        """Whether all operators' deliveries may be seen and decided on."""
        return self.role in {Role.COORDINATOR, Role.ADMINISTRATOR}

    def sees(self, operator: str | None) -> bool:
        """Tell whether layers of this operator may be seen apart from the others'."""
        return self.reviews or (self.role is Role.PARTNER and operator == self.operator)

    def hands_in_for(self, operator: str | None) -> str:
        """Return the operator for which this visitor hands in a layer.

        Parameters
        ----------
        operator : str or None
            The one that the request names; a partner need not.

        Raises
        ------
        ForeignOperatorError
            If a partner names another operator than its own, or somebody else names none.
        """
        if self.role is Role.PARTNER and operator in {None, "", self.operator} and self.operator:
            return self.operator
        if self.reviews and operator:
            return operator
        if self.reviews:
            raise ForeignOperatorError("say for which operator the layer is handed in")
        raise ForeignOperatorError(
            f"the account hands in for the operator {self.operator!r}, not for another one"
        )


PUBLIC = Visitor()
