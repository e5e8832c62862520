"""Nearhand: brings the expert near at hand, through the technician's phone."""

__version__ = "0.1.0"
