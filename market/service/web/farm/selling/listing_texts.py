"""The texts of a listing as its seller types them, on the forms of a new and of a corrected listing."""

from typing import TypedDict

from msgspec import Struct

from market.service.web.forms import PostedForm


class TextsForm(Struct, frozen=True, kw_only=True):
    """The texts as they were typed; forms with more fields extend it."""

    title: str = ""
    story: str = ""


class Texts(TypedDict):
    """The texts that were read, as the keyword arguments of `ListingTexts`."""

    title: str
    story: str


def read_texts(form: PostedForm) -> Texts:
    """Read the texts of a listing; the form collects their faults."""
    return {"title": form.read_text("title", missing="名字没写"), "story": form.get_text("story")}
