"""村里的故事: what is published, writing one, and the page on which who is shown consents or refuses."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock, get_business_day
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.consents.models import CONSENT_TEXTS, CONSENT_VERSION, ConsentGivenBefore, ConsentPurpose
from market.people.identity.access import has_role_for
from market.people.identity.models import Actor, NotFound
from market.people.moderation.forbidden_words import ForbiddenWord
from market.people.storage.photos import PAGE_WIDTHS, PhotoPurpose
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, make_form_key, parse_day, parse_integer, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh
from market.service.web.village.home import choose_village
from market.villages.content.models import (
    MAX_PEOPLE,
    MAX_STORY_LENGTH,
    MAX_TITLE_LENGTH,
    HiddenFor,
    NewStory,
    PaperConsent,
    PublicStory,
    Story,
    StoryInvalid,
    StoryNotMovable,
    StoryState,
    TooManyStories,
)
from market.villages.content.stories import STATION_ROLES, answer_story, hide_story, write_story
from market.villages.content.story_views import (
    get_live_story,
    get_story,
    get_story_photo_path,
    list_asked_stories,
    list_live_stories,
    list_own_stories,
)

_PHOTOS = ("photo", "photo2", "photo3")
_DONE = {
    "written": "交上去了。写到的人都同意、县里看过，就登出来",
    "consent": "同意了。随时能在我的信息里撤回",
    "refuse": "记下了，这篇不登",
    "hidden": "收回了，别人看不到了",
}
STATES = {
    StoryState.DRAFT: "等写到的人同意",
    StoryState.CONSENTED: "都同意了，等县里看",
    StoryState.LIVE: "登出来了",
    StoryState.HIDDEN: "不登了",
}
_HIDDEN = {
    HiddenFor.CONSENT: "有人不同意、撤回了",
    HiddenFor.AUTHOR: "自己收回的",
    HiddenFor.MODERATOR: "县里定的：",
}


class StoryForm(Struct, frozen=True):
    """A story as typed; `phones` and `papers` are parted by blanks or lines."""

    title: str = ""
    text: str = ""
    phones: str = ""
    papers: str = ""
    paper_on: str = ""


def describe_story_state(story: Story) -> str:
    """Return where a story is, and why it is hidden."""
    words = STATES[story.state]
    if story.state is StoryState.DRAFT:
        return f"{words}：{story.shown} 人里 {story.agreed} 人同意了"
    if story.hidden_for is not None:
        return f"{words}：{_HIDDEN[story.hidden_for]}{story.reason}"
    return words


def get_story_pictures(names: Sequence[str]) -> list[dict[str, object]]:
    """Return the pictures of a story, as the macro `pic` shows them."""
    return [
        {"src": get_story_photo_path(name, PAGE_WIDTHS[1]), "set": "", "sizes": "", "width": 480, "height": 360}
        for name in names
    ]


def view_story(story: PublicStory) -> dict[str, object]:
    """Return a published story for display."""
    who = "村里站点写的" if story.by_station else "村里人写的"
    return {
        "number": story.number, "title": story.title, "text": story.text,
        "line": f"{story.village}，{day_zh(story.written_on)}，{who}", "photos": get_story_pictures(story.photos),
    }  # fmt: skip


async def _page(
    request: HttpRequest, db: Database, visitor: Actor | None, clock: Clock,
    *, form: StoryForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
    if not village.code or village.fault:
        return redirect(f"/village?village={village.code}" if village.code else "/village")
    own: list[Story] = []
    asked: list[Story] = []
    scope = None if visitor is None else get_person_scope(visitor)
    async with db.transaction(scope=scope) as conn:
        stories = await list_live_stories(conn, village.code)
        if visitor is not None:
            own = await list_own_stories(conn, visitor.account_id)
            asked = await list_asked_stories(conn, visitor.account_id)
    context = {
        "village": village,
        "stories": [view_story(each) for each in stories],
        "own": [
            (each.number, each.title, describe_story_state(each), each.state is not StoryState.HIDDEN) for each in own
        ],
        "asked": [(f"/stories/{each.number}/consent", each.title, [each.village]) for each in asked],
        "signed_in": visitor is not None,
        "station": visitor is not None and has_role_for(visitor, STATION_ROLES, village.code),
        "writes": form is not None or request.query_params.get("write") == "1",
        "form": form or StoryForm(),
        "errors": errors,
        "key": make_form_key(),
        "most": (MAX_TITLE_LENGTH, MAX_STORY_LENGTH, MAX_PEOPLE),
        "done": _DONE.get(request.query_params.get("done", "")),
    }
    return render_page(request, "village/stories.html", context, status=status, actor=visitor)


@get("/village/stories", include_in_schema=False)
async def show_stories(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show what is published of a village, the visitor's own, and the form."""
    return await _page(request, db, visitor, clock)


