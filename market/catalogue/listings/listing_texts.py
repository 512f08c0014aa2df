"""What sellers write about a listing, new or corrected: the fields, their columns and their checks."""

from typing import LiteralString

from msgspec import Struct

from market.kernel import FieldFault
from market.kernel.text import clean_name, clean_text
from market.people.moderation.forbidden_words import list_name_faults, list_story_faults
from market.people.moderation.off_platform import require_public_text


class ListingTexts(Struct, frozen=True, kw_only=True):
    """What a seller writes about a listing; the columns of `listings` have the names of the fields."""

    title: str
    story: str = ""

    def select_texts(self) -> "ListingTexts":
        """Return the texts alone of a struct that has more fields, without invisible characters."""
        return ListingTexts(title=clean_name(self.title), story=clean_text(self.story))

    def list_faults(self) -> list[FieldFault]:
        """Return the faults of the texts; none if all are valid."""
        return [*list_name_faults("title", self.title), *list_story_faults(self.story)]

    def require_allowed(self, **more: str) -> None:
        """Require that these texts, and those given by their fields, may be shown to everyone.

        Raises:
            ForbiddenWord: a text contains a forbidden word, or leads away from the platform.
        """
        require_public_text(title=self.title, story=self.story, **more)


COLUMNS: LiteralString = "title, story"
PARAMETERS: LiteralString = ":title, :story"
ASSIGNMENTS: LiteralString = "title = :title, story = :story"
