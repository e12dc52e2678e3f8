"""What a verb may refuse, each with words for the person in front of the page."""


class AlreadyHandled(Exception):
    """The row is no longer in a state that allows the verb; the API answers 409."""

    def __init__(self, message: str = "该办件已由他人处理，请查看最新状态。") -> None:
        super().__init__(message)


class Incomplete(Exception):
    """Something the verb needs is missing or wrong.

    `problems` maps a field code, "material:<code>", "signature" or "items" to a Chinese sentence.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("；".join(problems.values()))
        self.problems = problems


class UnusableFile(Exception):
    """An upload that cannot be taken: wrong type, empty, too large or too many."""

    def __init__(self, message: str, *, too_large: bool = False) -> None:
        super().__init__(message)
        self.too_large = too_large
