"""REST doors of telemetry."""

from fastapi import APIRouter

router = APIRouter(tags=["telemetry"])
