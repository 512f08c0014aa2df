"""村里的故事 on the desk: what waits to be checked; publishing, hiding, and the end of a consent on paper."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for, require_second_factor_of_official
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, render_desk_page
from market.service.web.forms import parse_integer, read_form, rename_faults
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh
from market.service.web.village.stories import describe_story_state, get_story_pictures
from market.villages.content.models import MAX_REASON_LENGTH, Story, StoryInvalid, StoryNotMovable, StoryState
from market.villages.content.stories import STORY_NAME_CONTEXT, end_paper_consent, hide_story, publish_story
from market.villages.content.story_views import LIST_PAPERS, get_story, list_county_stories

_DONE = {"publish": "登出来了", "hide": "不再显示", "paper": "撤回了，故事不再显示"}


def _describe(story: Story) -> list[str]:
    who = "村里站点写的" if story.by_station else "村里人写的"
    return [
        f"{story.village}，{day_zh(get_business_day(story.written_at))}，{who}", f"写到 {story.shown} 人",
        describe_story_state(story),
    ]  # fmt: skip


@get("/stories", include_in_schema=False)
async def show_county_stories(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the stories of the county, those to check first."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        stories = await list_county_stories(conn, desk.county)
    done = _DONE.get(request.query_params.get("done", ""))
    context = {
        "stories": [(desk.to(f"/desk/stories/{each.number}"), each.title, _describe(each)) for each in stories],
        "notice": PageNotice("ok", done) if done else None,
    }
    return render_desk_page(request, desk, "stories.html", context)


async def _page(
    request: HttpRequest, db: Database, seal: Seal, desk: DeskContext, number: str,
    *, reason: str = "", errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        story = await get_story(conn, parse_integer(number) or 0)
        if story.county_code != desk.county:
            raise NotFound
        papers = await LIST_PAPERS.all(conn, story_id=story.id)
    keeps = has_role_for(desk.actor, COUNTY_KEEPERS, desk.county) and story.author_id != desk.actor.account_id
    context = {
        "story": story,
        "lines": _describe(story),
        "photos": get_story_pictures(story.photos),
        "papers": [(each.position, seal.open(each.name_sealed, STORY_NAME_CONTEXT)) for each in papers],
        "publishes": keeps and story.state is StoryState.CONSENTED,
        "hides": keeps and story.state is not StoryState.HIDDEN,
        "action": desk.to(f"/desk/stories/{story.number}"),
        "reason": reason,
        "errors": errors,
        "most": MAX_REASON_LENGTH,
    }
    return render_desk_page(request, desk, "story.html", context, status=status)


@get("/stories/{number:str}", include_in_schema=False)
async def show_county_story(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a story with what may be done with it.

    Raises:
        NotFound: the county has no such story.
    """
    desk = await open_desk(request, db, actor, clock)
    return await _page(request, db, seal, desk, number)


@post("/stories/{number:str}", include_in_schema=False)
async def submit_story_move(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Publish or hide a story, or end a consent on paper: `act` names which."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_second_factor_of_official(actor)
    act, found, reason = form.get_text("act"), parse_integer(number) or 0, form.get_text("reason")[:1000]
    try:
        async with db.transaction(scope=desk.county) as conn:
            if act == "publish":
                await publish_story(conn, seal, actor, found, now=desk.now)
            elif act == "hide":
                await hide_story(conn, seal, actor, found, reason=reason, now=desk.now)
            elif act.startswith("paper-"):
                position = parse_integer(act.removeprefix("paper-"))
                await end_paper_consent(conn, actor, found, -1 if position is None else position, now=desk.now)
            else:
                raise NotFound
    except (StoryInvalid, StoryNotMovable) as refusal:
        errors = rename_faults(refusal, {}, otherwise="reason")
        return await _page(request, db, seal, desk, number, reason=reason, errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/stories", done="paper" if act.startswith("paper-") else act))


ROUTES = [show_county_stories, show_county_story, submit_story_move]
