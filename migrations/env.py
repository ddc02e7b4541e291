"""Alembic's environment: the owner's connection is handed over by `coldchain.ops.migrate`."""

from alembic import context

from coldchain.schema import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("run migrations through `flask migrate` or coldchain.ops.migrate")


def include_object(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """Leave procrastinate's tables and expression indexes to their own hands."""
    return not (name and (name.startswith("procrastinate") or (kind == "index" and name.endswith("_grams"))))


context.configure(connection=connection, target_metadata=metadata, include_object=include_object, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
