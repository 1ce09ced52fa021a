"""What the commands of `autograder` do, a module for each part of the work. They import what takes long when they run."""
