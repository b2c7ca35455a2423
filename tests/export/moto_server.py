"""A server that speaks S3, in an environment of its own, which `PIPELINEKIT_MOTO` names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.programs import call

VARIABLES = ("PIPELINEKIT_MOTO", "PIPELINEKIT_S3")
_SERVER = """import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
import boto3
address = "http://%s:%d" % server.get_host_and_port()
keys = dict(aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1")
boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket=sys.argv[1])
print(address, flush=True)
sys.stdin.read()
"""


def why_no_server() -> str | None:
    """Why there can be no server; None if there can."""
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    return f"{' and '.join(missing)} names no environment" if missing else None


@contextmanager
def s3_server(bucket: str) -> Iterator[str]:
    """The address of a server that has an empty bucket."""
    python = Path(os.environ["PIPELINEKIT_MOTO"]) / "bin" / "python"
    with subprocess.Popen(
        [python, "-c", _SERVER, bucket],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.communicate()


def push_tracked(folder: Path, endpoint: str, paths: Iterable[str]) -> str:
    """Track some paths of a project and push them to the bucket `team` of a server; the `dvc` that speaks to it."""
    dvc = f"{os.environ['PIPELINEKIT_S3']}/bin/dvc"
    for path in paths:
        call(dvc, "add", "-q", path, folder=folder)
    call(dvc, "remote", "add", "-q", "-d", "s3", "s3://team/store", folder=folder)
    call(dvc, "remote", "modify", "s3", "endpointurl", endpoint, folder=folder)
    call(dvc, "push", folder=folder)
    return dvc
