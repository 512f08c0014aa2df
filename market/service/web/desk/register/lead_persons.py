"""The persons in the form of a visit: members of a household who are chosen, and people whom the register lacks."""

from msgspec import Struct

from market.service.web.forms import PostedForm, parse_uuid
from market.subsidies.intake.models import LeadMember
from market.subsidies.intake.persons import GivenPersons

_NEW_ROWS = range(1, 7)
"""The rows for people of a new household that the form of a visit has."""


class PersonRow(Struct, frozen=True):
    """A row for a person whom the register lacks, as typed."""

    number: int
    name: str = ""
    relation: str = ""
    identity: str = ""


class PersonsForm(Struct, frozen=True):
    """The persons as typed: the ids of those who are chosen, their relations by id, and the rows of new ones."""

    chosen: list[str]
    relations: dict[str, str]
    rows: list[PersonRow]


def fill_persons(form: PostedForm | None) -> PersonsForm:
    """Return the persons as they were typed; without a form one row is that of the head of the household."""
    if form is None:
        return PersonsForm([], {}, [PersonRow(row, relation="户主" if row == 1 else "") for row in _NEW_ROWS])
    return PersonsForm(
        form.get_texts("chosen"),
        {name.removeprefix("relation-"): form.get_text(name) for name in form.fields if name.startswith("relation-")},
        [
            PersonRow(
                row, form.get_text(f"name{row}"), form.get_text(f"relation{row}"), form.get_text(f"identity{row}")
            )
            for row in _NEW_ROWS
        ],
    )


def read_persons(form: PostedForm) -> GivenPersons:
    """Read the persons of a step."""
    typed = fill_persons(form)
    chosen = tuple(each for text in typed.chosen if (each := parse_uuid(text)))
    relations = tuple(form.get_text(f"relation-{each}") for each in chosen)
    added = tuple(LeadMember(row.name, row.identity, row.relation) for row in typed.rows if row.name or row.identity)
    return GivenPersons(chosen, relations if any(relations) else (), added)
