"""What nbgrader's commands and JupyterLab's *Assignment List* need to know of the course, for /etc/jupyter."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "autograd"
c.Exchange.root = "/srv/nbgrader/exchange"
# Students work in ~/autograd/LESSON, where nbgitpuller puts the lessons too.
c.Exchange.path_includes_course = True
