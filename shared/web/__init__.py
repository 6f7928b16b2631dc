"""The layout, components, styles and words that every service's pages are made of.

In a service::

    from shared.web import Guard, Pages, mount_static

    pages = Pages("services.registration")          # its templates/ folder, then the shared one; words from templates/en.json

    @router.get("/registration/sessions")
    def list_sessions(request: Request, unit: UnitDep) -> Response:
        return pages.render(request, "sessions.html", sessions=upcoming(unit), principal=who)

    app.add_middleware(Guard)                       # security headers, forgery check, view choices; see `guard.py`
    mount_static(app)                               # /static/…

In a template (`sessions.html`)::

    {% extends "layout.html" %}                     residents; "console.html" for staff (dense, left rail)
    {% from "components.html" import card, empty, pill, ticket %}
    {% block title %}{{ _("活动") }}{% endblock %}
    {% block main %}
      <h1>{{ _("本周活动") }}</h1>
      {% for session in sessions %}
        {% call ticket(session.title, session.starts_at, session.place, ends=session.ends_at, href=session.url) %}
          {{ pill("good", _("还有 {count} 个名额", count=session.free)) }}
        {% endcall %}
      {% else %}
        {{ empty(_("这一周还没有活动"), _("新的活动会写在这里。")) }}
      {% endfor %}
    {% endblock %}

Words: Chinese is the source. `{{ _("还有 {count} 个名额", count=3) }}` looks the sentence up in `templates/en.json`, or in the
files of `templates/en/`, when English is asked for; a value there is a string, or `{"one": "…", "other": "…"}` chosen by `count`.
In Python, `phrase("已满")` marks a sentence that a template will pass to `_`. A test finds sentences without an English one, and
English ones no longer used.

Filters: `moment` 6月3日（周三）12:00 or 今天12:00, `day`, `weekday`, `clock` 12:00, `hours(ends)` 12:00–12:30, `span(ends)`,
`number` 13,000, `about(shown)` 近50万 or 逾50万.
Globals: `_`, `language`, `static("house.css")`, `view` (language, elder, text), `here` (this path), `principal`, `helpline`,
`now`, `simulated`, `rooms`. Navigation and the address of the log-in are in `rooms.py`: put your pages' real paths there.
Components (`components.html`): ticket, card, table, empty, fault, stale, pill, button, post, field, figure, notes, big_number,
progress, stamp, read_aloud. Import them once, at the top of the file.
The bulletin's page sets `{% block room %}bulletin{% endblock %}` and uses the classes flag, stories, story, lead-story, kicker,
standfirst and imprint-foot of `house.css`.
A stale banner appears by itself when an element's `hx-sse:connect` loses its stream: put `{{ stale(now) }}` beside it.
The log-in page takes `?next=`: send people on with `local_path(next)`, which refuses to leave the site.

Rules pages live by: no inline script or style (the policy forbids them), no colour outside `static/house.css`, forms work without
JavaScript and post to the path that shows them, links that change something are forms.
"""

from shared.web.errors import error_page, prefers_page
from shared.web.guard import Guard
from shared.web.pages import Pages
from shared.web.static_files import mount_static
from shared.web.view import local_path
from shared.web.words import phrase

__all__ = ["Guard", "Pages", "error_page", "local_path", "mount_static", "phrase", "prefers_page"]
