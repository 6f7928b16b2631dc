"""Reports' pages: the staff's console and its stream, figures and ranking, and the bulletin for everybody."""

from fastapi import APIRouter

from services.reports.pages import bulletin, console, numbers
from services.reports.pages.console import feed_wake

__all__ = ["feed_wake", "router"]

router = APIRouter(prefix="/reports", include_in_schema=False)
router.include_router(console.router)
router.include_router(numbers.router)
router.include_router(bulletin.router)
