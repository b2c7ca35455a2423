"""Which arguments of the usual programs are files.

Only what is certain: a program that isn't known here, or an option that isn't, gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.project.paths import is_url
from pipelinekit.scripts.arguments import read_arguments, valued
from pipelinekit.scripts.file_uses.archives import compressing, seven_zip, tar, unzip, zip_files
from pipelinekit.scripts.file_uses.copies import copying
from pipelinekit.scripts.file_uses.databases import database, psql
from pipelinekit.scripts.file_uses.documents import (
    convert,
    ffmpeg,
    jupytext,
    latex,
    latex_next_to_it,
    nbconvert,
    papermill,
    quarto,
)
from pipelinekit.scripts.file_uses.downloads import (
    clone,
    curl,
    dvc_get,
    dvc_get_url,
    fetching_into,
    gdown,
    wget,
)
from pipelinekit.scripts.file_uses.python_modules import docker_build, pip, python_module
from pipelinekit.scripts.file_uses.use import (
    Reader,
    Use,
    filtering,
    in_and_out,
    plain,
    read_all,
    subcommands,
    write_all,
)
from pipelinekit.scripts.shell import Word
from pipelinekit.scripts.wrappers import program_of


def _dd(words: tuple[Word, ...]) -> Iterator[Use]:
    for word in words:
        name, _, value = (word.text or "").partition("=")
        if name in ("if", "of"):
            yield Use("read" if name == "if" else "write", word._replace(text=value))


def _tables(words: tuple[Word, ...]) -> Iterator[Use]:
    """Tools for tables, whose operands are files where they are called so."""
    arguments = read_arguments(words, valued("-o --output"))
    yield from read_all(
        [word for word in arguments.operands if re.search(r"\.(?:csv|tsv|xlsx?)(?:\.gz)?\Z", word.text or "")]
    )
    yield from write_all(arguments.values("-o", "--output"))


_SUM = plain("-a --algorithm", reads="-c --check")
_PROGRAMS: dict[str, Reader] = {
    # text
    "cat": plain(),
    "tac": plain("-s"),
    "head": plain("-n -c --lines --bytes"),
    "tail": plain("-n -c --lines --bytes -s --pid"),
    "nl": plain("-b -n -w -s -v -i -l"),
    "rev": plain(),
    "wc": plain(reads="--files0-from"),
    "sort": plain("-k -t -S -T --key --field-separator --buffer-size --parallel", writes="-o --output"),
    "uniq": in_and_out("-f -s -w --skip-fields --skip-chars --check-chars"),
    "cut": plain("-d -f -c -b --delimiter --fields --characters --bytes --output-delimiter"),
    "paste": plain("-d --delimiters"),
    "join": plain("-1 -2 -a -e -j -o -t -v"),
    "comm": plain("--output-delimiter"),
    "diff": plain("-U -C -W -I --label"),
    "cmp": plain("-n -i"),
    "column": plain("-s -c -t*0 -o -N"),
    "fold": plain("-w"),
    "fmt": plain("-w"),
    "expand": plain("-t"),
    "strings": plain("-n -t -e"),
    "xxd": in_and_out("-l -s -c -g"),
    "od": plain("-t -A -N -j -w"),
    "hexdump": plain("-e -f -n -s"),
    "base64": plain("-w --wrap"),
    "md5sum": _SUM,
    "sha1sum": _SUM,
    "sha256sum": _SUM,
    "sha512sum": _SUM,
    "shasum": _SUM,
    "zcat": plain(),
    "gzcat": plain(),
    "bzcat": plain(),
    "xzcat": plain(),
    "zstdcat": plain(),
    "iconv": plain("-f -t --from-code --to-code", writes="-o --output"),
    "grep": filtering(
        "-m -A -B -C --include --exclude --exclude-dir --color", script="-e --regexp -f --file", files="-f --file"
    ),
    "egrep": filtering("-m -A -B -C", script="-e -f", files="-f"),
    "fgrep": filtering("-m -A -B -C", script="-e -f", files="-f"),
    "zgrep": filtering("-m -A -B -C", script="-e -f", files="-f"),
    "sed": filtering(
        "-l --line-length", script="-e --expression -f --file", files="-f --file", in_place="-i --in-place"
    ),
    "awk": filtering("-F -v --assign --field-separator", script="-f --file"),
    "gawk": filtering("-F -v --assign --field-separator", script="-f --file"),
    "mawk": filtering("-F -v", script="-f"),
    "jq": filtering(
        "--arg*2 --argjson*2 --indent", script="-f --from-file", files="-f --from-file --slurpfile*2 --rawfile*2"
    ),
    "yq": filtering("--arg*2 --indent -I -o -p", in_place="-i --inplace", skip=("e", "eval", "ea", "eval-all")),
    "tee": plain(operands="write"),
    "touch": plain("-d -t -r --date --reference", operands="write"),
    "truncate": plain("-s --size -r", operands="write"),
    "dd": _dd,
    "rm": plain(operands="remove"),
    "unlink": plain(operands="remove"),
    "shred": plain("-n -s", operands=None),
    "rmdir": plain(operands="remove"),
    # copies
    "cp": copying(),
    "mv": copying(moves=True),
    "ln": copying(links=True),
    "install": copying("-m -o -g --mode --owner --group"),
    "rsync": copying(
        "-e --rsh --exclude --include --exclude-from --include-from --filter -f --log-file --bwlimit --files-from"
    ),
    "scp": copying("-P -i -o -F -l -c"),
    "aws": subcommands(
        s3_cp=copying("--exclude --include --profile --region --endpoint-url --acl --storage-class"),
        s3_mv=copying("--exclude --include --profile --region --endpoint-url", moves=True),
        s3_sync=copying("--exclude --include --profile --region --endpoint-url"),
    ),
    "gsutil": subcommands(cp=copying("-z -L"), rsync=copying("-x"), mv=copying(moves=True)),
    "gcloud": subcommands(storage_cp=copying()),
    "rclone": subcommands(
        copy=copying("--config --include --exclude --transfers"), copyto=copying("--config"), sync=copying("--config")
    ),
    # archives
    "tar": tar,
    "gtar": tar,
    "bsdtar": tar,
    "unzip": unzip,
    "zip": zip_files,
    "gzip": compressing(".gz"),
    "pigz": compressing(".gz"),
    "gunzip": compressing(".gz", expands=True),
    "bzip2": compressing(".bz2"),
    "bunzip2": compressing(".bz2", expands=True),
    "xz": compressing(".xz"),
    "unxz": compressing(".xz", expands=True),
    "zstd": compressing(".zst", keeps=True),
    "unzstd": compressing(".zst", expands=True, keeps=True),
    "7z": seven_zip,
    "7za": seven_zip,
    # downloads
    "wget": wget,
    "curl": curl,
    "dvc": subcommands(get=dvc_get, get_url=dvc_get_url, import_url=dvc_get_url, **{"import": dvc_get}),
    "git": subcommands(clone=clone),
    "gdown": gdown,
    "kaggle": subcommands(
        datasets_download=fetching_into("-p", "--path", table="-d --dataset -f --file"),
        competitions_download=fetching_into("-p", "--path", table="-c --competition -f --file"),
    ),
    "huggingface-cli": subcommands(
        download=fetching_into("--local-dir", table="--repo-type --revision --include --exclude")
    ),
    "hf": subcommands(download=fetching_into("--local-dir", table="--repo-type --revision --include --exclude")),
    # notebooks and documents
    "papermill": papermill,
    "jupyter": subcommands(nbconvert=nbconvert),
    "jupytext": jupytext,
    "quarto": subcommands(render=quarto),
    "pandoc": plain(
        "-f -t --from --to -V --variable -M --metadata --pdf-engine --toc-depth -F --filter --highlight-style",
        reads="--template --bibliography --csl -H --include-in-header -B -A --metadata-file -d --defaults",
        writes="-o --output",
    ),
    "pdflatex": latex,
    "xelatex": latex,
    "lualatex": latex,
    "latexmk": latex,
    "calkit": subcommands(latex_build=latex_next_to_it),
    "dot": plain("-T -K -G -N -E -l -s", writes="-o"),
    "neato": plain("-T -K -G -N -E -l -s", writes="-o"),
    "mmdc": plain("-t -w -H -b -s", reads="-i --input", writes="-o --output", operands=None),
    "rsvg-convert": plain("-w -h -f -z -d -p --width --height --format", writes="-o --output"),
    # media
    "convert": convert,
    "magick": convert,
    "ffmpeg": ffmpeg,
    # tables and databases
    "csvcut": plain("-c -C -d -q -e --columns --not-columns --delimiter"),
    "csvsort": plain("-c -d -q -e --columns --delimiter"),
    "csvgrep": plain("-c -d -q -e -m -r --columns --match --regex --delimiter", reads="-f --file"),
    "csvjoin": plain("-c -d -q -e --columns"),
    "csvstack": plain("-g -n -d -q -e --groups"),
    "csvjson": plain("-i -k -d -q -e --indent --key"),
    "csvstat": plain("-c -d -q -e --columns"),
    "csvlook": plain("-d -q -e --max-rows --max-columns"),
    "in2csv": plain("-f -s -k -e --format --sheet --key"),
    "xsv": _tables,
    "qsv": _tables,
    "sqlite3": database("-cmd -separator -init -newline -nullvalue", sql_names_files=False),
    "duckdb": database("-c -s -cmd -init -f -separator -newline -nullvalue", sql_names_files=True),
    "psql": psql,
    # others
    "python": python_module,
    "python3": python_module,
    "pip": pip,
    "pip3": pip,
    "docker": subcommands(build=docker_build, buildx_build=docker_build),
}


def uses_of(words: tuple[Word, ...]) -> Iterator[Use]:
    """The files that a program with these words uses; the program stands first."""
    reader = _PROGRAMS.get(program_of(words))
    if reader is not None:
        for use in reader(words[1:]):
            if _may_be_file(use.word.text):
                yield use


def _may_be_file(text: str | None) -> bool:
    return bool(text) and text != "-" and not is_url(text or "") and not re.search(r"[\0\n]", text or "")
