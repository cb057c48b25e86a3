"""What holds for every test: the same examples every time where a red run must mean a red change."""

import os

from hypothesis import Phase, settings

# A developer's machine looks for new examples; CI repeats the same ones, and does not shrink what it has found.
settings.register_profile("ci", derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate])
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")
