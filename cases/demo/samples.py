"""The sample cases of the demonstration (示例办件), one line each: who, what, and how it went.

`filed` counts working days before today; everything after it counts from there, so the samples look
alike on whatever day they are made. `manage.py demo_cases` plays them, see cases.demo.stage.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

REASON_P03 = "所填落户地址与单位集体户登记地址不一致，且未提供房屋权属证明。"
BASIS_P03 = "《杭州市引进人才落户办理规程》第六条"
REASON_P01 = "经核查，劳动合同用工单位与参保单位不一致。"
BASIS_P01 = "《社会保险登记管理办法》第八条"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a department does with one item: `act` some working days after its clock began.

    `act` is approve, refuse, ask, pause or claim (and no more). An asked or paused item goes on
    after `lasting` working days, if at all, and is approved `finish` working days after that.
    """

    act: str
    after: int = 0
    lasting: int | None = None
    finish: int | None = None
    reason: str = ""
    basis: str = ""


def approve(after: int = 0) -> Desk:
    return Desk("approve", after)


def refuse(after: int, reason: str, basis: str) -> Desk:
    return Desk("refuse", after, reason=reason, basis=basis)


def ask(after: int, reason: str, lasting: int | None = None, finish: int | None = None) -> Desk:
    return Desk("ask", after, lasting, finish, reason)


def pause(after: int, reason: str, lasting: int | None = None, finish: int | None = None) -> Desk:
    return Desk("pause", after, lasting, finish, reason)


CLAIMED = Desk("claim")


@dataclass(frozen=True, slots=True)
class Sample:
    """One case. Days count from filing, except `answered`, which counts from the notice."""

    person: int
    items: tuple[str, ...]
    filed: int
    kind: str = "person"
    draft: bool = False
    accepted: int | None = None
    asked: int | None = None
    answered: int | None = None
    refused: int | None = None
    withdrawn: int | None = None
    desks: Mapping[str, Desk] = field(default_factory=dict)
    # What becomes of an offer of another way: the working day on which it is taken or declined.
    take_offer: int | None = None
    decline_offer: int | None = None
    existing: Mapping[str, str] = field(default_factory=dict)


def person(number: int, items: str, filed: int, **more: object) -> Sample:
    return Sample(number, tuple(items.split()), filed, **more)  # type: ignore[arg-type]


def firm(number: int, items: str, filed: int, **more: object) -> Sample:
    return Sample(number, tuple(items.split()), filed, kind="enterprise", **more)  # type: ignore[arg-type]


def handled(**days: int) -> dict[str, Desk]:
    """Return approvals by item code, each that many working days after its clock began."""
    return {code: approve(after) for code, after in days.items()}


# The four people one can sign in as, and what they find.
OWN_CASES = (
    person(
        1,
        "P05 P01 P04 P07 P08",
        17,
        accepted=0,
        desks=handled(P05=1, P01=0, P04=2, P07=1) | {"P08": CLAIMED},
    ),
    person(1, "P06", 1, draft=True),
    person(2, "P01 P02 P06", 21, accepted=1, desks=handled(P01=1, P02=0, P06=0)),
    person(2, "P12", 4, asked=1),
    person(
        3,
        "P01 P03 P08",
        6,
        accepted=0,
        desks={"P01": approve(), "P03": refuse(2, REASON_P03, BASIS_P03)},
    ),
    firm(3, "E02", 9, accepted=1, desks=handled(E02=1)),
    # His firm's E01 waits for his own insurance, which waits for a document of his.
    person(
        4,
        "P01 P05",
        4,
        accepted=0,
        desks={"P05": approve(), "P01": ask(0, "劳动合同缺少签字页，请补充完整合同。")},
    ),
    firm(4, "E01 E03", 2, accepted=1, desks=handled(E03=0)),
)

AT_WINDOW = (
    person(11, "P01 P07", 1, draft=True),
    person(12, "P03", 2, draft=True),
    firm(13, "E06", 3, draft=True),
    person(14, "P01 P02", 1),
    person(15, "P01 P04 P07", 1),
    person(16, "P05", 2),
    person(17, "P12", 2),
    firm(18, "E03", 3),
    person(19, "P01 P03 P08", 4),
    person(20, "P11", 3, asked=1),
    person(21, "P01 P04", 9, asked=1),
    person(22, "P01 P03", 15, asked=1),
    person(23, "P01 P09", 5, asked=1, answered=2),
    firm(24, "E07", 4, asked=1, answered=2),
    person(25, "P12", 8, refused=2),
    firm(26, "E06", 12, asked=1, answered=3, refused=5),
    person(27, "P05 P01", 6, withdrawn=1),
)

