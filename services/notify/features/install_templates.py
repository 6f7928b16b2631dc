"""Keep the wordings that the product brings as versions of their own, approved by the house."""

from __future__ import annotations

from sqlmodel import col, func, select

from services.notify.domain import approvals, texts
from services.notify.tables import Approval, Template
from shared.contracts.notify import Category
from shared.unit import Unit

CATEGORIES: dict[str, Category] = {"login_code": "code", "referral": "critical"}
"""The category of each purpose; of the others, `service`."""


def install_templates(unit: Unit) -> None:
    """Add what the product's own wordings say now where that is new. Where staff wrote their own, that stays in force."""
    unit.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended('install_templates', 0))")
    newest = dict(unit.session.exec(select(Template.name, func.max(Template.version)).group_by(col(Template.name))).all())
    known = set(unit.session.exec(select(Template.name, Template.words).where(col(Template.written_by).is_(None))).all())
    staffs = set(unit.session.exec(select(Template.name).where(col(Template.written_by).is_not(None))).all())
    for name, words in texts.TEMPLATES.items():
        if (name, words) not in known:
            version = Template(
                name=name,
                version=newest.get(name, 0) + 1,
                category=category_of(name),
                words=words,
                written_at=unit.now,
            )
            unit.add(version)
            unit.session.flush()
            state: approvals.State = "draft" if name in staffs else "approved"
            unit.add(Approval(template_id=version.id, body=approvals.HOUSE, state=state, changed_at=unit.now))


def category_of(name: str) -> Category:
    """The category of a wording, by its purpose; a notice may also be of another."""
    return CATEGORIES.get(texts.purpose_of(name), "service")
