"""One field of the editor as its page shows it."""

from dataclasses import dataclass

from policies.editing.builder import Choice, Line


@dataclass(frozen=True, slots=True)
class Cell:
    """A field: `kind` names its widget, `text` or `picked` what stands in it.

    A condition inside a benefit is a `line` of its own; one of several comparisons cannot be edited
    there and is handed on as `kept`.
    """

    name: str
    label: str
    kind: str
    text: str = ""
    help: str = ""
    options: tuple[Choice, ...] = ()
    picked: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    line: Line | None = None
    kept: str = ""
    must: bool = False

    @property
    def id(self) -> str:
        return f"id_{self.name}"
