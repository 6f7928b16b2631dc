"""The wordings of texts: what is used, the next version, and its approvals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain import approvals
from services.notify.features.approve_template import Approve, approve_template
from services.notify.features.list_templates import Entry, Preview, list_templates, preview
from services.notify.features.write_template import WriteTemplate, check, write_template
from services.notify.settings import NotifySettings
from services.notify.tables import Approval, Template
from shared.auth import Principal, require
from shared.contracts.notify import Category
from shared.errors import Forbidden
from shared.http import StaffDep, UnitDep, service_of

router = APIRouter()


def _editor(staff: StaffDep) -> Principal:
    """Wordings are everybody's: they are written by editors and operators whose account is not limited to some places."""
    if require(staff, "editor", "operator").limits:
        raise Forbidden("短信模板全街道共用，您的账号只管一部分，请联系街道管理员。")
    return staff


EditorDep = Annotated[Principal, Depends(_editor)]


class ApprovalOut(BaseModel):
    """Where a version stands with the house or with a carrier; `code` is the carrier's own for it."""

    body: str
    state: approvals.State
    code: str
    reason: str

    @classmethod
    def of(cls, approval: Approval) -> ApprovalOut:
        """The approval without who noted it."""
        return cls(body=approval.body, state=approval.state, code=approval.code, reason=approval.reason)


class VersionOut(BaseModel):
    """One version of a wording."""

    id: UUID
    name: str
    version: int
    category: Category
    words: str
    written_at: datetime
    approvals: list[ApprovalOut] = []

    @classmethod
    def of(cls, template: Template, found: list[ApprovalOut]) -> VersionOut:
        """The version with its approvals."""
        return cls(
            id=template.id,
            name=template.name,
            version=template.version,
            category=template.category,
            words=template.words,
            written_at=template.written_at,
            approvals=found,
        )


class TemplateOut(BaseModel):
    """A wording: what is used now, and its versions, the newest first."""

    name: str
    category: Category
    words: str
    versions: list[VersionOut]

    @classmethod
    def of(cls, entry: Entry) -> TemplateOut:
        """The wording with every version."""
        versions = [
            VersionOut.of(version.template, [ApprovalOut.of(approval) for approval in version.approvals.values()])
            for version in entry.versions
        ]
        return cls(name=entry.name, category=entry.category, words=entry.words, versions=versions)


class WordingWish(BaseModel):
    """A wording for `name`: a purpose, a purpose with its variant, or `notice.` with a variant of one's own."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "notice.bring_cup",
                "category": "service",
                "words": "{when}的{title}，请自带水杯，{place}。不清楚的请来电{helpline}。",
            }
        },
    )

    name: Annotated[str, Field(min_length=1, max_length=60)]
    category: Category
    words: Annotated[str, Field(max_length=1000)]


class FindingOut(BaseModel):
    """One thing to say about a wording; with one that `stops`, it is not taken."""

    code: str
    found: str
    carriers: list[str]
    stops: bool


class PreviewOut(BaseModel):
    """The wording filled with examples at their longest; `cost` in yuan."""

    findings: list[FindingOut]
    text: str
    parts: int
    cost: Decimal

    @classmethod
    def of(cls, look: Preview, price: Decimal) -> PreviewOut:
        """The preview with what one text costs."""
        found = [
            FindingOut(code=finding.code, found=finding.found, carriers=list(finding.carriers), stops=finding.stops)
            for finding in look.findings
        ]
        return cls(findings=found, text=look.text, parts=look.parts, cost=look.parts * price)


class ApprovalWish(BaseModel):
    """A step of a version's approval. A carrier's approval brings its `code`, a rejection its `reason`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"body": "aliyun", "state": "approved", "code": "SMS_220001"}}
    )

    body: Annotated[str, Field(max_length=20)]
    state: approvals.State
    code: Annotated[str, Field(max_length=64)] = ""
    reason: Annotated[str, Field(max_length=200)] = ""


@router.get("/templates")
def get_templates(_: StaffDep, unit: UnitDep) -> list[TemplateOut]:
    """Every wording, with its versions and where they stand."""
    return [TemplateOut.of(entry) for entry in list_templates(unit)]


@router.post("/templates/check")
def post_check(wish: WordingWish, _: StaffDep, request: Request) -> PreviewOut:
    """What there is to say about a wording, how it would arrive, and what it would cost; nothing is kept."""
    check(wish.name, wish.category, wish.words)
    price = cast(NotifySettings, service_of(request).settings).price_per_part
    return PreviewOut.of(preview(wish.name, wish.category, wish.words), price)


@router.post("/templates", status_code=201)
def post_template(wish: WordingWish, editor: EditorDep, unit: UnitDep) -> VersionOut:
    """Write the next version; it is used once the house, or the carrier that checks templates, has approved it."""
    template = write_template(WriteTemplate(written_by=editor.id, **wish.model_dump()), unit)
    return VersionOut.of(template, [ApprovalOut(body=approvals.HOUSE, state="draft", code="", reason="")])


@router.post("/templates/{template_id}/approvals")
def post_approval(template_id: UUID, wish: ApprovalWish, editor: EditorDep, unit: UnitDep) -> ApprovalOut:
    """Write down where a version stands with the house or with a carrier."""
    command = Approve(template_id=template_id, staff_id=editor.id, **wish.model_dump())
    return ApprovalOut.of(approve_template(command, unit))
