"""Accounts, sign-in and addresses over HTTP; literal paths before those with an id (R-API-4)."""

from fastapi import APIRouter

from api.users.routes import codes, devices, own, people, second_factor, sessions

router = APIRouter(prefix="/v1", tags=["accounts"])
for part in (sessions, codes, devices, second_factor, own, people):
    router.include_router(part.router)
