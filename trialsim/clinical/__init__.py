"""The disease-and-drug model, once: random streams, clocks, hazards, pharmacology, tolerance and the kernel.

Pure functions that numba compiles. Nothing here reads a file, knows an engine or draws a picture.
"""
