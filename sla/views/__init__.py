"""What people see of the agreement: compliance, the clocks behind its figures, the contract."""
