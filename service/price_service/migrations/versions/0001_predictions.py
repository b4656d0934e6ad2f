"""The table of predictions and their actual prices."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "predictions",
        sa.Column("prediction_id", sa.Text, primary_key=True),
        sa.Column("predicted_at", sa.DateTime(timezone=True)),
        sa.Column("model_version", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("features", sa.JSON),
        sa.Column("price", sa.Float),
        sa.Column("low", sa.Float),
        sa.Column("high", sa.Float),
        sa.Column("latency_seconds", sa.Float),
        sa.Column("actual_price", sa.Float),
        sa.Column("actual_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_predictions_predicted_at", "predictions", ["predicted_at"])
    op.create_index("ix_predictions_actual_at", "predictions", ["actual_at"])


def downgrade() -> None:
    """Drop the table and all in it."""
    op.drop_table("predictions")
