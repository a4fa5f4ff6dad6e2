"""Makes trees that no sane person has. Test support.

    python3 - KIND DIR ARG... < hostile_trees.py

Runs under the tenant's uid, so that everything is theirs.
"""

import os
import socket
import sys

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY


def flood(directory, count):
    """So many empty files in one directory."""
    handle = os.open(directory, DIRECTORY)
    for n in range(int(count)):
        os.close(os.open(f'entry-{n}', os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=handle))


def deep(directory, depth, name_bytes):
    """Directories in each other; a file in the deepest, and in one half-way."""
    name = 'd' * int(name_bytes)
    os.chdir(directory)
    for level in range(int(depth)):
        os.mkdir(name)
        os.chdir(name)
        if level in (int(depth) // 2, int(depth) - 1):
            with open('file', 'w') as file:
                file.write(f'level {level}')


def extents(path, count):
    """A file of so many blocks with holes between them."""
    with open(path, 'wb', buffering=0) as file:
        for n in range(int(count)):
            os.pwrite(file.fileno(), b'x' * 4096, n * 8192)


def attributes(directory, files, value_bytes):
    """So many files with an attribute of so many bytes each."""
    for n in range(int(files)):
        path = os.path.join(directory, f'file-{n}')
        with open(path, 'w') as file:
            file.write(f'content {n}')
        os.setxattr(path, 'user.note', b'%d' % n + b'v' * int(value_bytes))


def links(directory, count):
    """So many names of one file."""
    handle = os.open(directory, DIRECTORY)
    with open(os.path.join(directory, 'first'), 'w') as file:
        file.write('one')
    for n in range(int(count)):
        os.link('first', f'link-{n}', src_dir_fd=handle, dst_dir_fd=handle)


def names(directory):
    """Names of every byte, alone and between others, and the longest there are."""
    handle = os.open(directory, DIRECTORY)
    for byte in range(1, 256):
        if byte in b'/':
            continue
        for name in (bytes([byte]), b'a' + bytes([byte]) + b'z', bytes([byte]) * 255):
            if name == b'.':
                continue
            opened = os.open(name, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=handle)
            os.write(opened, name)
            os.close(opened)


def specials(directory, count):
    """FIFOs and sockets that nobody is at the other end of."""
    os.chdir(directory)
    for n in range(int(count)):
        os.mkfifo(f'fifo-{n}')
        socket.socket(socket.AF_UNIX).bind(f'socket-{n}')


def closed(directory):
    """Files and folders that their own owner may not read."""
    os.chdir(directory)
    for name in ('open', 'unlisted', 'unentered', 'sealed'):
        os.makedirs(f'{name}/below')
        for path in (f'{name}/file', f'{name}/below/file'):
            with open(path, 'w') as file:
                file.write(path)
    os.chmod('open/file', 0)
    os.chmod('unlisted', 0o300)
    os.chmod('unentered', 0o600)
    os.chmod('sealed', 0)


KINDS = {
    'flood': flood, 'deep': deep, 'extents': extents, 'attributes': attributes, 'links': links,
    'names': names, 'specials': specials, 'closed': closed,
}

KINDS[sys.argv[1]](*sys.argv[2:])
