"""The chapters that are lessons; one joins when it is rewritten, and from then on keeps what test_lessons.py asks."""

LESSONS: tuple[str, ...] = ("03_mobilenet_v1",)
