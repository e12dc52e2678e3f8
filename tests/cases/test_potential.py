"""Who stands on the lists of people who could have a policy, and who may read them."""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from cases import potential
from cases.models import Case
from cases.pages import potential as pages
from policies import inspection, subjects
from policies.models import OneThing, Subject
from policies.subjects import subject_for
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.advised import shelve, state, subject_of
from tests.cases.conftest import make_user
from tests.cases.people import GRADUATE_ID
from tests.policies.factories import resident_id, uscc

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
LIST, EXCEL, OWN = (
    reverse(f"cases:{name}") for name in ("potential", "potential-excel", "own-people")
)


@pytest.fixture
def graduate(one_thing: OneThing, talent: User) -> Subject:
    """陈晓明 may have, of D03, the rent subsidy; and of D01 among others the living subsidy."""
    shelve(one_thing)
    subject = subject_of(talent, district="330106")
    inspection.inspect(clock.today())
    return subject


@pytest.fixture
def housing(client: Client, officers: dict[str, User], graduate: Subject) -> Client:
    client.force_login(officers["D03"])
    return client


@pytest.fixture
def agent(graduate: Subject) -> User:
    """The agent of the graduate's employer, whom a window has seen."""
    found = make_user("agent", Role.AGENT, full_name="钱经办", phone="13800000003")
    subject_for("enterprise", uscc(), "杭州测试科技有限公司", user=found)
    graduate.employer_index = subjects.employer_index(uscc())
    graduate.save()
    return found


def listed(officer: User) -> set[str]:
    """Return the policies for which the graduate stands on a department's list."""
    return set(potential.for_department(officer).matches.values_list("policy__code", flat=True))


class TestWhoIsListed:
    def test_who_may_have_a_policy_of_the_department(
        self, officers: dict[str, User], graduate: Subject
    ) -> None:
        assert listed(officers["D03"]) == {"POL_P09"}
        assert "POL_P07" in listed(officers["D01"])

    def test_not_who_has_applied(
        self, officers: dict[str, User], graduate: Subject, submitted: Callable[..., Case]
    ) -> None:
        submitted("P09")

        assert listed(officers["D03"]) == set()

    def test_still_who_has_only_a_draft(
        self, officers: dict[str, User], graduate: Subject, draft: Callable[..., Case]
    ) -> None:
        draft("P09")

        assert listed(officers["D03"]) == {"POL_P09"}

    def test_not_who_is_being_granted_what_excludes_it(
        self, officers: dict[str, User], graduate: Subject, submitted: Callable[..., Case]
    ) -> None:
        assert "POL_P04" in listed(officers["D01"])

        submitted("P01", "P03")

        assert "POL_P04" not in listed(officers["D01"])

    def test_not_who_enjoys_it_though_the_match_still_stands(
        self, officers: dict[str, User], graduate: Subject
    ) -> None:
        state(graduate, got_living_subsidy=True)

        assert "POL_P07" not in listed(officers["D01"])

    def test_nobody_for_who_has_no_department(self, clerk: User, graduate: Subject) -> None:
        assert not potential.for_department(clerk).matches.exists()


