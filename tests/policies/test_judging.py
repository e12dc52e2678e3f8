from datetime import date, timedelta
from typing import Any

import pytest

from policies import judging
from policies.eligibility import Count, Decision, Facts, Outcome
from policies.judging import WINDOW_CLOSED, Verdict, as_json, judge
from policies.policy_schema import PolicyDocument
from policies.shelf import PublishedPolicy, PublishedVersion

ON = date(2026, 11, 24)
SIX = {"fact": "ss_months_cont", "op": ">=", "value": 6}
THREE = {"fact": "ss_months_cont", "op": ">=", "value": 3}
TITLE = {"fact": "title_level", "op": "==", "value": "中级"}
FACTS = {"ss_months_cont": Count(1, ON)}  # 3 months on 24 January, 6 on 24 April 2027


def version(
    conditions: Any, begins: str | None = None, ends: str | None = None, **extras: Any
) -> PublishedVersion:
    division = extras.pop("division", "")
    content = {"conditions": conditions} if conditions else {"open": True}
    return PublishedVersion(
        pk=1,
        label=f"{begins}",
        number=1,
        division=division,
        begins=date.fromisoformat(begins) if begins else None,
        ends=date.fromisoformat(ends) if ends else None,
        document=PolicyDocument.model_validate({"summary": "补贴", **content, **extras}),
    )


def policy(*versions: PublishedVersion) -> PublishedPolicy:
    return PublishedPolicy(
        pk=1, code="POL_X", name="补贴", applicant="person", item_code="P07", one_thing="HZ",
        department="D01", versions=versions,
    )  # fmt: skip


def came_to(verdict: Verdict) -> tuple[str, str | None, str | None]:
    return (
        verdict.outcome.value,
        verdict.from_day and verdict.from_day.isoformat(),
        verdict.closes_on and verdict.closes_on.isoformat(),
    )


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([version(SIX)], ("not_yet", "2027-04-24", None)),
        ([version(None)], ("eligible", None, None)),
        # The version in force ends before the day comes, and nothing follows.
        ([version(SIX, ends="2027-04-23")], ("not", None, None)),
        ([version(SIX, ends="2027-04-24")], ("not_yet", "2027-04-24", "2027-04-24")),
        ([version(None, ends="2026-12-31")], ("eligible", None, "2026-12-31")),
        # The next one asks for less, and may be met from its first day or later.
        ([version(SIX, ends="2026-12-31"), version(THREE, "2027-01-01")],
         ("not_yet", "2027-01-24", None)),
        ([version(SIX, ends="2027-02-28"), version(THREE, "2027-03-01")],
         ("not_yet", "2027-03-01", None)),
        # The next one asks for more, or comes after a gap.
        ([version(THREE, ends="2026-12-31"), version(SIX, "2027-01-01")],
         ("not_yet", "2027-04-24", None)),
        ([version(SIX, ends="2026-12-31"), version(THREE, "2027-02-01", "2027-03-31")],
         ("not_yet", "2027-02-01", "2027-03-31")),
        ([version(None, ends="2026-12-31"), version(SIX, "2027-01-01")],
         ("eligible", None, "2026-12-31")),
        ([version(None, ends="2026-12-31"), version(None, "2027-01-01")],
         ("eligible", None, None)),
        # What is not, by the version in force, stays so although a later one would allow it.
        ([version({"fact": "ss_months_cont", "op": "<", "value": 1}, ends="2026-12-31"),
          version(THREE, "2027-01-01")], ("not", None, None)),
        ([version({"all": [TITLE, SIX]}, ends="2026-12-31")], ("not", None, None)),
        ([version({"all": [TITLE, SIX]}, ends="2027-12-31")], ("unknown", None, "2027-12-31")),
        ([version(SIX, ends="2026-12-31"), version(None, "2027-01-01", closed=True, open=False)],
         ("not", None, None)),
    ],
)  # fmt: skip
def test_days_to_come_keep_to_the_terms_of_the_versions(
    versions: list[PublishedVersion], expected: tuple[str, str | None, str | None]
) -> None:
    found = judge(policy(*versions), FACTS, ON)

    assert came_to(found) == expected
    assert judging.outcome(policy(*versions), FACTS, ON) == Decision(found.outcome, found.from_day)


