"""What R code says of the files that it uses, as far as it says so in literals."""

from __future__ import annotations

import re

# `source("x.R")`, `rmarkdown::render("x.Rmd")`: calls whose first argument is a file that is run
_RUNS = re.compile(
    r"""(?<![\w.])(?:(?:base::)?(?:sys\.)?source|(?:rmarkdown::)?render|(?:knitr::)?(?:knit|spin|purl)|quarto_render)"""
    r"""\s*\(\s*(?:file\s*=\s*|input\s*=\s*)?(?:(?:here::)?here\(\s*)?(["'])([^"'\n\\]+)\1"""
)


def run_by_expression(code: str) -> list[str]:
    """The files that an expression (`Rscript -e '…'`) sources or renders."""
    return [match[2] for match in _RUNS.finditer(code)]
