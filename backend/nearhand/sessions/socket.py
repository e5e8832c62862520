"""The WebSocket door of the live session."""

from fastapi import APIRouter

router = APIRouter()
