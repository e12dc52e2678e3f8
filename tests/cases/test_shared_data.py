"""What other departments know is asked of them, outside any transaction, and kept once."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from cases import intake, shared_data, tasks
from cases.models import Case, Document, Origin, SharedRequest
from cases.pages import dossier
from cases.shared_data import MOST_ATTEMPTS, FileProvider, Record, Unavailable
from portal.core.ledger import Event
from tests.cases.people import FOUNDER_ID, GRADUATE_ID

Make = Callable[..., Case]
Outcome = SharedRequest.Outcome
# P04 asks for S04, the residence registration, of 市公安局.
ITEMS = ("P01", "P04")


class Answering:
    """A provider in a test's hands."""

    def __init__(self, answer: Record | Exception | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.in_transaction: list[bool] = []

    def fetch(self, material_code: str, source: str, subject: Mapping[str, str]) -> Record | None:
        self.asked.append((material_code, source, dict(subject)))
        self.in_transaction.append(connection.in_atomic_block)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def provide(monkeypatch: pytest.MonkeyPatch) -> Callable[[Record | Exception | None], Answering]:
    def use(answer: Record | Exception | None) -> Answering:
        provider = Answering(answer)
        monkeypatch.setattr(shared_data, "provider", lambda: provider)
        return provider

    return use


@pytest.fixture
def request_row(submitted: Make, monday: None) -> SharedRequest:
    case = submitted(*ITEMS)
    case.shared_requests.exclude(material_code="S04").delete()
    return case.shared_requests.get()


def again_due(row: SharedRequest) -> None:
    SharedRequest.objects.filter(pk=row.pk).update(due_at=timezone.now(), leased_until=None)


@pytest.mark.django_db
class TestDrain:
    def test_an_answer_becomes_a_document_with_source_and_time(
        self, request_row: SharedRequest, provide: Callable[..., Answering]
    ) -> None:
        provider = provide(Record({"登记状态": "有效"}))

        assert shared_data.drain() == 1

        request_row.refresh_from_db()
        document = Document.objects.get(origin=Origin.SHARED)
        assert (request_row.outcome, request_row.due_at) == (Outcome.FOUND, None)
        assert (document.title, document.record) == ("居住登记凭证", {"登记状态": "有效"})
        assert dossier.provided_words(document) == "市公安局　2026年11月23日 10:00 提供"
        code, source, subject = provider.asked[0]
        assert (code, source, subject["id_number"]) == ("S04", "D02", GRADUATE_ID)
        assert Event.objects.filter(kind="shared.answered").count() == 1

    def test_a_second_run_asks_nothing_again(
        self, request_row: SharedRequest, provide: Callable[..., Answering]
    ) -> None:
        provider = provide(Record({"登记状态": "有效"}))
        shared_data.drain()

        assert shared_data.drain() == 0

        assert len(provider.asked) == 1
        assert Document.objects.filter(origin=Origin.SHARED).count() == 1

    def test_nothing_found_is_settled_for_the_officer_to_verify(
        self, request_row: SharedRequest, provide: Callable[..., Answering]
    ) -> None:
        provide(None)

        shared_data.drain()

        request_row.refresh_from_db()
        assert (request_row.outcome, request_row.due_at) == (Outcome.NOTHING, None)
        (line,) = dossier.materials(request_row.case, {"P04"}).shared
        assert line.tag["label"] == "须核验"
        assert line.why == "市公安局：未查到，由部门核验"

    def test_silence_is_asked_again_later_and_given_up_in_the_end(
        self, request_row: SharedRequest, provide: Callable[..., Answering]
    ) -> None:
        provider = provide(Unavailable("down"))

        for attempt in range(1, MOST_ATTEMPTS + 1):
            shared_data.drain()
            request_row.refresh_from_db()
            assert request_row.attempts == attempt
            if attempt < MOST_ATTEMPTS:
                assert request_row.outcome == Outcome.PENDING
                assert request_row.due_at is not None
                assert request_row.due_at > timezone.now()
                again_due(request_row)

        assert (request_row.outcome, request_row.due_at) == (Outcome.UNAVAILABLE, None)
        assert len(provider.asked) == MOST_ATTEMPTS

    def test_a_row_that_killed_its_workers_is_given_up_unasked(
        self, request_row: SharedRequest, provide: Callable[..., Answering]
    ) -> None:
        provider = provide(Record({"登记状态": "有效"}))
        SharedRequest.objects.update(
            attempts=MOST_ATTEMPTS, leased_until=timezone.now() - timedelta(seconds=1)
        )

        shared_data.drain()

        request_row.refresh_from_db()
        assert request_row.outcome == Outcome.UNAVAILABLE
        assert provider.asked == []

    def test_nobody_is_asked_about_a_withdrawn_case(
        self, request_row: SharedRequest, provide: Callable[..., Answering]
    ) -> None:
        provider = provide(Record({"登记状态": "有效"}))
        intake.withdraw(case_id=request_row.case_id, actor=request_row.case.applicant)

        shared_data.drain()

        assert provider.asked == []

    def test_beat_empties_the_queue_through_the_task(
        self, request_row: SharedRequest, provide: Callable[..., Answering]
    ) -> None:
        provide(None)

        tasks.drain_shared_data()

        request_row.refresh_from_db()
        assert request_row.outcome == Outcome.NOTHING

    def test_an_enterprise_is_asked_about_by_its_credit_code(
        self, submitted: Make, monday: None
    ) -> None:
        subject = shared_data.subject_of(submitted("E03"))

        assert subject == {
            "id_number": FOUNDER_ID,
            "uscc": "91330199MA2HTEXT13",
            "name": "杭州示例创意有限公司",
        }


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_the_other_side_is_asked_outside_any_transaction(
        self, request_row: SharedRequest, provide: Callable[..., Answering]
    ) -> None:
        provider = provide(Record({"登记状态": "有效"}))

        shared_data.drain()

        assert provider.in_transaction == [False]

    def test_two_workers_share_the_rows_and_ask_each_question_once(
        self, submitted: Make, monday: None, provide: Callable[..., Answering]
    ) -> None:
        for _ in range(3):
            submitted(*ITEMS)
        questions = SharedRequest.objects.count()
        provider, ready = provide(Record({"登记状态": "有效"})), Barrier(2)

        def work() -> None:
            ready.wait(5)
            while shared_data.drain(limit=1):
                pass
            connection.close()

        workers = [Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(20)

        assert len(provider.asked) == questions
        assert Document.objects.filter(origin=Origin.SHARED).count() == questions

    def test_a_worker_that_comes_back_after_its_lease_changes_nothing(
        self, request_row: SharedRequest
    ) -> None:
        for value in ("先到", "后到"):
            shared_data._settle(request_row, Outcome.FOUND, Record({"登记状态": value}))

        document = Document.objects.get(origin=Origin.SHARED)
        assert document.record == {"登记状态": "先到"}


class TestFileProvider:
    def test_a_known_person_has_records_of_their_own(self) -> None:
        found = FileProvider().fetch("S04", "D02", {"id_number": GRADUATE_ID})

        assert found is not None
        assert found.values["登记状态"] == "有效"

    def test_an_empty_record_means_that_nothing_is_known(self) -> None:
        assert FileProvider().fetch("S04", "D02", {"id_number": "330199199504186027"}) is None

    def test_any_other_number_of_the_unassigned_division_is_answered(self) -> None:
        assert FileProvider().fetch("S04", "D02", {"id_number": "33019920000101001X"})

    @pytest.mark.parametrize("number", ["330106199001011234", ""])
    def test_a_number_that_a_person_may_have_is_never_answered(self, number: str) -> None:
        assert FileProvider().fetch("S04", "D02", {"id_number": number}) is None

    @pytest.fixture
    def unread(self) -> Iterator[None]:
        shared_data._book.cache_clear()
        yield
        shared_data._book.cache_clear()

    def test_a_missing_file_is_an_outage_and_no_answer(
        self, settings: object, unread: None, tmp_path: Path
    ) -> None:
        settings.SHARED_DATA_FILE = tmp_path / "none.yaml"  # type: ignore[attr-defined]

        with pytest.raises(Unavailable):
            FileProvider().fetch("S04", "D02", {"id_number": GRADUATE_ID})

    def test_the_settings_name_the_provider(self, settings: object) -> None:
        settings.SHARED_DATA_PROVIDER = "tests.cases.test_shared_data.Silent"  # type: ignore[attr-defined]

        assert isinstance(shared_data.provider(), Silent)


class Silent:
    def fetch(self, material_code: str, source: str, subject: Mapping[str, str]) -> Record | None:
        return None
