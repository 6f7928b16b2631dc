"""Residents with identity number, landline, needs and household; marks to find them by; consents by wording; merges."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0006"
down_revision = "0005"

WHEN = DateTime(timezone=True)
RULES = {
    "resident_sex": "sex IN ('female', 'male')",
    "resident_needs": "needs <@ ARRAY['large_print', 'call_not_text', 'wheelchair']",
    "resident_id_number_and_mark": "(id_number = '') = (id_mark IS NULL)",
    "resident_merged_into_another": "merged_into <> id",
}


def upgrade() -> None:
    """Add it all; residents so far have none of it, and the marks of their names are made by the schedule."""
    op.create_table(
        "household", Column("id", Uuid(), nullable=False), Column("made_at", WHEN, nullable=False), PrimaryKeyConstraint("id")
    )
    for column in ("pinyin", "landline", "id_number", "neighbourhood"):
        op.add_column("resident", Column(column, Text(), nullable=False, server_default=text("''")))
        op.alter_column("resident", column, server_default=None)
    op.add_column("resident", Column("needs", ARRAY(Text()), nullable=False, server_default=text("'{}'")))
    op.alter_column("resident", "needs", server_default=None)
    op.add_column("resident", Column("id_mark", Text(), nullable=True))
    op.add_column("resident", Column("sex", Text(), nullable=True))
    op.add_column("resident", Column("household_id", Uuid(), nullable=True))
    op.add_column("resident", Column("merged_into", Uuid(), nullable=True))
    op.create_unique_constraint("resident_has_own_id_number", "resident", ["id_mark"])
    op.create_foreign_key("resident_of_household", "resident", "household", ["household_id"], ["id"])
    op.create_foreign_key("resident_merged_into", "resident", "resident", ["merged_into"], ["id"])
    for rule, condition in RULES.items():
        op.create_check_constraint(rule, "resident", condition)
    op.create_index("resident_by_household", "resident", ["household_id"])
    op.create_index("resident_merged", "resident", ["merged_into"], postgresql_where=text("merged_into IS NOT NULL"))
    op.create_table(
        "resident_marks",
        Column("resident_id", Uuid(), nullable=False),
        Column("rules", Integer(), nullable=False),
        Column("marks", ARRAY(BigInteger()), nullable=False),
        ForeignKeyConstraint(["resident_id"], ["resident.id"], name="resident_marks_of_resident"),
        PrimaryKeyConstraint("resident_id"),
    )
    op.create_index("resident_marks_found", "resident_marks", ["marks"], postgresql_using="gin")
    op.add_column("consent", Column("wording", Text(), nullable=False, server_default=text("''")))
    op.alter_column("consent", "wording", server_default=None)
    op.add_column("consent", Column("given_by", Uuid(), nullable=True))
    op.add_column("consent", Column("withdrawn_by", Uuid(), nullable=True))
    op.drop_constraint("consent_purpose", "consent")
    op.create_check_constraint(
        "consent_purpose",
        "consent",
        "purpose IN ('texts', 'health_readings', 'doctor_sharing', 'photo_name', 'job_file')",
    )
    op.create_table(
        "merge",
        Column("id", Uuid(), nullable=False),
        Column("kept_id", Uuid(), nullable=False),
        Column("merged_id", Uuid(), nullable=False),
        Column("merged_by", Uuid(), nullable=False),
        Column("merged_at", WHEN, nullable=False),
        Column("journal", JSONB(), nullable=False),
        Column("undone_by", Uuid(), nullable=True),
        Column("undone_at", WHEN, nullable=True),
        CheckConstraint("kept_id <> merged_id", name="merge_of_two"),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="merge_undone_by_somebody"),
        ForeignKeyConstraint(["kept_id"], ["resident.id"], name="merge_keeps_resident"),
        ForeignKeyConstraint(["merged_id"], ["resident.id"], name="merge_of_resident"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("merge_by_kept", "merge", ["kept_id", "id"])
    op.create_index("merge_in_force", "merge", ["merged_id"], unique=True, postgresql_where=text("undone_at IS NULL"))