UNDER_WAY = (
    # Red cards that hang now, over three departments.
    person(31, "P01 P04 P08", 21, accepted=1, desks=handled(P01=0, P04=2)),
    person(32, "P01 P03 P08", 22, accepted=0, desks=handled(P01=1, P03=2) | {"P08": CLAIMED}),
    person(33, "P01 P04 P08", 20, accepted=0, desks=handled(P01=0, P04=1) | {"P08": CLAIMED}),
    person(34, "P05 P01", 5, accepted=1, desks=handled(P01=0)),
    person(35, "P01 P03", 7, accepted=1, desks={"P01": approve(), "P03": CLAIMED}),
    # Yellow: the end is near.
    person(36, "P01 P03 P08", 18, accepted=1, desks=handled(P01=0, P03=2) | {"P08": CLAIMED}),
    person(37, "P01 P04", 3, accepted=0, desks=handled(P01=0)),
    person(38, "P01 P03", 3, accepted=0, desks={"P01": approve(), "P03": CLAIMED}),
    # In hand and in time.
    person(39, "P01 P04 P08", 10, accepted=1, desks=handled(P01=1, P04=2) | {"P08": CLAIMED}),
    person(
        40, "P01 P03 P08 P07", 6, accepted=1, desks=handled(P01=0, P03=2, P07=1) | {"P08": CLAIMED}
    ),
    person(
        56,
        "P01 P03 P07 P08",
        10,
        accepted=1,
        desks=handled(P01=0, P03=2, P07=1) | {"P08": CLAIMED},
    ),
    person(
        57,
        "P01 P04 P08",
        12,
        accepted=0,
        desks=handled(P01=1, P04=2) | {"P08": CLAIMED},
    ),
    person(58, "P01 P04 P08", 7, accepted=0, desks=handled(P01=1, P04=2)),
    person(59, "P01 P03 P08", 5, accepted=0, desks=handled(P01=0, P03=1)),
    person(41, "P01 P07 P06", 2, accepted=1),
    person(42, "P01 P02 P05", 1, accepted=0, desks={"P01": CLAIMED}),
    person(43, "P01 P04 P06 P07", 3, accepted=0, desks=handled(P01=1)),
    # Paused: publicity, expert review, an appraisal, the applicant's supplement.
    person(
        44,
        "P01 P04 P08",
        15,
        accepted=0,
        desks=handled(P01=0, P04=2) | {"P08": pause(10, "publicity")},
    ),
    person(45, "P12", 6, accepted=1, desks={"P12": pause(0, "expert_review")}),
    firm(46, "E05", 12, accepted=1, desks={"E05": pause(0, "expert_review")}),
    person(
        47,
        "P01 P03 P08",
        12,
        accepted=1,
        desks=handled(P01=0, P03=2) | {"P08": ask(3, "租赁合同缺少备案页，请补充完整合同。")},
    ),
    person(
        48,
        "P01 P04",
        5,
        accepted=0,
        desks={"P01": approve(), "P04": ask(1, "照片背景不符合要求，请重新提交。")},
    ),
    person(49, "P05", 4, accepted=0, desks={"P05": pause(0, "appraisal")}),
    # A supplement that never came: the clock goes on by itself after ten working days.
    person(
        50,
        "P01 P04",
        16,
        accepted=0,
        desks={"P01": approve(), "P04": ask(1, "学位证书扫描不清，请重新提交。")},
    ),
    # The other way after a refusal: open, taken, declined.
    person(
        51,
        "P01 P03 P08",
        5,
        accepted=0,
        desks={"P01": approve(), "P03": refuse(2, REASON_P03, BASIS_P03)},
    ),
    person(
        52,
        "P01 P03 P08",
        11,
        accepted=0,
        take_offer=1,
        desks=handled(P01=0, P04=2) | {"P03": refuse(2, REASON_P03, BASIS_P03), "P08": CLAIMED},
    ),
    person(
        53,
        "P01 P03 P08",
        13,
        accepted=1,
        decline_offer=2,
        desks={"P01": approve(1), "P03": refuse(3, REASON_P03, BASIS_P03)},
    ),
    # A person's insurance that a firm's item waits for, then releases it.
    person(
        54, "P01 P12", 8, accepted=1, desks={"P01": approve(2), "P12": pause(1, "expert_review")}
    ),
    firm(54, "E02 E06", 8, accepted=1, desks=handled(E06=0, E02=1)),
    person(55, "P01 P11", 7, accepted=1, withdrawn=2, desks={"P01": CLAIMED}),
)

DONE = (
    person(
        61,
        "P01 P04 P08",
        34,
        accepted=1,
        desks=handled(P01=1, P04=2) | {"P08": pause(12, "publicity", 5, 2)},
    ),
    person(62, "P01 P03 P08", 32, accepted=0, desks=handled(P01=0, P03=3, P08=15)),
    person(63, "P01 P03 P08", 31, accepted=1, desks=handled(P01=1, P03=2, P08=18)),
    person(64, "P01 P02 P05 P06", 28, accepted=1, desks=handled(P01=1, P02=0, P05=1, P06=0)),
    person(65, "P01 P07", 26, accepted=0, desks=handled(P01=0, P07=1)),
    person(66, "P01 P03", 25, accepted=2, desks=handled(P01=0, P03=5)),
    person(67, "P05", 24, accepted=1, desks=handled(P05=2)),
    person(68, "P12", 23, accepted=1, desks={"P12": pause(0, "expert_review", 9, 1)}),
    firm(69, "E03 E06", 20, accepted=1, desks=handled(E03=0, E06=0)),
    person(70, "P01 P09", 19, accepted=1, desks=handled(P01=1, P09=0)),
    firm(71, "E02", 18, accepted=1, desks=handled(E02=1)),
    person(
        72,
        "P01 P04 P06",
        15,
        accepted=0,
        desks=handled(P01=1, P06=0) | {"P04": ask(1, "照片背景不符合要求，请重新提交。", 2, 1)},
    ),
    person(73, "P11", 14, accepted=1, desks=handled(P11=1), existing={"P01": "3301202601180042"}),
    person(74, "P01 P02", 12, accepted=1, desks={"P01": refuse(1, REASON_P01, BASIS_P01)}),
    firm(75, "E04 E07", 11, asked=1, answered=1, accepted=3, desks=handled(E04=0, E07=0)),
    person(
        77,
        "P05 P12",
        9,
        accepted=1,
        desks={"P05": approve(1), "P12": pause(0, "expert_review", 5, 0)},
    ),
)

SAMPLES = (*OWN_CASES, *AT_WINDOW, *UNDER_WAY, *DONE)
