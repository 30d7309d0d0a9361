"""Bytes from the network to the disk: counted, limited, digested, and never held in memory.

UploadError                 what a sender did wrong
├── TruncatedError          the connection, or the form, ended early
├── TooLargeError           more bytes than allowed
├── MalformedError          a form, a header or a body that cannot be read
├── WrongMediaTypeError     a body in a form that is not understood
├── DigestError             another file arrived than the sender meant
├── ChecksumError           another piece arrived than the sender meant
├── TusVersionError         another version of the tus protocol
├── OffsetError             a piece that does not begin where the file ends
├── BusyError               two write to one upload
├── UnreadableFileError     a file whose layers and columns cannot be told
└── IncompleteError         a file that is to become a delivery before it has arrived
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.requests import Request

_BATCH_BYTES = 1 << 20


class UploadError(ValueError):
    """What a sender did wrong; nothing of it is kept."""


class TruncatedError(UploadError):
    """The connection, or the form, ended before the file did."""


class TooLargeError(UploadError):
    """More bytes than allowed."""


class MalformedError(UploadError):
    """A form, a header or a body that cannot be read."""


class WrongMediaTypeError(UploadError):
    """A body in a form that is not understood."""


class DigestError(UploadError):
    """Another file arrived than the sender meant."""


class ChecksumError(UploadError):
    """Another piece arrived than the sender meant."""


class TusVersionError(UploadError):
    """Another version of the tus protocol."""


class OffsetError(UploadError):
    """A piece that does not begin where the file ends."""


class BusyError(UploadError):
    """Two write to one upload."""


class UnreadableFileError(UploadError):
    """A file whose layers and columns cannot be told; the message says why."""


class IncompleteError(UploadError):
    """A file that is to become a delivery before it has arrived."""


async def chunks(request: Request, patience_s: float) -> AsyncIterator[bytes]:
    """Yield the body of a request as it arrives.

    Raises
    ------
    TruncatedError
        If the sender goes, or says nothing for longer than `patience_s`.
    """
    stream = request.stream()
    while True:
        try:
            chunk = await asyncio.wait_for(anext(stream), patience_s)
        except StopAsyncIteration:
            return
        except ClientDisconnect:
            raise TruncatedError("the connection ended before the file did; send it anew") from None
        except TimeoutError:
            raise TruncatedError(
                f"nothing arrived for {patience_s:g} s; send the file anew, or in pieces"
            ) from None
        yield chunk


async def body_of(request: Request, limit_bytes: int, patience_s: float) -> bytes:
    """Return a small body.

    Raises
    ------
    TooLargeError
        If it has more bytes than allowed.
    TruncatedError
        See `chunks`.
    """
    body = bytearray()
    async for chunk in chunks(request, patience_s):
        body += chunk
        if len(body) > limit_bytes:
            raise TooLargeError(f"more than {limit_bytes:,} bytes; files are sent as a form")
    return bytes(body)


class Writing:
    """A file that grows with what arrives.

    Parameters
    ----------
    path : Path
        Made, or continued where there is one.
    limit_bytes : int
        How many bytes may be added.
    algorithm : str
        Name of a hash function.
    """

    def __init__(self, path: Path, limit_bytes: int, algorithm: str = "sha256") -> None:
        self.path = path
        self.size_bytes = 0
        self._limit_bytes = limit_bytes
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._batch = bytearray()
        self._file = path.open("ab")

    async def add(self, data: bytes) -> None:
        """Take bytes; they go to the disk in batches, in another thread.

        Raises
        ------
        TooLargeError
            If there are more than allowed.
        OSError
            If they cannot be written, for example because the disk is full.
        """
        self.size_bytes += len(data)
        if self.size_bytes > self._limit_bytes:
            raise TooLargeError(f"more bytes arrived than the {self._limit_bytes:,} that may come")
        self._batch += data
        if len(self._batch) >= _BATCH_BYTES:
            await run_in_threadpool(self._flush)

    async def close(self, *, force_to_disk: bool = False) -> bytes:
        """Write what is left; return the digest.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        await run_in_threadpool(self._close, force_to_disk)
        return self._hash.digest()

    def abandon(self) -> None:
        """Close the file, whatever is left."""
        self._batch.clear()
        try:
            self._file.close()
        except OSError:
            return  # the disk is full; what matters was raised before

    def _flush(self) -> None:
        self._hash.update(self._batch)
        self._file.write(self._batch)
        self._batch.clear()

    def _close(self, force_to_disk: bool) -> None:
        self._flush()
        self._file.flush()
        if force_to_disk:
            os.fsync(self._file.fileno())
        self._file.close()
