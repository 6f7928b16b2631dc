"""What was measured at the health stations, and what it means."""

RUNS = ("web", "relay", "events")
"""The processes this service is made of."""

SAYS = (
    "stations.critical_reading_seen",
    "stations.person_erased",
    "stations.referral_closed",
    "stations.referral_opened",
    "stations.station_opened",
    "stations.visit_recorded",
)
"""The events it tells."""

HEARS = (
    "registration.consent_changed",
    "registration.erasure_requested",
    "registration.log_in_ended",
    "registration.merge_undone",
    "registration.resident_registered",
    "registration.residents_merged",
)
"""The events it acts on."""
