"""Whatever nbgrader can do, graded by nbgrader alone and by `autograder grade`, and compared cell by cell."""
