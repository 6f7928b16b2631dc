"""What to say, to whom, when, and whether it arrived."""

RUNS = ("web", "relay", "events", "jobs", "codes")
"""The processes this service is made of."""

SAYS = (
    "notify.call_made",
    "notify.carrier_back",
    "notify.carrier_left",
    "notify.errand_done",
    "notify.fell_back",
    "notify.message_delivered",
    "notify.message_failed",
    "notify.message_sent",
    "notify.message_skipped",
    "notify.message_unknown",
    "notify.opted_in",
    "notify.opted_out",
    "notify.person_erased",
    "notify.reply_received",
    "notify.thread_read",
)
"""The events it tells."""

HEARS = (
    "registration.authority_ended",
    "registration.authority_given",
    "registration.cancelled",
    "registration.confirmed",
    "registration.consent_changed",
    "registration.erasure_requested",
    "registration.log_in_ended",
    "registration.login_code_requested",
    "registration.merge_undone",
    "registration.missed",
    "registration.offer_declined",
    "registration.offer_expired",
    "registration.place_offered",
    "registration.resident_changed",
    "registration.resident_registered",
    "registration.residents_merged",
    "registration.session_cancelled",
    "registration.session_changed",
    "registration.session_scheduled",
    "registration.waitlisted",
    "stations.referral_opened",
)
"""The events it acts on."""
