"""The ledger: who did, saw and was refused what, in a chain that cannot be bent unnoticed."""
