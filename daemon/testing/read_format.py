"""A reader of the format made from daemon/engine/FORMAT.md alone. Test support.

    python3 read_format.py DESTINATION PUBLIC_KEY_PEM SNAPSHOT_KEY PATH...

Prints as JSON: the checked snapshot file, its entries, and for every PATH (one character for each
byte) the SHA-256 of its content, holes filled in, and how many objects and bytes that took. Shares
no code with the engine and needs nothing but Python.
"""

import base64
import hashlib
import json
import os
import struct
import sys
import zlib

# Ed25519 (RFC 8032, section 6), verification only.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def decode_point(raw):
    number = int.from_bytes(raw, 'little')
    y, sign = number & (1 << 255) - 1, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    assert y < P and (x * x - square) % P == 0, 'not a point'
    return (P - x if x & 1 != sign else x, y)


def add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1]
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, P - 2, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, P - 2, P)
    return (x % P, y % P)


def multiply(point, factor):
    result = (0, 1)
    while factor:
        if factor & 1:
            result = add(result, point)
        point, factor = add(point, point), factor >> 1
    return result


def is_signed(key, message, signature):
    base = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, 'little'))
    scalar = int.from_bytes(signature[32:], 'little')
    digest = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), 'little')
    right = add(decode_point(signature[:32]), multiply(decode_point(key), digest % L))
    return scalar < L and multiply(base, scalar) == right


class Destination:
    def __init__(self, root):
        self.root, self.reads, self.bytes_read = root, 0, 0

    def get(self, key, offset=0, length=-1):
        with open(os.path.join(self.root, key), 'rb') as file:
            file.seek(offset)
            content = file.read(length)
        self.reads, self.bytes_read = self.reads + 1, self.bytes_read + len(content)
        return content


def open_snapshot(destination, key, pem):
    """Section 3."""
    raw = destination.get(key).rstrip(b'\n')
    body = json.loads(raw)
    der = base64.b64decode(''.join(pem.split('\n')[1:-2]))
    assert body['signature']['key'] == hashlib.sha256(der).hexdigest(), 'unknown key'
    signed = raw[:raw.rindex(b',"signature":{')] + b'}'
    assert is_signed(der[-32:], signed, base64.b64decode(body['signature']['value'])), 'forged'
    assert (body['format'], body['version']) == ('holdfast-snapshot', 1), 'another version'
    name = ''.join(
        chr(c) if chr(c).isalnum() and c < 128 or c == 45 else '_%02x' % c
        for c in body['account']['name'].encode()
    )
    place = '%s/%s.%s/snapshots/%s.json' % (
        body['server']['id'], name, body['account']['id'], body['id'])
    assert place == key, 'of another place'
    return body


def raw_bytes(entry, name):
    """Section 5: bytes as text, or as base64."""
    if name in entry:
        return entry[name].encode()
    return base64.b64decode(entry[name + 'Base64']) if name + 'Base64' in entry else None


def read_page(destination, prefix, page):
    """Section 4."""
    raw = destination.get('%spages/%s.jsonl.gz' % (prefix, page['sha256']))
    assert hashlib.sha256(raw).hexdigest() == page['sha256'] and len(raw) == page['sizeBytes']
    lines = zlib.decompress(raw, 31).split(b'\n')[:-1]
    assert len(lines) == page['entries']
    return [json.loads(line) for line in lines]


def order(path):
    """Section 6."""
    directory, _, name = path.rpartition(b'/')
    return directory.replace(b'/', b'\0'), name


def find(destination, prefix, body, path):
    fitting = [page for page in body['pages'] if order(first_path(page)) <= order(path)]
    for entry in read_page(destination, prefix, fitting[-1]):
        if raw_bytes(entry, 'path') == path:
            return entry
    raise SystemExit('not found: %r' % path)


def first_path(page):
    first = page['first']
    return base64.b64decode(first[7:]) if first.startswith('base64:') else first.encode()


def members(raw):
    """Section 8."""
    while raw:
        assert raw[:16] == bytes.fromhex('1f8b0804000000000003080048460400'), 'no member'
        length = struct.unpack_from('<I', raw, 16)[0]
        crc, size = struct.unpack_from('<II', raw, length - 8)
        content = zlib.decompress(raw[20:length - 8], -15)
        assert (zlib.crc32(content), len(content)) == (crc, size), 'damaged member'
        yield content
        raw = raw[length:]


def content_of(destination, prefix, entry):
    """Section 5, data."""
    extents = entry.get('sparse', [[0, entry['size']]])
    stored = b''
    if 'data' in entry:
        data = entry['data']
        stored = destination.get(prefix + 'archives/' + data['archive'], data['offset'], data['length'])
        if data['archive'].endswith('.gz'):
            stored = b''.join(members(stored))[data['skip']:]
        stored = stored[:sum(length for _, length in extents)]
    assert hashlib.sha256(stored).hexdigest() == entry['sha256'], 'damaged content'
    content, at = bytearray(entry['size']), 0
    for offset, length in extents:
        content[offset:offset + length] = stored[at:at + length]
        at += length
    return bytes(content)


def text(raw):
    return raw if raw is None else raw.decode('latin1')


def main(root, pem_file, key, *paths):
    with open(pem_file) as file:
        pem = file.read()
    destination = Destination(root)
    prefix = key[:key.rindex('snapshots/')]
    body = open_snapshot(destination, key, pem)
    entries = [entry for page in body['pages'] for entry in read_page(destination, prefix, page)]
    sort_keys = [order(raw_bytes(entry, 'path')) for entry in entries]
    assert sort_keys == sorted(sort_keys) and len(entries) == body['entries'], 'out of order'
    for entry in entries:
        for name in ('path', 'target', 'hardLink'):
            entry[name] = text(raw_bytes(entry, name))
    found = {}
    for path in paths:
        fresh = Destination(root)
        entry = find(fresh, prefix, open_snapshot(fresh, key, pem), path.encode('latin1'))
        content = content_of(fresh, prefix, entry)
        found[path] = {
            'sha256': hashlib.sha256(content).hexdigest(),
            'reads': fresh.reads,
            'bytes': fresh.bytes_read,
        }
    json.dump({'snapshot': body, 'entries': entries, 'found': found}, sys.stdout)


if __name__ == '__main__':
    main(*sys.argv[1:])
