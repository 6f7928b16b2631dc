"""Who may act for whom, and who looked at a record."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKeyConstraint, PrimaryKeyConstraint, Text, Uuid, text

revision = "0005"
down_revision = "0004"

WHEN = DateTime(timezone=True)


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "authority",
        Column("id", Uuid(), nullable=False),
        Column("elder_id", Uuid(), nullable=False),
        Column("carer_id", Uuid(), nullable=False),
        Column("relation", Text(), nullable=False),
        Column("ground", Text(), nullable=False),
        Column("given_by", Uuid(), nullable=False),
        Column("given_by_kind", Text(), nullable=False),
        Column("given_at", WHEN, nullable=False),
        Column("ended_by", Uuid(), nullable=True),
        Column("ended_at", WHEN, nullable=True),
        CheckConstraint("elder_id <> carer_id", name="authority_for_somebody_else"),
        CheckConstraint("relation IN ('child', 'neighbour', 'other')", name="authority_relation"),
        CheckConstraint("ground IN ('own_word', 'written', 'guardian')", name="authority_ground"),
        CheckConstraint("given_by_kind IN ('staff', 'resident')", name="authority_given_by"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="authority_ended_by_somebody"),
        CheckConstraint("ended_at >= given_at", name="authority_ended_after_given"),
        ForeignKeyConstraint(["elder_id"], ["resident.id"], name="authority_of_elder"),
        ForeignKeyConstraint(["carer_id"], ["resident.id"], name="authority_for_carer"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "authority_in_force", "authority", ["elder_id", "carer_id"], unique=True, postgresql_where=text("ended_at IS NULL")
    )
    op.create_index("authority_by_carer", "authority", ["carer_id"])
    op.create_table(
        "access_note",
        Column("id", Uuid(), nullable=False),
        Column("resident_id", Uuid(), nullable=False),
        Column("who_id", Uuid(), nullable=False),
        Column("who_kind", Text(), nullable=False),
        Column("role", Text(), nullable=False),
        Column("action", Text(), nullable=False),
        Column("why", Text(), nullable=False),
        Column("at", WHEN, nullable=False),
        CheckConstraint("who_kind IN ('staff', 'resident')", name="access_note_who"),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="access_note_of_resident"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("access_note_by_resident", "access_note", ["resident_id", "id"])
