"""How the documentation is built: `python -m sphinx -W -n -b html docs docs/_build/html`."""

import importlib.metadata
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "porelake"
author = "The porelake developers"
project_copyright = "2026, The porelake developers"
release = importlib.metadata.version("porelake")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "answers",
    "knobs",
    "manual",
    "notebooks",
    "offline",
]
exclude_patterns = ["_build", "_ext"]
nitpicky = True
# Classes of other packages: nothing is fetched for links to them.
nitpick_ignore_regex = [("py:.*", r"(?!porelake\b|storage\.|catalog\.|flows\.|pores\.).*")]

# Markdown as the forges show it: headings are anchors, links to files of the tree are downloads.
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

# Pages with code are executed; a cell that fails fails the build.
nb_execution_mode = "auto"
nb_execution_timeout = 120
nb_execution_in_temp = True
nb_execution_show_tb = True
nb_merge_streams = True
# Formulas would need a script from the network; what has one has a text, too.
nb_mime_priority_overrides = [("html", "text/latex", None)]
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # they would come from the network
os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "pydata_sphinx_theme"
html_title = "porelake"
html_static_path = ["_static"]
html_css_files = ["porelake.css"]
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_copy_source = False
html_show_sourcelink = False
html_sidebars: dict[str, list[str]] = {page: [] for page in ("index", "tutorial", "questions", "tour")}
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "navigation_with_keys": False,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "friendly",
    "pygments_dark_style": "monokai",
}
