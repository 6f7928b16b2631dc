"""The wordings, for staff: what is used now, and every version with where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, desc, select

from services.notify.domain import texts
from services.notify.domain.approvals import HOUSE
from services.notify.domain.lengths import parts, signed
from services.notify.domain.lint import Finding, lint
from services.notify.features.install_templates import category_of
from services.notify.tables import Approval, Template
from shared.contracts.notify import Category
from shared.unit import Unit


@dataclass(frozen=True, slots=True)
class Version:
    """One version, with its approvals by body."""

    template: Template
    approvals: Mapping[str, Approval]

    @property
    def in_force(self) -> bool:
        """Whether the house has approved it."""
        return HOUSE in self.approvals and self.approvals[HOUSE].state == "approved"


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything written under one name, the newest version first; `used` is what carriers that take any text are given."""

    name: str
    category: Category
    words: str
    used: Version | None
    versions: Sequence[Version]

    @property
    def purpose(self) -> str:
        """The purpose of its texts."""
        return texts.purpose_of(self.name)

    @property
    def variant(self) -> str:
        """Which variant of the purpose it is; "" for the plain one."""
        return self.name.partition(".")[2]

    @property
    def newest(self) -> Version | None:
        """The version written last."""
        return self.versions[0] if self.versions else None


@dataclass(frozen=True, slots=True)
class Preview:
    """A wording as it would arrive, its parts, and what there is to say about it."""

    findings: Sequence[Finding]
    text: str
    parts: int


def list_templates(unit: Unit) -> list[Entry]:
    """Every wording there is, in the order of the product's own, notices of the staff's last."""
    versions = _versions(unit)
    names = [*texts.TEMPLATES, *sorted(versions.keys() - texts.TEMPLATES.keys())]
    return [_entry(name, versions.get(name, [])) for name in names]


def show_template(name: str, unit: Unit) -> Entry | None:
    """One wording with every version; None when there is none of this name."""
    versions = _versions(unit, name).get(name, [])
    return _entry(name, versions) if versions or name in texts.TEMPLATES else None


def preview(name: str, category: Category, words: str) -> Preview:
    """The wording filled with examples. What cannot be filled has no text."""
    findings = lint(name, category, words)
    if any(finding.code in ("empty", "variable_unknown") for finding in findings):
        return Preview(findings, "", 0)
    text = texts.fill(words, texts.example_of(name), texts.EXAMPLE_NOW).text
    return Preview(findings, signed(text), parts(text))


def _versions(unit: Unit, name: str | None = None) -> dict[str, list[Version]]:
    wanted = select(Template).order_by(col(Template.name), desc(col(Template.version)))
    if name is not None:
        wanted = wanted.where(col(Template.name) == name)
    templates = unit.session.exec(wanted).all()
    approvals: dict[object, dict[str, Approval]] = {}
    for approval in unit.session.exec(
        select(Approval).where(col(Approval.template_id).in_([template.id for template in templates]))
    ):
        approvals.setdefault(approval.template_id, {})[approval.body] = approval
    found: dict[str, list[Version]] = {}
    for template in templates:
        found.setdefault(template.name, []).append(Version(template, approvals.get(template.id, {})))
    return found


def _entry(name: str, versions: list[Version]) -> Entry:
    used = next((version for version in versions if version.in_force), None)
    newest = used or (versions[0] if versions else None)
    return Entry(
        name=name,
        category=newest.template.category if newest else category_of(name),
        words=newest.template.words if newest else texts.TEMPLATES[name],
        used=used,
        versions=versions,
    )
