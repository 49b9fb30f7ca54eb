"""Filters between the form, the store and words."""

from __future__ import annotations

from typing import Any, Final

from gateway.core.filters import MAX_CONDITIONS, MAX_VALUE, Condition, Field, Filter, How, Notice, read_filter
from gateway.web.site.visit import Form, Visit
from gateway.web.site.words import N_

#: Rows of conditions that the form shows beyond those that are filled in.
SPARE_ROWS: Final = 2

FIELDS: Final = {
    Field.FROM: N_("From"),
    Field.TO: N_("To"),
    Field.SUBJECT: N_("Subject"),
    Field.BODY: N_("Text"),
    Field.SIZE: N_("Size (KB)"),
    Field.ATTACHMENT: N_("Attachment"),
}
HOWS: Final = {
    How.CONTAINS: N_("contains"),
    How.LACKS: N_("does not contain"),
    How.IS: N_("is"),
    How.LARGER: N_("is above"),
    How.SMALLER: N_("is below"),
    How.EXISTS: N_("is there"),
}


def filter_of(form: Form) -> Filter:
    """The filter that was filled in; rows without value are none. Raises BadRequest."""
    conditions: list[dict[str, Any]] = []
    rows = zip(form.all("field"), form.all("how"), form.all("value"), strict=False)
    for field, how, value in list(rows)[:MAX_CONDITIONS]:
        if value.strip() or how == How.EXISTS:
            conditions.append({"field": field, "how": how, "value": value.replace("\0", "")})
    notice = form.get("notice")
    return read_filter(
        {
            "name": " ".join(form.get("name").split()),
            "conditions": conditions,
            "is_any": form.get("is_any") == "1",
            "folder": " ".join(form.get("folder").split()),
            "star": form.has("star"),
            "read": form.has("read"),
            "forward": form.get("forward"),
            "notice": notice,
            "is_last": form.has("is_last"),
        }
    )


def typed(form: Form) -> Filter:
    """What was filled in, though it can be no filter: for the form, to be mended."""
    conditions = []
    for field, how, value in zip(form.all("field"), form.all("how"), form.all("value"), strict=False):
        if value and field in tuple(Field) and how in tuple(How):
            conditions.append(Condition(Field(field), How(how), value[:MAX_VALUE]))
    return Filter(
        name=form.get("name")[:MAX_VALUE],
        conditions=tuple(conditions[:MAX_CONDITIONS]),
        is_any=form.get("is_any") == "1",
        folder=form.get("folder")[:MAX_VALUE],
        star=form.has("star"),
        read=form.has("read"),
        is_last=form.has("is_last"),
    )


def rows_of(one: Filter) -> list[Condition]:
    """The rows of conditions that the form shows."""
    spare = [Condition(Field.FROM, How.CONTAINS)] * max(1, SPARE_ROWS if len(one.conditions) > 1 else 3)
    return [*one.conditions, *spare][:MAX_CONDITIONS]


def in_words(visit: Visit, one: Filter) -> str:
    """A filter as a sentence."""
    joint = visit.say(" or ") if one.is_any else visit.say(" and ")
    asked = joint.join(
        f"{visit.say(FIELDS[each.field])} {visit.say(HOWS[each.how])}" + (f" “{each.value}”" if each.value else "")
        for each in one.conditions
    )
    does = []
    if one.folder:
        does.append(visit.say("to the folder %(folder)s", folder=one.folder))
    if one.star:
        does.append(visit.say("with a star"))
    if one.read:
        does.append(visit.say("as read"))
    if one.forward:
        does.append(visit.say("sent on to %(address)s", address=one.forward))
    if one.notice is Notice.ALWAYS:
        does.append(visit.say("told to my phone"))
    elif one.notice is Notice.NEVER:
        does.append(visit.say("not told to my phone"))
    deed = ", ".join(does) or visit.say("nothing")
    if not asked:
        return visit.say("Every mail: %(deed)s", deed=deed)
    return visit.say("If %(asked)s: %(deed)s", asked=asked, deed=deed)
