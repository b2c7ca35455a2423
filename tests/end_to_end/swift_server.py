"""A real S3 server that checks signatures: OpenStack Swift with s3api, on free ports of this machine.

`PIPELINEKIT_SWIFT` names an environment with Swift. Its four servers (account, container, object, proxy) are one
process each; what they need and keep lies in one folder.
"""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

VARIABLE = "PIPELINEKIT_SWIFT"
START_SECONDS = 60
#: What signs requests.
KEY_ID, SECRET = "test:tester", "testing"
NAMES = ("account", "container", "object", "proxy")
#: Where the three kinds of data are found: one device on this machine.
RINGS = """import sys
from swift.common.ring import RingBuilder
for name, port in zip(("account", "container", "object"), sys.argv[2:]):
    builder = RingBuilder(2, 1, 0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "disk", "weight": 1})
    builder.rebalance()
    builder.get_ring().save(f"{sys.argv[1]}/{name}.ring.gz")
"""
SHARED = """[swift-hash]
swift_hash_path_suffix = of-a-test
[storage-policy:0]
name = one
default = yes
"""
STORAGE = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
workers = 0
swift_dir = {folder}
devices = {folder}
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""
# symlink has to stand before versioned_writes
PROXY = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
workers = 0
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats bulk s3api tempauth copy slo dlo symlink \
versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
"""
FILTERS = (
    *("catch_errors", "gatekeeper", "healthcheck", "listing_formats", "bulk", "s3api", "copy", "slo", "dlo"),
    *("symlink", "versioned_writes"),
)


def why_no_server(folder: Path) -> str | None:
    """Why there can be no server that keeps its data in a folder; None if there can."""
    environment = os.environ.get(VARIABLE)
    if not environment or not (Path(environment) / "bin/swift-proxy-server").exists():
        return f"{VARIABLE} names no environment with Swift"
    try:
        os.setxattr(folder, "user.pipelinekit", b"")
    except (AttributeError, OSError) as error:
        return f"Swift keeps what it knows of a file in extended attributes, which there are not: {error}"
    return None


class SwiftServer:
    """The four servers, which can be ended at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports = dict(zip(NAMES, _free_ports(len(NAMES)), strict=True))
        self.endpoint = f"http://127.0.0.1:{self._ports['proxy']}"
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        (self.folder / "disk").mkdir(parents=True)
        self._configure()
        try:
            for name in NAMES:
                self._processes.append(self._started(name))
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait(timeout=20)
        self._processes.clear()

    # ---------------------------------------------------------------------------------------------------------

    def _configure(self) -> None:
        values = {"folder": self.folder, "user": getpass.getuser()}
        (self.folder / "swift.conf").write_text(SHARED)
        filters = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in FILTERS)
        for name, port in self._ports.items():
            text = PROXY + filters if name == "proxy" else STORAGE
            (self.folder / f"{name}.conf").write_text(text.format(name=name, port=port, **values))
        ports = [str(self._ports[name]) for name in NAMES[:3]]
        command = [self._program("python"), "-c", RINGS, str(self.folder), *ports]
        subprocess.run(command, env=_environment(), check=True, timeout=START_SECONDS)

    def _program(self, name: str) -> str:
        return str(Path(os.environ[VARIABLE]) / "bin" / name)

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        command = [self._program("python"), self._program(f"swift-{name}-server"), f"{self.folder}/{name}.conf", "-v"]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert all(process.poll() is None for process in self._processes), self._logs()
            try:
                for port in self._ports.values():
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                with urllib.request.urlopen(f"{self.endpoint}/healthcheck", timeout=5) as answer:
                    assert answer.read() == b"OK"
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(self._logs())

    def _logs(self) -> str:
        paths = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{path.name}: {path.read_text(errors='replace')[-2000:]}" for path in paths)


def _free_ports(count: int) -> list[int]:
    """Ports that are free, held together so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "COVERAGE"))}
