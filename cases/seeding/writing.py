"""Making many cases at once: stories drawn at random, rows copied in bulk, a chunk a transaction.

Rows go past the verbs, so every figure here has to agree with them: instants come from the same
working-time functions, cards that are due exist, and a sweep right after finds nothing to do.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from multiprocessing import get_context
from random import Random
from time import monotonic
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from cases import calendar
from cases.demo.pages import page, portrait
from cases.merging import Merged, merge
from cases.models import CaseState
from cases.models.case import ApplicantKind
from cases.numbering import next_numbers
from cases.routing import Plan, complete_selection, plan
from cases.seeding.filing import Chunk, Samples, Staff
from cases.seeding.people import Applicant, answers
from cases.seeding.stories import CaseStory, Fate, Teller
from cases.working_time import civil_day
from policies.models import OneThing
from policies.schema import Catalogue
from portal.accounts.models import Department, Role, User
from portal.core import clock

CHUNK = 2000
SELECTIONS = 24
APART = 1_000_003  # so that the workers' random numbers have nothing in common
ONE_APPLICANT_IN = 5  # so many cases, one is by somebody who has filed before


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What was made, and in how many seconds."""

    cases: int
    work_items: int
    documents: int
    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Cases a second."""
        return self.cases / self.seconds if self.seconds else 0.0


class Selection(NamedTuple):
    """Items chosen together, with the route and the material list that follow."""

    kind: Literal["person", "enterprise"]
    codes: tuple[str, ...]
    route: Plan
    merged: Merged


def seed(
    *,
    cases: int,
    open_share: float = 0.2,
    seed: int = 1,
    now: datetime | None = None,
    workers: int = 1,
) -> SeedReport:
    """Make cases of the past twelve months, `open_share` of them still open, and say how many rows.

    Needs a published one-thing. The same seed and number of workers make the same stories on the
    same day. Workers are forked, so only a process without threads may ask for several; they see
    only what is committed. Raises RuntimeError in production, LookupError without a catalogue,
    ValueError for impossible figures.
    """
    if settings.IS_PRODUCTION:
        raise RuntimeError("Synthetic cases are never made in production.")
    if cases < 1 or not 0 <= open_share <= 1 or workers < 1:
        raise ValueError("At least one case and one worker, and a share between 0 and 1.")
    begun, moment = monotonic(), now or clock.now()
    # Made once, before several workers look for them.
    _staff(_one_thing().catalogue)
    _samples()
    shares = [cases // workers + (place < cases % workers) for place in range(workers)]
    parts = [
        (share, open_share, seed + place * APART, moment) for place, share in enumerate(shares)
    ]
    if workers == 1:
        made = [_make(*parts[0])]
    else:
        connection.close()  # a connection does not survive the fork
        with ProcessPoolExecutor(workers, get_context("fork")) as pool:
            made = list(pool.map(_make, *zip(*parts, strict=True)))
    _refresh_statistics()
    work_items, documents, events = map(sum, zip(*made, strict=True))
    return SeedReport(cases, work_items, documents, events, monotonic() - begun)


def _make(cases: int, open_share: float, seed: int, now: datetime) -> tuple[int, int, int]:
    """Make one worker's share; return its numbers of work items, documents and events."""
    random, one_thing = Random(seed), _one_thing()  # noqa: S311 – reproducible, not secret
    catalogue = one_thing.catalogue
    teller = Teller(calendar.current(), random, now, catalogue.one_thing.promised_days)
    chosen = _selections(catalogue, random, now)
    drawn = [
        (teller.fate(selection.route, is_open=place < cases * open_share), selection)
        for place in range(cases)
        for selection in [random.choice(chosen)]
    ]
    # Numbers are given in the order of filing, as at a real window.
    drawn.sort(key=lambda pair: pair[0].filed_at)
    return _write(one_thing, teller, drawn, now)


def _write(
    one_thing: OneThing,
    teller: Teller,
    drawn: Sequence[tuple[Fate, Selection]],
    now: datetime,
) -> tuple[int, int, int]:
    chunk = Chunk(one_thing, _staff(one_thing.catalogue), _samples(), now)
    applicants = _applicants(chunk, teller.random)
    for begin in range(0, len(drawn), CHUNK):
        with transaction.atomic():
            for (fate, selection), number in _numbered(drawn[begin : begin + CHUNK]):
                story = teller.tell(selection.route, fate)
                _file(chunk, next(applicants), selection, story, number)
            chunk.copy()
    return chunk.work_items.count, chunk.documents.count, chunk.events.count


