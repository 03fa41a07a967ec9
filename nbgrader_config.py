"""nbgrader's Formgrader, started in this folder, shows the course: solutions in, exercises out."""

from pathlib import Path

c = get_config()  # noqa: F821  # nbgrader defines it

c.CourseDirectory.root = str(Path(__file__).parent)
c.CourseDirectory.course_id = "effcourse"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
