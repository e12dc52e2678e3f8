from datetime import date

import pytest

from policies.eligibility import facts_from
from policies.judging import judge, outcome
from policies.shelf import PublishedPolicy
from tests.policies.personas import GIVEN, Persona
from tests.policies.personas_founding import FIRMS, FOUNDERS
from tests.policies.personas_housing import LIVING, RENTAL
from tests.policies.personas_settling import SETTLING

PERSONAS = [*GIVEN, *SETTLING, *LIVING, *RENTAL, *FOUNDERS, *FIRMS]


@pytest.mark.parametrize("persona", PERSONAS, ids=str)
def test_persona_gets_the_verdicts_of_the_policy_texts(
    persona: Persona, policies: dict[str, PublishedPolicy]
) -> None:
    on = date.fromisoformat(persona.on)
    facts = facts_from(persona.facts, on)

    verdicts = {code: judge(policies[code], facts, on) for code in persona.expect}

    assert {code: verdict.words for code, verdict in verdicts.items()} == persona.expect
    paid = {code: verdicts[code].benefit for code in persona.pays}
    assert {code: one and one.amount for code, one in paid.items()} == persona.pays
    for code, verdict in verdicts.items():
        assert outcome(policies[code], facts, on).outcome == verdict.outcome


def test_a_verdict_of_not_yet_is_false_on_the_day_before_and_true_on_its_day(
    policies: dict[str, PublishedPolicy],
) -> None:
    ripening = 0
    for persona in PERSONAS:
        on = date.fromisoformat(persona.on)
        facts = facts_from(persona.facts, on)
        for code in persona.expect:
            ripe = judge(policies[code], facts, on).from_day
            if ripe is None:
                continue
            ripening += 1
            before = date.fromordinal(ripe.toordinal() - 1)
            assert judge(policies[code], facts, ripe).outcome == "eligible", persona
            assert judge(policies[code], facts, before).outcome != "eligible", persona
    assert ripening > 10


def test_there_are_personas_enough_and_no_two_alike() -> None:
    names = [persona.who for persona in PERSONAS]

    assert len(names) - len(GIVEN) >= 45
    assert len(set(names)) == len(names)
