"""What R code sources, reads and writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.project import Project
from pipelinekit.scripts.r_source import r_uses, sourced_files
from tests.scripts.stages import write_files

CODE = {
    'source("lib.R")': "run lib.R",
    "source('lib.R', local = TRUE)": "run lib.R",
    'x <- read.csv("a.csv", header = TRUE)': "read a.csv",
    'readr::read_csv(file = "a.csv")': "read a.csv",
    'read_csv(I("a,b"))': "",
    'p <- "a.csv"\nread.csv(p)': "read a.csv",
    'p <- "a.csv"\np <- "b.csv"\nread.csv(p)': "",
    'f <- function(p) {\n  p <- "a.csv"\n}\nread.csv(p)': "",
    'read.csv(file.path("data", "a.csv"))': "read data/a.csv",
    'readRDS(here::here("data", "a.rds"))': "read /data/a.rds",
    'readRDS(paste0("data/", "a", ".rds"))': "read data/a.rds",
    'readRDS(paste0("data/", name))': "",
    'write.csv(x, "b.csv")': "write b.csv",
    'write.csv(x, file = "b.csv", row.names = FALSE)': "write b.csv",
    'x |> write_csv("b.csv")': "write b.csv",
    'x %>% filter(a > 1) %>% write_csv("b.csv")': "write b.csv",
    'saveRDS(list(a = "no.csv"), "b.rds")': "write b.rds",
    'save(x, y, file = "b.rda")': "write b.rda",
    'ggsave("b.png", width = 4)': "write b.png",
    'pdf("b.pdf")': "write b.pdf",
    'cat("text", file = "b.txt")': "write b.txt",
    'cat("text")': "",
    '# read.csv("a.csv")': "",
    'x <- "read.csv(\\"a.csv\\")"': "",
    'r"(read.csv("a.csv"))"': "",
    'object$load("a.csv")': "",
    'read.csv("https://x.org/a.csv")': "",
    'read.csv(sprintf("%s.csv", x))': "",
    'setwd(dir)\nread.csv("a.csv")': "",
    'read.csv(r"(data\\a.csv)")': "read data\\a.csv",
    'unlink("a.csv")': "remove a.csv",
}


@pytest.mark.parametrize("code", CODE)
def test_files_that_code_names(code: str) -> None:
    found = [f"{use.mode} {'/' if use.from_root else ''}{use.path}" for use in r_uses(code)]
    assert " ".join(found) == CODE[code]


def test_documents_are_read_in_their_chunks_of_r() -> None:
    text = '# Title\nread.csv("no.csv")\n```{r setup}\nread.csv("a.csv")\n```\n```{python}\nread.csv("no.csv")\n```\n'
    (use,) = r_uses(text, is_document=True)
    assert (use.path, text[use.start : use.end]) == ("a.csv", 'read.csv("a.csv")')


def test_sourced_files_are_followed(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "R/main.R": 'source("R/a.R")\nsource("R/gone.R")\n',
            "R/a.R": 'source(here::here("R/b.R"))\nsource("R/main.R")\n',
            "R/b.R": 'setwd("R")\nsource("c.R")\nsource("~/x.R")\n',
            "R/c.R": "",
        },
    )
    assert sourced_files(Project(str(tmp_path)), "R/main.R") == ["R/a.R", "R/b.R", "R/c.R"]


@given(st.text(st.sampled_from(list("readRDS.csv(\"'`#\\,=<-|>%{}[] \n\u00fc")), max_size=80))
def test_any_text_is_read(text: str) -> None:
    for use in (*r_uses(text), *r_uses(text, is_document=True)):
        assert 0 <= use.start < use.end <= len(text)