@pytest.mark.parametrize(
    "versions",
    [
        [version(SIX, ends="2026-12-31"), version(THREE, "2027-01-01")],
        [version(SIX, ends="2026-12-31"), version(THREE, "2027-02-01", "2027-03-31")],
        [version(THREE, ends="2027-01-24"), version(SIX, "2027-01-25", "2027-05-31")],
        [version(SIX), version(THREE, "2027-02-01", division="330110")],
    ],
)
def test_from_its_day_on_the_policy_itself_says_eligible(versions: list[PublishedVersion]) -> None:
    facts = {**FACTS, "district": "330110"}
    found = judging.outcome(policy(*versions), facts, ON)
    assert found.from_day is not None

    days = [ON + timedelta(days=ahead) for ahead in range((found.from_day - ON).days + 1)]
    walked = [judging.outcome(policy(*versions), facts, day).outcome for day in days]

    assert walked[-1] == Outcome.ELIGIBLE
    assert Outcome.ELIGIBLE not in walked[:-1]


@pytest.mark.parametrize(
    "versions",
    [
        [version(None, "2026-11-25")],
        [version(None, ends="2026-11-23")],
        [version(None, ends="2026-10-31"), version(None, "2026-12-01")],
        [version(None, ends="2026-10-31"), version(None, "2026-11-01", closed=True, open=False)],
    ],
)
def test_outside_every_window_it_is_not_and_says_so(versions: list[PublishedVersion]) -> None:
    found = judge(policy(*versions), FACTS, ON)

    assert (found.outcome, found.version, found.reason) == (Outcome.NOT, None, WINDOW_CLOSED)
    assert found.words == "不在受理期"
    assert as_json(found) == {
        "policy": "POL_X", "item": "P07", "verdict": "not", "from": None, "version": None,
        "leaves": [], "benefit": None, "reason": "window closed",
    }  # fmt: skip


def test_a_districts_own_version_goes_before_the_citys() -> None:
    one = policy(version(SIX, "2020-01-01"), version(THREE, "2021-01-01", division="330110"))

    city = judge(one, {**FACTS, "district": "330106"}, ON)
    yuhang = judge(one, {**FACTS, "district": "330110"}, ON)

    assert came_to(city)[:2] == ("not_yet", "2027-04-24")
    assert came_to(yuhang)[:2] == ("not_yet", "2027-01-24")


class TestJudgedOnAnEvent:
    one = policy(
        version(SIX, "2019-01-01", "2021-12-31", judged_on="grad_date"),
        version(THREE, "2022-01-01", judged_on="grad_date"),
    )

    @pytest.mark.parametrize(
        ("grad_date", "expected"),
        [
            ("2021-12-31", ("not_yet", "2027-04-24", None)),
            ("2022-01-01", ("not_yet", "2027-01-24", None)),
            ("2018-12-31", ("not", None, None)),
        ],
    )
    def test_the_version_is_that_of_the_event_on_any_day_of_application(
        self, grad_date: str, expected: tuple[str, str | None, str | None]
    ) -> None:
        facts = {**FACTS, "grad_date": date.fromisoformat(grad_date)}

        assert came_to(judge(self.one, facts, ON)) == expected

    def test_without_the_event_it_is_unknown_and_never_not(self) -> None:
        found = judge(self.one, FACTS, ON)

        assert (found.outcome, found.from_day) == (Outcome.UNKNOWN, None)
        assert found.explanation.missing == ("grad_date",)
        assert judging.outcome(self.one, FACTS, ON) == Decision(Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"ss_months_cont": Count(6, ON)}, "可以享受"),
        (FACTS, "待成熟，2027年4月24日起可办"),
        ({"ss_months_cont": Count(1, None)}, "暂不符合"),
        ({}, "待核实"),
    ],
)
def test_a_verdict_in_words(facts: Facts, words: str) -> None:
    assert judge(policy(version(SIX)), facts, ON).words == words


def test_a_verdict_in_the_format_for_editors() -> None:
    conditions = {"all": [{**SIX, "matures": True, "label": "连续参保满6个月"}, TITLE]}
    benefit = {"kind": "fixed", "amount": 10000}
    one = policy(version(conditions, "2021-10-15", benefit=benefit))

    found = as_json(judge(one, {**FACTS, "title_level": "中级"}, ON))

    assert list(found) == ["policy", "item", "verdict", "from", "version", "leaves", "benefit"]
    assert found["leaves"] == [
        {"fact": "ss_months_cont", "op": ">=", "need": 6, "actual": 1, "met": False,
         "matures": True, "label": "连续参保满6个月"},
        {"fact": "title_level", "op": "==", "need": "中级", "actual": "中级", "met": True,
         "matures": False, "label": "职称为中级"},
    ]  # fmt: skip
    assert (found["verdict"], found["from"]) == ("not_yet", "2027-04-24")
    assert found["version"] == "2021-10-15"
    assert found["benefit"]["amount"] == 10000


def test_what_is_not_has_no_benefit() -> None:
    one = policy(version(SIX, benefit={"kind": "fixed", "amount": 10000}))

    assert judge(one, {"ss_months_cont": Count(1, None)}, ON).benefit is None
    assert judge(one, {}, ON).benefit is not None
