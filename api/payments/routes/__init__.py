"""Payments and refunds over HTTP; literal paths before those with an id (R-API-4)."""

from fastapi import APIRouter

from api.payments.routes import paying, refunding, reports

router = APIRouter(prefix="/v1")
for part in (refunding, reports, paying):
    router.include_router(part.router)
