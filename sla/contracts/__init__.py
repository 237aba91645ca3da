"""The contract as both sides write it: drafted, compared, signed, in force."""
