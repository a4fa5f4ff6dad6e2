"""Builds a tree that holds every kind of entry a backup can lose. Test support.

    python3 torture_tree.py DIR [--as-root] [--beyond-path-max]

Prints one JSON object: how many entries were made and what this machine would not let us make.
Everything is deterministic. Names are bytes; nothing here goes through text.
"""

import argparse
import errno
import hashlib
import json
import os
import stat
import struct

SECOND = 1_000_000_000
MIB = 1024 * 1024
GIB = 1024 * MIB
BASE_TIME = 1_600_000_000 * SECOND
REFUSED = {errno.EPERM, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSPC, errno.EACCES}
# cap_net_bind_service=ep, revision 2 of struct vfs_cap_data.
NET_BIND_CAPABILITY = struct.pack('<IIIII', 0x02000001, 1 << 10, 0, 0, 0)


def noise(length, seed):  # does not compress
    return hashlib.shake_256(seed.encode()).digest(length)


def prose(length):  # compresses well
    line = b'SELECT option_value FROM wp_options WHERE option_name = "siteurl" LIMIT 1;\n'
    return (line * (length // len(line) + 1))[:length]


def posix_acl(owner, group, other, mask=None, users=(), groups=()):
    """The value of system.posix_acl_*: version 2, then (tag, permissions, id) each."""
    nobody = 0xFFFFFFFF
    entries = [(0x01, owner, nobody)]
    entries += [(0x02, permissions, who) for who, permissions in users]
    entries += [(0x04, group, nobody)]
    entries += [(0x08, permissions, who) for who, permissions in groups]
    if mask is not None:
        entries += [(0x10, mask, nobody)]
    entries += [(0x20, other, nobody)]
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries)


class Tree:
    """Creates entries at once and their metadata at the end, deepest first."""

    def __init__(self, root, as_root):
        self.root = os.fsencode(os.path.abspath(root))
        self.as_root = as_root
        self.metadata = {}
        self.refused = []

    def at(self, path):
        return self.root + b'/' + path if path else self.root

    def note(self, path, **metadata):
        known = self.metadata.setdefault(path, {})
        known.update(metadata)
        known.setdefault('mtime', BASE_TIME + len(self.metadata) * 1_000_003_007)

    def attempt(self, what, path, action):
        try:
            action()
            return True
        except OSError as error:
            if error.errno not in REFUSED:
                raise
            self.refused.append(f'{what} {os.fsdecode(path)!a}: {error.strerror}')
            return False

    def dir(self, path, **metadata):
        os.mkdir(self.at(path), 0o755)
        self.note(path, **metadata)
        return path

    def file(self, path, content=b'', **metadata):
        handle = os.open(self.at(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with open(handle, 'wb') as output:
            output.write(content)
        self.note(path, **metadata)
        return path

    def sparse(self, path, size, pieces, **metadata):
        self.file(path, b'', **metadata)
        with open(self.at(path), 'r+b') as output:
            for offset, content in pieces:
                output.seek(offset)
                output.write(content)
            output.truncate(size)

    def symlink(self, path, target, **metadata):
        os.symlink(target, self.at(path))
        self.note(path, is_symlink=True, **metadata)
        return path

    def link(self, path, existing):
        os.link(self.at(existing), self.at(path), follow_symlinks=False)

    def node(self, path, kind, device=0, **metadata):
        if self.attempt('mknod', path, lambda: os.mknod(self.at(path), kind | 0o640, device)):
            self.note(path, **metadata)

    def finish(self):
        for path in sorted(self.metadata, key=lambda path: -path.count(b'/')):
            if path:
                self.apply(path, self.metadata[path])
        self.apply(b'', self.metadata.get(b'', {'mtime': BASE_TIME}))

    def apply(self, path, metadata):
        """Owner first (it drops capabilities and setuid), ACLs after the mode they refine."""
        full = self.at(path)
        if self.as_root and 'owner' in metadata:
            os.chown(full, *metadata['owner'], follow_symlinks=False)
        attributes = metadata.get('xattrs', {})
        acls = {name: value for name, value in attributes.items() if b'posix_acl' in name}
        self.set_attributes(path, {n: v for n, v in attributes.items() if n not in acls})
        if 'mode' in metadata:
            os.chmod(full, metadata['mode'])
        self.set_attributes(path, acls)
        mtime = metadata['mtime']
        os.utime(full, ns=(mtime, mtime), follow_symlinks=False)

    def set_attributes(self, path, attributes):
        for name, value in attributes.items():
            what = 'xattr ' + os.fsdecode(name)
            arguments = (self.at(path), name, value)
            self.attempt(what, path, lambda a=arguments: os.setxattr(*a, follow_symlinks=False))


def add_names(tree):
    tree.dir(b'names')
    names = [
        b'caf\xe9.txt', b'\xff\xfe\xfd', b'\x80', b'half\xc3', b'new\nline', b'\nleading-newline', b'tab\there',
        b'carriage\rreturn', b'\x1b[31mred\x1b[0m', b'\x01\x02\x7f', '\u202egpj.exe'.encode(), '\u2066isolate'.encode(),
        b'-rf', b'--checkpoint-action=exec=sh', b'-', b'...', b'..hidden', b'.hidden', b' leading', b'trailing ', b' ',
        b'?', b'*', b'a?b*c', b'|', b'pipe|name', b'\\', b'back\\slash', b'\\n', b'\\134', b"single'quote",
        b'double"quote', b'`tick`', b'$HOME', b'$(id)', b';semicolon', b'&and', b'<angle>', b'#hash', b'!bang', b'~',
        b'[a-z]', b'{a,b}', b'%00', b'C:', b'host:path', b'a=b', b'base64:Zm9v', b'@LongLink', b'PaxHeaders.0',
        b'\xef\xbb\xbfbom', '\U0001f600'.encode(), 'caf\u00e9'.encode(), 'cafe\u0301'.encode(),
        b'n' * 255, b'\xff' * 255, '\u00e9'.encode() * 127,
    ]
    for name in names:
        tree.file(b'names/' + name, b'I am ' + name + b'\n')
    for name in (b'dir\nnewline', b'dir\xff', b'-dir', b'dir*', b'd' * 255, b'GNUSparseFile.0', b'trailing dir '):
        tree.dir(b'names/' + name)
        tree.file(b'names/' + name + b'/inside', name)


def add_long_paths(tree):
    path = tree.dir(b'long')
    for depth in range(11):
        path = tree.dir(path + b'/' + bytes([97 + depth]) * 200)
    tree.file(path + b'/leaf beyond 2 kB', b'far down')
    tree.symlink(path + b'/link beyond 2 kB', b'../' * 11 + b'leaf')
    for length in (99, 100, 101, 154, 155, 156):  # around the fields of a ustar header
        tree.file(b'long/' + b'u' * length, b'ustar')
    path = tree.dir(b'deep')
    for _ in range(150):
        path = tree.dir(path + b'/d')
    tree.file(path + b'/bottom', b'bottom')


def add_beyond_path_max(tree):
    """Deeper than any path that one system call takes; made relative to open directories."""
    handle = os.open(tree.at(tree.dir(b'beyond-path-max')), os.O_RDONLY | os.O_DIRECTORY)
    name = b'p' * 250
    for _ in range(18):
        os.mkdir(name, 0o755, dir_fd=handle)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=handle)
        os.close(handle)
        handle = below
    leaf = os.open(b'leaf', os.O_WRONLY | os.O_CREAT, 0o640, dir_fd=handle)
    os.write(leaf, b'out of reach')
    os.close(leaf)
    os.symlink(b'leaf', b'link', dir_fd=handle)
    os.close(handle)


def add_modes(tree):
    tree.dir(b'modes')
    for mode in (0o4755, 0o2755, 0o1755, 0o6777, 0o7000, 0o400, 0o666, 0o001):
        if mode & 0o400 or tree.as_root:
            tree.file(b'modes/file-%04o' % mode, b'mode', mode=mode)
    for mode in (0o2775, 0o1777, 0o3770, 0o500, 0o700):
        path = tree.dir(b'modes/dir-%04o' % mode, mode=mode)
        tree.file(path + b'/inside', b'inside')
    if tree.as_root:  # nobody else can read these back
        tree.file(b'modes/file-0000', b'nobody may read', mode=0)
        for mode in (0, 0o300, 0o111):
            path = tree.dir(b'modes/dir-%04o' % mode, mode=mode)
            tree.file(path + b'/inside', b'inside')
        tree.dir(b'modes/empty-0000', mode=0)


def add_owners(tree):
    tree.dir(b'owners')
    owners = [(1, 2), (65534, 65534), (2097151, 2097152), (0x7FFFFFFF, 0x80000000), (4294967294, 4294967294), (0, 4294967294)]
    for uid, gid in owners:
        name = b'owners/%d-%d' % (uid, gid)
        tree.file(name, b'owned', owner=(uid, gid))
        tree.dir(name + b'.d', owner=(uid, gid), mode=0o2750)
        tree.symlink(name + b'.link', b'nowhere', owner=(uid, gid))
    tree.file(b'owners/setuid-of-another', b'', owner=(4294967294, 12), mode=0o6755)


def add_hard_links(tree):
    tree.dir(b'links')
    tree.dir(b'links/a')
    tree.dir(b'links/z')
    tree.file(b'links/m', noise(70_000, 'links'), mode=0o640)
    for path in (b'links/a/first', b'links/m2', b'links/z/last', b'links/-dashed', b'links/caf\xe9'):
        tree.link(path, b'links/m')
    tree.file(b'links/empty', b'')
    tree.link(b'links/empty-too', b'links/empty')
    tree.symlink(b'links/symlink', b'../names/nowhere')
    tree.link(b'links/a/symlink-too', b'links/symlink')
    tree.link(b'links/z/symlink-three', b'links/symlink')
    tree.node(b'links/fifo', stat.S_IFIFO)
    tree.link(b'links/fifo-too', b'links/fifo')
    tree.sparse(b'links/sparse', 3 * MIB, [(MIB, b'middle')])
    tree.link(b'links/sparse-too', b'links/sparse')
    for n in range(40):
        tree.link(b'links/z/many-%d' % n, b'links/empty')


def add_special_files(tree):
    tree.dir(b'special')
    tree.node(b'special/fifo', stat.S_IFIFO, mode=0o622)
    tree.node(b'special/socket', stat.S_IFSOCK, mode=0o755)
    if not tree.as_root:
        return
    tree.node(b'special/null', stat.S_IFCHR, os.makedev(1, 3), mode=0o666)
    tree.node(b'special/zero-zero', stat.S_IFCHR, os.makedev(0, 0))
    tree.node(b'special/char-large', stat.S_IFCHR, os.makedev(4095, 1048575), owner=(4294967294, 5))
    tree.node(b'special/block', stat.S_IFBLK, os.makedev(7, 200), mode=0o660)
    tree.node(b'special/block-large', stat.S_IFBLK, os.makedev(300, 70000), mode=0o4600)


def add_sparse_files(tree):
    tree.dir(b'sparse')
    data = noise(8192, 'sparse')
    tree.sparse(b'sparse/leading-hole', 5 * MIB + 8192, [(5 * MIB, data)])
    tree.sparse(b'sparse/middle-hole', 4 * MIB + 8192, [(0, data), (4 * MIB, data)])
    tree.sparse(b'sparse/trailing-hole', 6 * MIB + 5, [(0, data)])
    tree.sparse(b'sparse/all-hole', 7 * MIB, [])
    tree.sparse(b'sparse/small-all-hole', 4096, [])
    tree.sparse(b'sparse/beyond-8-GiB', 9 * GIB + 17, [(0, data), (5 * GIB, data), (9 * GIB, b'end')])
    tree.sparse(b'sparse/hole-beyond-8-GiB', 12 * GIB, [])
    tree.sparse(b'sparse/many-extents', 8 * MIB, [(n * 16384, data[:4096]) for n in range(400)])
    tree.sparse(b'sparse/unaligned', 3 * MIB + 1, [(MIB - 1, b'xyz'), (2 * MIB + 77, data[:5000])])
    tree.sparse(b'sparse/' + b's' * 250, 2 * MIB, [(MIB, data)])


def add_sizes(tree):
    tree.dir(b'sizes')
    for size in (0, 1, 511, 512, 513, 10240, MIB - 1, MIB, MIB + 1):
        tree.file(b'sizes/noise-%d' % size, noise(size, 'size'))
    for size in (MIB - 1, MIB, MIB + 1, 3 * MIB):
        tree.file(b'sizes/prose-%d' % size, prose(size))
    tree.file(b'sizes/noise-3-MiB', noise(3 * MIB, 'three'))
    tree.file(b'sizes/written-zeros', bytes(200_000))
    tree.file(b'sizes/noise.jpg', noise(300_000, 'jpg'))
    tree.file(b'sizes/prose.jpg', prose(300_000))
    tree.file(b'sizes/prose-then-noise.txt', prose(MIB) + noise(2 * MIB, 'half'))
    tree.file(b'sizes/same-as-noise.jpg', noise(300_000, 'jpg'))


def add_xattrs(tree):
    tree.dir(b'xattrs', xattrs={b'user.on-directory': b'yes'})
    values = {
        b'plain': b'text', b'empty': b'', b'binary': bytes(range(256)), b'newline': b'a\nb=c\n', b'zeros': bytes(64),
        b'a=b': b'equals', b'100%': b'percent', b'%3D': b'escaped', b'caf\xe9': b'not UTF-8', b'n' * 240: b'long name',
        b'new\nline': b'name', b'mime_type': b'image/png',
    }
    for number, (name, value) in enumerate(values.items()):
        tree.file(b'xattrs/user-%02d' % number, name, xattrs={b'user.' + name: value})
    tree.file(b'xattrs/large', b'', xattrs={b'user.large': noise(3000, 'xattr')})
    tree.file(b'xattrs/many', b'', xattrs={b'user.n%d' % n: b'%d' % n for n in range(30)})
    tree.file(b'xattrs/read-only', b'', mode=0o400, xattrs={b'user.kept': b'kept'})
    tree.sparse(b'xattrs/sparse', 2 * MIB, [(MIB, b'x')], xattrs={b'user.sparse': b'too'})
    tree.file(b'xattrs/linked', b'', xattrs={b'user.shared': b'1'})
    tree.link(b'xattrs/linked-too', b'xattrs/linked')
    if not tree.as_root:
        return
    trusted = {b'trusted.holdfast': b'root only', b'trusted.binary': b'\0\xff\0'}
    tree.file(b'xattrs/trusted', b'', xattrs=trusted)
    tree.dir(b'xattrs/trusted.d', xattrs={**trusted, b'trusted.overlay.opaque': b'y'})
    tree.symlink(b'xattrs/trusted.link', b'trusted', xattrs=trusted)
    tree.node(b'xattrs/trusted.fifo', stat.S_IFIFO, xattrs=trusted)
    tree.node(b'xattrs/trusted.char', stat.S_IFCHR, os.makedev(1, 7), xattrs=trusted)
    capability = {b'security.capability': NET_BIND_CAPABILITY}
    tree.file(b'xattrs/capability', b'#!/bin/sh\n', mode=0o755, xattrs=capability)
    tree.file(b'xattrs/capability-owned', b'x', mode=0o755, owner=(65534, 65534), xattrs=capability)
    everything = {**trusted, **capability, b'user.a': b'b', b'system.posix_acl_access': posix_acl(7, 5, 1, 7, [(1001, 6)])}
    tree.file(b'xattrs/everything', b'all of it', mode=0o751, owner=(1001, 1002), xattrs=everything)


def add_acls(tree):
    access, default = b'system.posix_acl_access', b'system.posix_acl_default'
    named = posix_acl(6, 4, 0, 6, users=[(1001, 6), (4294967294, 4)], groups=[(33, 4)])
    for_new = posix_acl(7, 5, 5, 7, users=[(33, 7)])
    tree.dir(b'acls')
    tree.file(b'acls/named', b'acl', mode=0o640, xattrs={access: named})
    tree.file(b'acls/mask-only', b'acl', mode=0o640, xattrs={access: posix_acl(7, 7, 0, 1, [(5, 7)])})
    tree.dir(b'acls/access', mode=0o750, xattrs={access: posix_acl(7, 5, 0, 7, [(1001, 7)])})
    tree.file(b'acls/access/inside', b'no acl here')
    # What is below was made before the default ACL: it has none, and a restore must give it none.
    tree.dir(b'acls/default', xattrs={default: for_new})
    tree.file(b'acls/default/made-before', b'no acl')
    tree.dir(b'acls/default/dir-made-before')
    tree.symlink(b'acls/default/link', b'made-before')
    both = posix_acl(7, 7, 0, 7, users=[(0, 1), (1001, 6)])
    tree.dir(b'acls/both', mode=0o770, xattrs={access: both, default: for_new})
    tree.file(b'acls/both/own', b'acl', xattrs={access: posix_acl(6, 6, 4, 6, [(2, 2)])})
    tree.dir(b'acls/both/own-dir', xattrs={default: named})


def add_times(tree):
    tree.dir(b'times', mtime=123_456_789)
    times = {
        b'nanoseconds': 1_500_000_000_123_456_789, b'one-nanosecond': 1_500_000_000_000_000_001, b'epoch': 0,
        b'after-epoch': 1, b'before-epoch': -1, b'1969': -86_400 * SECOND - 500_000_001, b'1969-whole': -SECOND,
        b'1905': -2_051_222_400 * SECOND + 7, b'2038': (1 << 31) * SECOND + 999_999_999,
        b'2109': 4_386_528_000 * SECOND + 123, b'2400': 13_569_465_600 * SECOND,
    }
    for name, mtime in times.items():
        tree.file(b'times/' + name, name, mtime=mtime)
        tree.dir(b'times/' + name + b'.d', mtime=mtime)
        tree.symlink(b'times/' + name + b'.link', name, mtime=mtime)
    tree.node(b'times/fifo-1969', stat.S_IFIFO, mtime=-12_345_678_901)


def add_symlinks(tree):
    tree.dir(b'symlinks')
    targets = {
        b'relative': b'../sizes/noise-1', b'dangling': b'no/such/thing', b'absolute': b'/etc/passwd', b'not-utf8': b'caf\xe9/\xff',
        b'newline': b'a\nb', b'escape': b'\x1b[2J', b'self': b'self', b'dot': b'.', b'dotdot': b'../../../../..', b'root': b'/',
        b'directory': b'../names', b'trailing-slash': b'../names/', b'dash': b'-rf', b'space': b' ', b'double': b'a//b/./c',
        b'hundred': b't' * 100, b'hundred-one': b't' * 101, b'longest': (b'x' * 199 + b'/') * 20 + b'end',
    }
    for name, target in targets.items():
        tree.symlink(b'symlinks/' + name, target)


def add_directories(tree):
    tree.dir(b'dirs')
    tree.dir(b'dirs/empty')
    tree.dir(b'dirs/empty/empty-too')
    tree.dir(b'dirs/marked')
    tree.file(b'dirs/marked/.donotbackup')
    tree.file(b'dirs/marked/left-out', b'left out')
    tree.dir(b'dirs/marked-by-directory')
    tree.dir(b'dirs/marked-by-directory/donotbackup')
    tree.dir(b'dirs/thousand')
    for number in range(1000):
        tree.file(b'dirs/thousand/%04d' % number, b'%d' % number)


def count_entries(directory):
    """Entries below an open directory, however deep."""
    count = 0
    for name in os.listdir(directory):
        name = os.fsencode(name)
        count += 1
        if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            count += count_entries(below)
            os.close(below)
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('directory')
    parser.add_argument('--as-root', action='store_true')
    parser.add_argument('--beyond-path-max', action='store_true')
    options = parser.parse_args()
    os.umask(0)
    os.makedirs(options.directory, 0o755)
    tree = Tree(options.directory, options.as_root)
    tree.note(b'', mode=0o751, mtime=987_654_321_987_654_321, xattrs={b'user.root-of-tree': b'1'})
    for add in (
        add_names, add_long_paths, add_modes, add_owners, add_hard_links, add_special_files, add_sparse_files,
        add_sizes, add_xattrs, add_acls, add_times, add_symlinks, add_directories,
    ):
        add(tree)
    if options.beyond_path_max:
        add_beyond_path_max(tree)
    tree.finish()
    made = count_entries(os.open(options.directory, os.O_RDONLY | os.O_DIRECTORY))
    print(json.dumps({'entries': made, 'refused': tree.refused}))


if __name__ == '__main__':
    main()
