"""Who takes part: residents, programmes, sessions, places, attendance, livestream rooms."""

RUNS = ("web", "relay", "events")
"""The processes this service is made of."""

SAYS = ()
"""The events it tells."""

HEARS = ("notify.reply_received",)
"""The events it acts on."""
