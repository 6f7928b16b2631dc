"""Who takes part: residents, programmes, sessions, places, attendance, livestream rooms, courses."""

RUNS = ("web", "relay", "events", "jobs")
"""The processes this service is made of."""

SAYS = (
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
)
"""The events it tells."""

HEARS = (
    "notify.opted_in",
    "notify.opted_out",
    "notify.person_erased",
    "notify.reply_received",
    "notify.thread_read",
    "reports.person_erased",
    "stations.person_erased",
)
"""The events it acts on."""
