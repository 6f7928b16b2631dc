"""Second factors, limits of accounts, and log-ins that can be ended; erased people, as every service knows them."""

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
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrate import access_tables

revision = "0011"
down_revision = "0010"

WHEN = DateTime(timezone=True)


def upgrade() -> None:
    """Widen the accounts and make the new tables."""
    op.get_bind().exec_driver_sql(access_tables())
    op.add_column("staff", Column("factor", Text(), nullable=False, server_default=""))
    op.add_column("staff", Column("factor_step", BigInteger(), nullable=False, server_default="0"))
    op.add_column("staff", Column("limits", JSONB(), nullable=False, server_default="{}"))
    op.add_column("staff", Column("ended_at", WHEN, nullable=True))
    op.create_check_constraint("staff_factor_step", "staff", "factor_step >= 0")
    op.create_table(
        "half_log_in",
        Column("id", Uuid(), nullable=False),
        Column("staff_id", Uuid(), nullable=False),
        Column("secret", Text(), nullable=False),
        Column("expires_at", WHEN, nullable=False),
        Column("tries", Integer(), nullable=False),
        ForeignKeyConstraint(["staff_id"], ["staff.id"], name="half_log_in_of_staff"),
        PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "recovery_code",
        Column("staff_id", Uuid(), nullable=False),
        Column("mark", Text(), nullable=False),
        ForeignKeyConstraint(["staff_id"], ["staff.id"], name="recovery_code_of_staff"),
        PrimaryKeyConstraint("staff_id", "mark"),
    )
    op.create_table(
        "log_in",
        Column("id", Uuid(), nullable=False),
        Column("person_id", Uuid(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("device", Text(), nullable=False),
        Column("began_at", WHEN, nullable=False),
        Column("seen_at", WHEN, nullable=False),
        Column("runs_out_at", WHEN, nullable=False),
        Column("ended_at", WHEN, nullable=True),
        CheckConstraint("kind IN ('resident', 'staff')", name="log_in_kind"),
        PrimaryKeyConstraint("id"),
    )
    op.create_index("log_in_open", "log_in", ["person_id"], postgresql_where=text("ended_at IS NULL"))
