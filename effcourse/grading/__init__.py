"""For instructors: release exercises (needs the extra ``grading``)."""
