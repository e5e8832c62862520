"""The Python SDK: REST and the live session, for programs."""
