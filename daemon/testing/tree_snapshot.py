"""Describes every entry of a tree as JSON: what a restore must bring back. Test support.

    python3 tree_snapshot.py DIR

Shares no code with the engine, so that the two cannot be wrong alike. Works relative to open
directories, so that no path is too long. Paths, names and link targets are bytes, written as one
character (U+0000-U+00FF) each.
"""

import errno
import hashlib
import json
import os
import stat
import sys

BLOCK = 4096
KINDS = {
    stat.S_IFREG: 'file', stat.S_IFDIR: 'directory', stat.S_IFLNK: 'symlink', stat.S_IFIFO: 'fifo',
    stat.S_IFSOCK: 'socket', stat.S_IFCHR: 'character-device', stat.S_IFBLK: 'block-device',
}


def text(raw):
    return raw.decode('latin1')


def data_extents(handle, size):
    """[offset, end] of every run of data, as the file system tells it."""
    extents = []
    offset = 0
    while offset < size:
        try:
            start = os.lseek(handle, offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            break
        offset = min(os.lseek(handle, start, os.SEEK_HOLE), size)
        extents.append([start, offset])
    return extents


def content_digest(handle, extents):
    """Of the blocks that are not all zero and where they lie: the same however holes are kept."""
    digest = hashlib.sha256()
    for start, end in extents:
        offset = start - start % BLOCK
        while offset < end:
            # Not beyond this run's last block: what follows is another run's, or a hole.
            chunk = os.pread(handle, min(256 * BLOCK, end + -end % BLOCK - offset), offset)
            for at in range(0, len(chunk), BLOCK):
                block = chunk[at:at + BLOCK]
                if block.strip(b'\0'):
                    digest.update(b'%d:' % (offset + at))
                    digest.update(block)
            offset += len(chunk) or BLOCK
    return digest.hexdigest()


def attributes(directory, name):
    """Through /proc: the calls that take a directory handle do not exist for attributes."""
    path = b'/proc/self/fd/%d/%s' % (directory, name)
    found = os.listxattr(path, follow_symlinks=False)
    return {
        text(os.fsencode(key)): os.getxattr(path, os.fsencode(key), follow_symlinks=False).hex()
        for key in sorted(found)
    }


def describe_file(directory, name, size):
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)
    try:
        extents = data_extents(handle, size)
        return {'extents': extents, 'content': content_digest(handle, extents)}
    finally:
        os.close(handle)


def describe(directory, name, path, seen):
    status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    entry = {
        'path': text(path), 'type': kind, 'mode': stat.S_IMODE(status.st_mode), 'uid': status.st_uid,
        'gid': status.st_gid, 'mtime': str(status.st_mtime_ns), 'xattrs': attributes(directory, name),
    }
    if kind == 'file':
        entry['size'] = status.st_size
        entry.update(describe_file(directory, name, status.st_size))
    if kind == 'symlink':
        entry['target'] = text(os.fsencode(os.readlink(name, dir_fd=directory)))
    if kind in ('character-device', 'block-device'):
        entry['device'] = '%d:%d' % (os.major(status.st_rdev), os.minor(status.st_rdev))
    if kind != 'directory' and status.st_nlink > 1:
        entry['group'] = seen.setdefault((status.st_dev, status.st_ino), text(path))
    return entry


def walk(directory, path, seen, entries):
    for name in sorted(os.fsencode(name) for name in os.listdir(directory)):
        below = path + b'/' + name if path else name
        entry = describe(directory, name, below, seen)
        entries.append(entry)
        if entry['type'] == 'directory':
            opened = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            walk(opened, below, seen, entries)
            os.close(opened)


def main():
    sys.setrecursionlimit(10_000)
    root = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
    seen = {}
    entries = [describe(root, b'.', b'', seen)]
    walk(root, b'', seen, entries)
    json.dump(entries, sys.stdout)


if __name__ == '__main__':
    main()
