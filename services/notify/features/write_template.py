"""Write a new version of a wording: checked at once, and used once it is approved."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlmodel import col, func, select

from services.notify.domain import texts
from services.notify.domain.approvals import HOUSE
from services.notify.domain.lint import Finding, lint
from services.notify.features import Command
from services.notify.features.install_templates import category_of
from services.notify.tables import Approval, Template
from shared.contracts.notify import Category
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase

NAME = re.compile(r"[a-z]{1,20}(_[a-z]{1,20}){0,3}", re.ASCII)


class NotWordedWell(Invalid):
    """The wording breaks a rule of the carriers or the house; `findings` are the codes."""

    code = "not_worded_well"


class UnknownPurpose(Invalid):
    """There is no text of this purpose and variant."""

    code = "unknown_purpose"


class NotItsCategory(Invalid):
    """Texts of this purpose have a category of their own."""

    code = "not_its_category"


class WriteTemplate(Command):
    """`words` are to be the next version of the wording called `name` (`purpose` or `purpose.variant`)."""

    name: Annotated[str, Field(max_length=60)]
    category: Category
    words: Annotated[str, Field(max_length=1000)]
    written_by: UUID


def write_template(command: WriteTemplate, unit: Unit) -> Template:
    """Keep the version as a draft of the house's. Notices may have new variants; every other purpose has those it has."""
    findings = check(command.name, command.category, command.words)
    stopping = [finding for finding in findings if finding.stops]
    if stopping:
        raise NotWordedWell(phrase("这样写运营商不会放行，请按提示改一改。"), findings=[finding.code for finding in stopping])
    unit.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"template {command.name}",))
    newest = unit.session.exec(select(func.max(Template.version)).where(col(Template.name) == command.name)).one()
    version = Template(version=(newest or 0) + 1, written_at=unit.now, **command.model_dump())
    unit.add(version)
    unit.session.flush()
    unit.add(Approval(template_id=version.id, body=HOUSE, changed_by=command.written_by, changed_at=unit.now))
    return version


def check(name: str, category: Category, words: str) -> list[Finding]:
    """What there is to say about the wording. Raises for a purpose there is not, or a category it cannot have."""
    purpose, _, variant = name.partition(".")
    known = name in texts.TEMPLATES or (purpose == "notice" and NAME.fullmatch(variant) is not None)
    if not known:
        raise UnknownPurpose(phrase("没有这种短信。通知的名称请用小写字母和下划线，例如 bring_cup。"))
    allowed = ("service", "public_benefit", "promotion") if purpose == "notice" else (category_of(name),)
    if category not in allowed:
        raise NotItsCategory(phrase("这种短信只能用它原来的类别。"))
    return lint(name, category, words)
