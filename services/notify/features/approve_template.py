"""Follow a wording through its approval, by the house and by carriers that check templates."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.notify.domain import approvals
from services.notify.features import Command
from services.notify.tables import Approval, Template
from shared.errors import Conflict, Invalid
from shared.unit import Unit
from shared.web import phrase


class UnknownBody(Invalid):
    """Nobody of this name approves wordings."""

    code = "unknown_body"


class NotTheNextStep(Conflict):
    """The version's approval is not where this step starts from."""

    code = "not_the_next_step"


class CodeMissing(Invalid):
    """A carrier's approval comes with its own code of the template."""

    code = "code_missing"


class ReasonMissing(Invalid):
    """A rejection comes with its reason."""

    code = "reason_missing"


class Approve(Command):
    """The version `template_id` was submitted to `body`, or was approved or rejected by it."""

    template_id: UUID
    body: str
    state: approvals.State
    code: Annotated[str, Field(max_length=64)] = ""
    reason: Annotated[str, Field(max_length=200)] = ""
    staff_id: UUID


def approve_template(command: Approve, unit: Unit) -> Approval:
    """Write down where the version stands now. The house approves without being asked; carriers are asked first."""
    if command.body not in approvals.BODIES:
        raise UnknownBody(phrase("没有这家审核方，请从名单里选。"))
    template = unit.lock(Template, command.template_id)
    approval = unit.find(Approval, (template.id, command.body))
    before: approvals.State = approval.state if approval is not None else "draft"
    directly = command.body == approvals.HOUSE and command.state == "approved" and before != "approved"
    if command.state not in approvals.NEXT[before] and not directly:
        raise NotTheNextStep(phrase("这一版现在不能这样办，可能别人刚办过，请刷新再看。"))
    code, reason = command.code.strip(), command.reason.strip()
    if command.state == "approved" and command.body != approvals.HOUSE and not code:
        raise CodeMissing(phrase("请填运营商给的模板编号，发短信时要用。"))
    if command.state == "rejected" and not reason:
        raise ReasonMissing(phrase("请写上没通过的原因，下次好改。"))
    approval = approval or Approval(template_id=template.id, body=command.body, changed_at=unit.now)
    approval.state, approval.code = command.state, code
    approval.reason = reason if command.state == "rejected" else ""
    approval.changed_by, approval.changed_at = command.staff_id, unit.now
    unit.add(approval)
    return approval
