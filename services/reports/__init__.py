"""What happened, told to staff and residents: figures, rankings, feeds, bulletins."""

RUNS = ("web", "relay", "events", "jobs")
"""The processes this service is made of."""

SAYS = ("reports.bulletin_published", "reports.person_erased")
"""The events it tells."""

HEARS = (
    "notify.message_delivered",
    "notify.message_failed",
    "notify.message_sent",
    "notify.message_skipped",
    "notify.message_unknown",
    "notify.opted_in",
    "notify.opted_out",
    "notify.reply_received",
    "registration.authority_ended",
    "registration.authority_given",
    "registration.cancelled",
    "registration.certificate_issued",
    "registration.certificate_revoked",
    "registration.checked_in",
    "registration.checked_out",
    "registration.confirmed",
    "registration.consent_changed",
    "registration.course_completed",
    "registration.course_opened",
    "registration.erasure_requested",
    "registration.livestream_held",
    "registration.log_in_ended",
    "registration.login_code_requested",
    "registration.merge_undone",
    "registration.missed",
    "registration.missed_reason_given",
    "registration.nominated",
    "registration.offer_declined",
    "registration.offer_expired",
    "registration.person_erased",
    "registration.place_offered",
    "registration.place_swapped",
    "registration.programme_opened",
    "registration.resident_changed",
    "registration.resident_registered",
    "registration.residents_merged",
    "registration.session_cancelled",
    "registration.session_changed",
    "registration.session_held",
    "registration.session_scheduled",
    "registration.waitlisted",
    "stations.critical_reading_seen",
    "stations.referral_closed",
    "stations.referral_opened",
    "stations.station_opened",
    "stations.visit_recorded",
)
"""The events it acts on."""