class TestADepartmentsPage:
    def test_it_shows_name_masked_number_district_and_policy(self, housing: Client) -> None:
        page = housing.get(LIST).content.decode()

        assert "1 人可以享受本部门政策，尚未申请" in page
        assert "陈晓明" in page and "西湖区" in page and "应届大学生租房补贴" in page
        assert GRADUATE_ID not in page and f"{GRADUATE_ID[:6]}********" in page

    def test_another_departments_policy_chooses_nothing(self, housing: Client) -> None:
        page = housing.get(LIST, {"policy": "POL_P07"})

        assert page.context["choice"].policy is None
        assert "生活补贴" not in page.content.decode()

    @pytest.mark.parametrize(
        ("asked", "many"),
        [({"district": "330106"}, 1), ({"district": "330102"}, 0), ({"district": "none"}, 0),
         ({"policy": "POL_P09"}, 1), ({"policy": "POL_P08"}, 0), ({"page": "x"}, 1)],
    )  # fmt: skip
    def test_it_is_narrowed_down(self, housing: Client, asked: dict[str, str], many: int) -> None:
        assert len(housing.get(LIST, asked).context["people"]) == many

    def test_reading_and_exporting_stand_in_the_ledger(self, housing: Client) -> None:
        housing.get(LIST, {"district": "330106"})
        housing.get(EXCEL, {"policy": "POL_P09"})

        read, exported = Event.objects.filter(kind__startswith="potential.").order_by("pk")
        assert read.kind == "potential.read" and read.actor is not None
        assert read.payload == {"policy": "", "district": "330106", "page": 1}
        assert exported.payload == {"policy": "POL_P09", "district": ""}

    def test_the_file_has_a_row_for_each_person_and_policy(self, housing: Client) -> None:
        content = housing.get(EXCEL).content

        cells = [[cell.value for cell in row] for row in load_workbook(BytesIO(content)).active]
        assert [row[0] for row in cells].count("陈晓明") == 1
        assert GRADUATE_ID not in str(cells)

    def test_too_long_a_list_is_not_exported(
        self, housing: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "MOST_ROWS", 0)

        answer = housing.get(EXCEL, {"policy": "POL_P09"}, follow=True)

        assert "请先按政策或区县缩小范围" in answer.content.decode()
        assert not Event.objects.filter(kind="potential.exported").exists()

    @pytest.mark.parametrize("url", [LIST, EXCEL])
    def test_other_people_do_not_get_in(
        self, client: Client, clerk: User, talent: User, agent: User, url: str
    ) -> None:
        for user, status in ((clerk, 403), (talent, 404), (agent, 404)):
            client.force_login(user)
            assert client.get(url).status_code == status
            assert client.post(url).status_code in {403, 404, 405}

    def test_a_page_costs_the_same_for_one_and_for_many(self, housing: Client) -> None:
        def statements() -> int:
            with CaptureQueriesContext(connection) as captured:
                housing.get(LIST)
            return len(captured)

        statements()
        few = statements()
        for number in range(30):
            other = subject_for("person", resident_id(f"33019919980101{number:03d}"), "某人")
            state(other, **{"edu": "21", "insured": True})
        inspection.inspect(clock.today())

        assert statements() == few


class TestAnEmployersPage:
    def test_it_names_own_people_and_policies_only(self, client: Client, agent: User) -> None:
        client.force_login(agent)

        page = client.get(OWN).content.decode()

        assert "本单位 1 人可以享受人才政策，尚未申请" in page
        assert "陈晓明" in page and "应届大学生租房补贴" in page
        assert GRADUATE_ID[:6] not in page and "西湖区" not in page
        event = Event.objects.get(kind="own_people.read")
        assert event.payload == {"policy": "", "district": "", "page": 1}

    def test_another_employers_agent_sees_nobody(self, client: Client, agent: User) -> None:
        other = make_user("agent2", Role.AGENT, full_name="孙经办", phone="13800000004")
        subject_for("enterprise", uscc("91330199MA2HTEXT1"), "别家公司", user=other)
        client.force_login(other)

        assert client.get(OWN).context["people"] == []

    def test_an_agent_whom_no_window_has_seen_is_told_so(
        self, client: Client, graduate: Subject
    ) -> None:
        client.force_login(make_user("new", Role.AGENT, phone="13800000005"))

        page = client.get(OWN)

        assert page.context["people"] == []
        assert "还没有经窗口核验的企业" in page.content.decode()

    def test_a_policy_that_would_tell_a_sealed_fact_is_not_shown(
        self, agent: User, graduate: Subject
    ) -> None:
        state(graduate, permit_valid=True, kin_can_support=False, income_pc="30000")
        inspection.inspect(clock.today())

        assert graduate.matches.filter(policy__code="POL_P08", until=None).exists()
        shown = potential.for_employer(agent).matches.values_list("policy__code", flat=True)
        assert "POL_P08" not in set(shown) and "POL_P07" in set(shown)

    @pytest.mark.parametrize("username", ["clerk", "talent"])
    def test_other_people_do_not_get_in(
        self, client: Client, clerk: User, talent: User, username: str
    ) -> None:
        client.force_login(User.objects.get(username=username))

        assert client.get(OWN).status_code == 403
