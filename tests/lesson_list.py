"""The chapters that are lessons; one joins when it is rewritten, and from then on keeps what test_lessons.py asks."""

LESSONS: tuple[str, ...] = (
    "00_start_here",
    "01_flops_math",
    "02_depthwise_separable",
    "03_mobilenet_v1",
    "04_mobilenet_v2",
)
