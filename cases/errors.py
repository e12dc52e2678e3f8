"""What a verb may refuse, each with words for the person in front of the page."""

from portal.core.files import UnusableFile

__all__ = ["AlreadyHandled", "Incomplete", "UnusableFile"]


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
