"""How long what is left to do at the end may take."""

FINAL_WITHIN_S = 5.0
"""How much longer than its drain a process may take for its last word."""
AUDIT_WITHIN_S = 60.0
LEAVE_WITHIN_S = 8.0
"""What a process has left to do after its run."""
