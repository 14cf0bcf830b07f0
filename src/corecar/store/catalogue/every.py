"""Every table of the catalogue: for what goes over all of them, such as a backup or a migration."""

from __future__ import annotations

from corecar.store.catalogue import (
    agreements,
    booking,
    chains,
    credentials,
    gauges,
    improvement,
    limiting,
    mail,
    meetings,
    models,
    overriding,
    plans,
    qualifying,
    tracing,
)

FILES = (
    models,
    limiting,
    improvement,
    overriding,
    chains,
    meetings,
    plans,
    credentials,
    mail,
    gauges,
    agreements,
    tracing,
    qualifying,
    booking,
)
"""Modules of rows; importing one adds its tables to the metadata."""
METADATA = models.Base.metadata