def _file(
    chunk: Chunk, applicant: Applicant, selection: Selection, story: CaseStory, number: str
) -> UUID:
    filed_on = civil_day(story.submitted_at or story.created_at)
    catalogue = chunk.one_thing.catalogue
    opened, sensitive = answers(applicant, catalogue, selection.kind, selection.codes, filed_on)
    case_id = chunk.add_case(
        applicant,
        story,
        number=None if story.state == CaseState.DRAFT else number,
        kind=selection.kind,
        codes=selection.codes,
        answers=opened,
        sealed=sensitive,
    )
    chunk.add_documents(case_id, applicant.number, story, selection.merged)
    if story.submitted_at:
        chunk.add_course(case_id, applicant.number, number, story, selection.route)
    return case_id


def _numbered(
    drawn: Sequence[tuple[Fate, Selection]],
) -> Iterator[tuple[tuple[Fate, Selection], str]]:
    """Yield each case with a number of its day, one statement a day."""
    for day, of_day in groupby(drawn, key=lambda pair: civil_day(pair[0].filed_at)):
        pairs = list(of_day)
        yield from zip(pairs, next_numbers(len(pairs), day), strict=True)


def _applicants(chunk: Chunk, random: Random) -> Iterator[Applicant]:
    last = None
    while True:
        if last is None or random.randrange(ONE_APPLICANT_IN):
            last = chunk.add_applicant()
        yield last


def _one_thing() -> OneThing:
    found = OneThing.objects.on_offer().first()
    if found is None:
        raise LookupError("No one-thing is published; run load_catalogue first.")
    return found


def _selections(catalogue: Catalogue, random: Random, now: datetime) -> list[Selection]:
    """Return plausible choices: one to four items with their prerequisites, no excluded pairs."""
    chosen: dict[tuple[str, ...], Selection] = {}
    on = civil_day(now)
    for _ in range(SELECTIONS * 20):
        kind = cast(
            Literal["person", "enterprise"],
            random.choices(ApplicantKind.values, weights=(4, 1))[0],
        )
        offered = [item.code for item in catalogue.items_for(kind)]
        ticked = random.sample(offered, min(random.choice((1, 1, 2, 2, 2, 3, 3, 4)), len(offered)))
        codes, _added = complete_selection(catalogue, ticked, {}, on)
        # Answers can bring in further items, as they do in the form.
        opened, sensitive = answers(Applicant(1), catalogue, kind, codes, on)
        known: dict[str, Any] = opened | sensitive
        codes, _added = complete_selection(catalogue, codes, known, on)
        if codes not in chosen and not catalogue.exclusions_among(codes):
            route = plan(catalogue, codes, known, on)
            chosen[codes] = Selection(kind, codes, route, merge(catalogue, codes, known, on))
        if len(chosen) == SELECTIONS:
            break
    return list(chosen.values())


def _staff(catalogue: Catalogue) -> Staff:
    """Return who signs for window and departments; where nobody is there yet, makes one."""
    clerk = User.objects.filter(role=Role.CLERK, is_active=True).first()
    clerk = clerk or _colleague("seed-window", Role.CLERK, None)
    officers: dict[str, list[int]] = {}
    departments: dict[str, int] = {}
    for department in Department.objects.filter(code__in=catalogue.departments):
        desk = User.objects.staff_of([department.pk]).filter(role=Role.OFFICER)
        people = [user.pk for user in desk] or [
            _colleague(f"seed-{department.code}", Role.OFFICER, department).pk
        ]
        departments[department.code], officers[department.code] = department.pk, people
    return Staff(clerk.pk, departments, officers)


def _colleague(username: str, role: Role, department: Department | None) -> User:
    made = User(username=username, role=role, department=department, full_name="示例人员")
    made.set_unusable_password()
    made.save()
    return made


def _samples() -> Samples:
    """Store the one page and the one picture to which every document points, once."""
    return Samples(
        page=_stored("seed/page.pdf", page(), "application/pdf"),
        picture=_stored("seed/picture.jpg", portrait(), "image/jpeg"),
    )


def _stored(key: str, content: bytes, content_type: str) -> dict[str, Any]:
    if not default_storage.exists(key):
        default_storage.save(key, ContentFile(content))
    return {
        "storage_key": key,
        "content_type": content_type,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _refresh_statistics() -> None:
    """Let the planner know the tables as they are now, not as they were when empty."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE accounts_user, cases_case, cases_workitem, cases_card, cases_document,"
            " cases_edge, cases_suspension, cases_supplement, core_event, notifications_message"
        )
