"""The bus's tables and stations' own."""

import sqlalchemy as sa
from alembic import op

from shared.migrate import bus_tables

revision = "0001"
down_revision = None

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make everything."""
    op.get_bind().exec_driver_sql(bus_tables())
    op.create_table(
        "station",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("site_type", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("old_key_number", sa.Integer()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("generated", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("code", name="station_code_is_its_own"),
        sa.CheckConstraint("state IN ('open', 'suspended', 'closed')", name="station_state"),
        sa.CheckConstraint("length(street) = 9", name="station_street_is_a_code"),
        sa.CheckConstraint("key_number >= 1 AND old_key_number < key_number", name="station_keys_count_up"),
    )
    op.create_table(
        "person",
        sa.Column("resident_id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.UniqueConstraint("person_id", name="person_pseudonym_is_its_own"),
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("items", sa.SmallInteger(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name="visit_at_station"),
        sa.CheckConstraint("items >= 0", name="visit_items"),
    )
    op.create_index("visit_of_day", "visit", ["day", "station_id"])
    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("second", sa.Double()),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("meal", sa.Text()),
        sa.Column("taken_at", WHEN, nullable=False),
        sa.Column("grade", sa.Text()),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("doubt", sa.Text(), nullable=False),
        sa.CheckConstraint("grade IN ('normal', 'attention', 'abnormal', 'critical')", name="reading_grade"),
        sa.CheckConstraint("meal IN ('fasting', 'after_meal', 'random')", name="reading_meal"),
        sa.CheckConstraint("(grade IS NULL) = (rule = '') AND (doubt = '' OR grade IS NULL)", name="reading_class_has_a_rule"),
    )
    op.create_index("reading_of_visit", "reading", ["visit_id"])
    op.create_index("reading_critical", "reading", ["visit_id"], postgresql_where=sa.text("grade = 'critical'"))
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("reading_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid()),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("opened_at", WHEN, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("closed_at", WHEN),
        sa.Column("closed_by", sa.Uuid()),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="referral_of_visit"),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name="referral_from_station"),
        sa.UniqueConstraint("visit_id", name="referral_one_per_visit"),
        sa.CheckConstraint("state IN ('open', 'closed')", name="referral_state"),
        sa.CheckConstraint("outcome IN ('seen', 'unreachable', 'declined')", name="referral_outcome"),
        sa.CheckConstraint(
            "num_nonnulls(outcome, closed_at, closed_by) = CASE state WHEN 'closed' THEN 3 ELSE 0 END",
            name="referral_closed_with_outcome",
        ),
    )
    op.create_index("referral_open", "referral", ["due_on"], postgresql_where=sa.text("state = 'open'"))
