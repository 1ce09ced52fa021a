"""Shows hundreds of figures as large as a house; none must be drawn, and the run go on."""

CELL = """
import matplotlib.pyplot as plt
for _ in range(15):
    display(plt.figure(figsize=(600, 600), dpi=100))
"""
UNPROVEN = "in no tier is a figure drawn"