def _read_papers(form: PostedForm, typed: StoryForm) -> list[PaperConsent]:
    names = typed.papers.replace("、", " ").replace("，", " ").split()
    if not names:
        return []
    day = parse_day(typed.paper_on)
    if day is None:
        form.add_fault("paper_on", "写哪天签的，像 2019-09-01")
        return []
    return [PaperConsent(name=name[:60], given_on=day) for name in names[: MAX_PEOPLE + 1]]


@post("/village/stories", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_story(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Write a story, once however often the form is sent."""
    form = await read_form(request)
    typed = form.fill(StoryForm)
    village = request.query_params.get("village", "")[:12]
    papers = _read_papers(form, typed)
    photos = await form.store_photos(request, actor, _PHOTOS, PhotoPurpose.STORY)
    if form.faults:
        return await _page(request, db, actor, clock, form=typed, errors=form.faults, status=StoryInvalid.status)
    phones = typed.phones.replace("、", " ").replace("，", " ").replace(",", " ").split()[: MAX_PEOPLE + 1]
    new = NewStory(
        village_code=village, title=typed.title[:200], text=typed.text[:5000], photo_ids=list(photos), phones=phones,
        papers=papers,
    )  # fmt: skip

    async def write(conn: Connection) -> str:
        await write_story(conn, seal, actor, new, now=clock.now())
        return f"/village/stories?village={village}&done=written"

    try:
        return await submit_once(request, actor, form, write, scope=get_person_scope(actor))
    except (StoryInvalid, ForbiddenWord, TooManyStories) as refusal:
        errors = list(refusal.errors) or [FieldFault("text", refusal.text("zh"))]
        return await _page(request, db, actor, clock, form=typed, errors=errors, status=refusal.status)


@get("/stories/{number:str}", include_in_schema=False)
async def show_story(
    request: HttpRequest, number: FromPath[str], visitor: NamedDependency[Actor | None], db: NamedDependency[Database]
) -> Response[bytes]:
    """Show a published story to everybody.

    Raises:
        NotFound: there is none, or it is not published any more.
    """
    async with db.connection() as conn:
        story = await get_live_story(conn, parse_integer(number) or 0)
    context = {"story": view_story(story), "village": story.village_code, "asked": False}
    return render_page(request, "village/story.html", context, actor=visitor)


async def _consent_page(
    request: HttpRequest, db: Database, actor: Actor, number: str, *, refusal: Refusal | None = None
) -> Response[bytes]:
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        asked = await list_asked_stories(conn, actor.account_id)
        story = await get_story(conn, parse_integer(number) or 0)
    if not any(each.number == story.number for each in asked):
        raise NotFound
    context = {
        "story": {
            "number": story.number, "title": story.title, "text": story.text,
            "line": f"{story.village}，{day_zh(get_business_day(story.written_at))}",
            "photos": get_story_pictures(story.photos),
        },
        "village": story.village_code,
        "asked": True,
        "consent": CONSENT_TEXTS[ConsentPurpose.STORY, CONSENT_VERSION],
        "problem": refusal.text("zh") if refusal else "",
    }  # fmt: skip
    status = refusal.status if refusal else 200
    return render_page(request, "village/story.html", context, actor=actor, status=status)


@get("/stories/{number:str}/consent", include_in_schema=False)
async def show_story_consent(
    request: HttpRequest, number: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Show a story to who is shown in it, before it is published.

    Raises:
        NotFound: it does not show the person, or the person answered.
    """
    return await _consent_page(request, db, actor, number)


@post("/stories/{number:str}/consent", include_in_schema=False)
async def submit_story_consent(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Consent to be shown, or refuse."""
    form = await read_form(request)
    act, found = form.get_text("act"), parse_integer(number) or 0
    if act not in {"consent", "refuse"}:
        raise NotFound
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await answer_story(conn, actor, found, consent=act == "consent", now=clock.now())
    except (StoryNotMovable, ConsentGivenBefore) as refusal:
        return await _consent_page(request, db, actor, number, refusal=refusal)
    return redirect(f"/me/info?done={'given' if act == 'consent' else 'refused'}")


@post("/stories/{number:str}/hide", include_in_schema=False)
async def submit_own_story_end(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Take back one's own story.

    Raises:
        NotFound: it is not the actor's.
    """
    await read_form(request)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        story = await get_story(conn, parse_integer(number) or 0)
        if story.author_id != actor.account_id:
            raise NotFound
        await hide_story(conn, seal, actor, story.number, now=clock.now())
    return redirect(f"/village/stories?village={story.village_code}&done=hidden")


ROUTES = [
    show_stories, submit_story, show_story, show_story_consent, submit_story_consent, submit_own_story_end,
]  # fmt: skip
