"""A problem told to a person: what happened, what to do, whom to call."""

from __future__ import annotations

from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from shared.errors import Problem
from shared.web.pages import Pages
from shared.web.words import phrase

HEADINGS = {
    401: phrase("请先登录"),
    403: phrase("这里您不能进"),
    404: phrase("没有找到这一页"),
    409: phrase("现在办不了"),
    413: phrase("内容太大了"),
    422: phrase("有一处填得不对"),
    429: phrase("请稍等再试"),
    503: phrase("现在人比较多"),
}
ADVICE = {
    401: phrase("登录以后，会回到您刚才的页面。"),
    403: phrase("这一页是给别的岗位看的。"),
    404: phrase("地址可能写错了，或者内容已经撤下。"),
    409: phrase("情况刚刚有变化，请回到上一页看看。"),
    413: phrase("请选小一些的文件。"),
    422: phrase("请回到上一页，改好再提交。"),
    429: phrase("过几分钟就可以了。"),
    503: phrase("请过一分钟再打开。"),
}
BROKEN = phrase("这里出了点问题")
BROKEN_ADVICE = phrase("我们已经记下，正在处理。您填的内容可能没有存上，请过一会儿再试。")


@cache
def _shared_pages() -> Pages:
    return Pages("shared.web")


def _pages(request: Request) -> Pages:
    """The pages that the service put in `app.state.pages`, so that its own sentences find their English; else the shared ones."""
    app = request.scope.get("app")
    own: Pages | None = getattr(app.state, "pages", None) if app is not None else None
    return own or _shared_pages()


def prefers_page(request: Request) -> bool:
    """Whether the caller is a browser that wants a page rather than problem+json."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/internal")


def error_page(request: Request, problem: Problem) -> HTMLResponse:
    """The problem as a page: a heading by its status, its own words where it has some, a number to call."""
    status = problem.status
    own = problem.detail if problem.detail != problem.title else None
    return _pages(request).render(
        request,
        "error.html",
        status_code=status,
        status=status,
        heading=HEADINGS.get(status, BROKEN),
        advice=own or ADVICE.get(status, BROKEN_ADVICE),
        code=problem.code,
    )


def error_response(request: Request, problem: Problem) -> Response:
    """The problem as a page for browsers, as problem+json for machines."""
    if prefers_page(request):
        return error_page(request, problem)
    return JSONResponse(problem.as_json(), status_code=problem.status, media_type="application/problem+json")
