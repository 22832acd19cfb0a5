"""The two engines that live lives: `batch` (compiled, nothing shared) and `des` (SimPy, queues)."""
