"""Documents and step-by-step guides, per device type or device."""
