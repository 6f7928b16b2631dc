"""Change a programme's topics: their order, their words, new ones and those that go."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import col, select

from services.registration.features import Command
from services.registration.features.calendar import deal
from services.registration.features.open_programme import Topic
from services.registration.tables import Programme, TopicVersion
from shared.unit import Unit
from shared.web import phrase


class Topics(Command):
    """All topics of the programme, in the order of their turns. A code stays a topic's own through its versions."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"topics": [{"code": "cpr", "title": "黄金四分钟", "outline": "按压和人工呼吸，自动除颤器怎么用。"}]}
        }
    )

    topics: Annotated[tuple[Topic, ...], Field(max_length=60)]

    @model_validator(mode="after")
    def _codes_differ(self) -> Topics:
        if len({topic.code for topic in self.topics}) < len(self.topics):
            raise PydanticCustomError("same_topic", phrase("两个主题用了同一个代号，请改一个。"))
        return self


class EditTopics(Topics):
    """The topics of `programme_id`."""

    programme_id: UUID


def edit_topics(command: EditTopics, unit: Unit) -> Programme:
    """Write new versions of what reads differently. Past sessions keep what they said; those to come are told anew."""
    programme = unit.lock(Programme, command.programme_id)
    newest = newest_topics(programme.id, unit)
    kept = []
    for topic in command.topics:
        version = newest.get(topic.code)
        if version is None or (version.title, version.outline) != (topic.title, topic.outline):
            number = 1 if version is None else version.version + 1
            version = TopicVersion(programme_id=programme.id, version=number, written_at=unit.now, **topic.model_dump())
            unit.add(version)
        kept.append({"code": topic.code, "title": topic.title, "version": version.version})
    programme.topics = kept
    deal(programme, unit)
    return programme


def newest_topics(programme_id: UUID, unit: Unit) -> dict[str, TopicVersion]:
    """The newest version of every topic that the programme ever had, by code."""
    found = select(TopicVersion).where(col(TopicVersion.programme_id) == programme_id).order_by(col(TopicVersion.version))
    return {row.code: row for row in unit.session.exec(found)}
