import pytest

from notifications import preview, wording


@pytest.mark.parametrize(
    ("length", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
)
def test_a_long_text_message_is_sent_in_parts(length: int, parts: int) -> None:
    assert preview.parts(length) == parts


def test_a_rare_character_counts_twice() -> None:
    assert (preview.characters("张"), preview.characters("𫖮"), preview.characters("")) == (1, 2, 0)


def test_every_placeholder_is_explained() -> None:
    used = {name for names in wording.kinds().values() for name in names}

    assert used - set(preview.known()) == set()
    assert set(preview.known()) - used == set()


@pytest.mark.parametrize("kind", sorted(wording.kinds()))
@pytest.mark.django_db
def test_every_kind_can_be_previewed_as_it_is_shipped(kind: str) -> None:
    for channel in ("inbox", "sms"):
        for shown in preview.previews(kind, channel, "", ""):
            assert shown.text and not shown.flaws
            assert "{" not in shown.text and "〔" not in shown.text
