"""Draw the label and its tags, exact to the millimetre."""
