"""Evidence synthesis: the published numbers and what is made of them; usable alone, imports nothing of `trialsim`."""
