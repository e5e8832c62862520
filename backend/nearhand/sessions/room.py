"""The live room: pure rules, no network and no clock."""
