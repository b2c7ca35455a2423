"""List prices of storage, dated, each with where it comes from; and what some bytes cost by them.

Prices change, and nobody pays the list price for ever: a table of one's own goes into `[tool.pipelinekit.cost]`.
"""

from __future__ import annotations

from typing import NamedTuple

GIB = 2**30


class Tier(NamedTuple):
    """A price that holds up to a size; the last one has no end."""

    #: units
    up_to: float | None
    price: float


class StorageClass(NamedTuple):
    """What storage of one kind costs, in the currency of its provider."""

    provider: str
    name: str
    #: per unit and month
    storage: tuple[Tier, ...]
    #: for a thousand uploads, and a thousand downloads
    writes: float | None = None
    reads: float | None = None
    #: per unit that is read
    retrieval: float = 0.0
    #: per unit that leaves for the internet
    egress: float | None = None
    #: days for which a content is paid at least
    minimum_days: int = 0
    #: whether a content can be read at once: DVC can't wait until one is thawed
    is_instant: bool = True


class Provider(NamedTuple):
    """A price list."""

    name: str
    title: str
    #: for a table
    short: str
    region: str
    #: `YYYY-MM`
    date: str
    source: str
    currency: str
    #: bytes in the unit that is priced
    unit: int
    classes: tuple[StorageClass, ...]


def _class(
    provider: str,
    name: str,
    storage: float | tuple[Tier, ...],
    writes: float,
    reads: float,
    egress: float,
    retrieval: float = 0.0,
    minimum_days: int = 0,
    *,
    is_instant: bool = True,
) -> StorageClass:
    tiers = storage if isinstance(storage, tuple) else (Tier(None, storage),)
    return StorageClass(provider, name, tiers, writes, reads, retrieval, egress, minimum_days, is_instant)


_TB = 1024.0
#: Requests are for a thousand; Azure prices them for ten thousand. Egress is that of the first 10 TB a month (GCS:
#: 1 TB), without the first 100 GB that AWS and Azure give away.
PROVIDERS = (
    Provider(
        "s3",
        "Amazon S3",
        "S3",
        "US East (N. Virginia)",
        "2025-06",
        "Amazon S3 pricing, aws.amazon.com/s3/pricing",
        "USD",
        GIB,
        (
            _class(
                "s3",
                "Standard",
                (Tier(50 * _TB, 0.023), Tier(500 * _TB, 0.022), Tier(None, 0.021)),
                0.005,
                0.0004,
                0.09,
            ),
            _class("s3", "Standard-IA", 0.0125, 0.01, 0.001, 0.09, 0.01, 30),
            _class("s3", "One Zone-IA", 0.01, 0.01, 0.001, 0.09, 0.01, 30),
            _class("s3", "Glacier Instant Retrieval", 0.004, 0.02, 0.01, 0.09, 0.03, 90),
            _class("s3", "Glacier Flexible Retrieval", 0.0036, 0.03, 0.0004, 0.09, 0.01, 90, is_instant=False),
            _class("s3", "Glacier Deep Archive", 0.00099, 0.05, 0.0004, 0.09, 0.02, 180, is_instant=False),
        ),
    ),
    Provider(
        "gcs",
        "Google Cloud Storage",
        "GCS",
        "us-central1 (Iowa)",
        "2025-06",
        "Cloud Storage pricing, cloud.google.com/storage/pricing",
        "USD",
        GIB,
        (
            _class("gcs", "Standard", 0.02, 0.005, 0.0004, 0.12),
            _class("gcs", "Nearline", 0.01, 0.01, 0.001, 0.12, 0.01, 30),
            _class("gcs", "Coldline", 0.004, 0.02, 0.01, 0.12, 0.02, 90),
            _class("gcs", "Archive", 0.0012, 0.05, 0.05, 0.12, 0.05, 365),
        ),
    ),
    Provider(
        "azure",
        "Azure Blob Storage",
        "Azure",
        "East US, LRS",
        "2025-06",
        "Azure Blob Storage pricing, azure.microsoft.com/pricing/details/storage/blobs",
        "USD",
        GIB,
        (
            _class(
                "azure",
                "Hot",
                (Tier(50 * _TB, 0.018), Tier(500 * _TB, 0.0173), Tier(None, 0.0166)),
                0.005,
                0.0004,
                0.087,
            ),
            _class("azure", "Cool", 0.01, 0.01, 0.001, 0.087, 0.01, 30),
            _class("azure", "Cold", 0.0036, 0.018, 0.01, 0.087, 0.03, 90),
            _class("azure", "Archive", 0.002, 0.011, 0.55, 0.087, 0.022, 180, is_instant=False),
        ),
    ),
)
#: The price list for a remote, by the scheme of its address.
BY_SCHEME = {"s3": "s3", "gs": "gcs", "azure": "azure"}


def per_month(size: int, storage: StorageClass, unit: int = GIB) -> float:
    """What bytes cost in a month."""
    left = size / unit
    cost = below = 0.0
    for tier in storage.storage:
        units = left if tier.up_to is None else min(left, tier.up_to - below)
        cost += units * tier.price
        left -= units
        below += units
        if left <= 0:
            break
    return cost


def of_download(size: int, objects: int, storage: StorageClass, unit: int = GIB) -> float | None:
    """What it costs to fetch objects over the internet once; None where no price is known."""
    if storage.reads is None and storage.egress is None and not storage.retrieval:
        return None
    return size / unit * ((storage.egress or 0) + storage.retrieval) + objects / 1000 * (storage.reads or 0)


def of_upload(objects: int, storage: StorageClass) -> float | None:
    """What it costs to send objects; bytes that come in are free. None where no price is known."""
    return objects / 1000 * storage.writes if storage.writes is not None else None
