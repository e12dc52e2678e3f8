"""Items put aside (待成熟事项), as applicant, window and desk read them."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from cases import maturity
from cases.models import Case, ParkedItem, ParkedState
from cases.pages.picture import short_name
from portal.core.chinese import day_words, instant_words

TAGS = {
    ParkedState.WAITING: "later",
    ParkedState.RIPE: "now",
    ParkedState.RESUMED: "done",
    ParkedState.ENDED: "stop",
}
ORDER = (ParkedState.RIPE, ParkedState.WAITING, ParkedState.RESUMED, ParkedState.ENDED)


def preview(case: Case) -> list[dict[str, Any]]:
    """Return what will be put aside once a draft is accepted, each with its day and reasons."""
    items = case.version.catalogue.items
    return [
        {
            "code": one.code,
            "name": short_name(items[one.code].name),
            "day": f"{day_words(one.expected_on)}起可办" if one.expected_on else "条件具备后可办",
            "missing": [entry["label"] for entry in one.missing],
        }
        for one in maturity.preview(case).values()
        if one.code in items
    ]


def of_case(rows: Sequence[ParkedItem]) -> dict[str, Any]:
    """Return the parked items of a case, those that can be resumed first."""
    ordered = sorted(rows, key=lambda row: ORDER.index(ParkedState(row.state)))
    return {
        "parked": [_row(row) for row in ordered],
        "ripe": [short_name(row.item_name) for row in rows if row.state == ParkedState.RIPE],
    }


def _row(row: ParkedItem) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "name": row.item_name,
        "tag": {"kind": TAGS[ParkedState(row.state)], "label": row.get_state_display()},
        "note": _note(row),
        "missing": row.missing if row.state == ParkedState.WAITING else [],
        "is_open": row.is_open,
        "give_up_url": reverse("cases:give-up-parked", args=[row.pk]),
    }


def _note(row: ParkedItem) -> str:
    until = f"，最迟 {day_words(row.closes_on)}" if row.closes_on and row.is_open else ""
    if row.state == ParkedState.WAITING:
        return f"预计{row.day_words}{until}" if row.expected_on else f"{row.day_words}{until}"
    if row.state == ParkedState.RIPE and row.ripe_at:
        return f"{day_words(row.ripe_at)}成熟{until}"
    if row.state == ParkedState.RESUMED and row.resumed_at:
        return f"{instant_words(row.resumed_at)} 恢复办理"
    at = f"{day_words(row.ended_at)}终止。" if row.ended_at else ""
    return f"{at}{row.reasons}"
