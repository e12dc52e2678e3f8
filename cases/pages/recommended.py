"""Open recommendations as the popup and the list show them (主动推荐)."""

from dataclasses import dataclass
from typing import Any

from cases import recommending
from cases.models.case import ApplicantKind
from cases.package import MINDED, Rivals, excluding
from portal.accounts.models import User
from portal.core import clock
from portal.core.chinese import day_words, listed


@dataclass(frozen=True, slots=True)
class Offers:
    """Rows for the template; `is_new`: some were never shown."""

    rows: list[dict[str, Any]]
    is_new: bool

    def __bool__(self) -> bool:
        return bool(self.rows)


def offers(user: User) -> Offers:
    """Return what is recommended to a user now; what excludes each other is ticked once."""
    found = recommending.offered_to(user) if user.is_applicant else []
    verdicts = [one.verdict for one in found]
    rivals = excluding(verdicts)
    is_mixed = len({verdict.policy.applicant for verdict in verdicts}) > 1
    rows = [
        {
            "id": one.recommendation.pk,
            "policy": one.verdict.policy,
            "is_new": one.recommendation.shown_at is None,
            "facts": _facts(one, is_mixed),
            "why": _why(one, rivals),
            "checked": one.verdict.policy.code not in rivals.lesser,
        }
        for one in found
    ]
    return Offers(rows, any(row["is_new"] for row in rows))


def _facts(one: recommending.Offered, is_mixed: bool) -> str:
    verdict = one.verdict
    parts = [f"{ApplicantKind(verdict.policy.applicant).label}事项"] if is_mixed else []
    parts += [verdict.benefit.words] if verdict.benefit else []
    if verdict.closes_on and verdict.closes_on - clock.today() <= MINDED:
        parts.append(f"最晚 {day_words(verdict.closes_on)}申请")
    return " · ".join(part for part in parts if part)


def _why(one: recommending.Offered, rivals: Rivals) -> str:
    names = rivals.names_of(one.verdict.policy.code)
    return f"与{listed(names)}只能办理一项" if names else ""
