"""REST doors of devices."""

from fastapi import APIRouter

router = APIRouter(tags=["devices"])
