"""Settings of every test: no deadline for an example, since the first call of a compiled function compiles it."""

from hypothesis import settings

settings.register_profile("compiling", deadline=None)
settings.load_profile("compiling")
