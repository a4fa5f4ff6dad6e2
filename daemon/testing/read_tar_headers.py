"""What Python's tarfile understands of tar headers: an opinion that is not ours. Test support.

    python3 read_tar_headers.py FILE

FILE holds a JSON list of headers in base64; prints a list of what they say. Byte strings are
written as one character (U+0000-U+00FF) for each byte.
"""

import base64
import io
import json
import sys
import tarfile


def text(value):
    return value.encode('utf-8', 'surrogateescape').decode('latin1')


def read(header):
    file = io.BytesIO(header + bytes(1024))
    with tarfile.open(fileobj=file, encoding='utf-8', errors='surrogateescape') as archive:
        info = archive.firstmember
        return {
            'name': text(info.name), 'link': text(info.linkname), 'mode': info.mode, 'uid': info.uid,
            'gid': info.gid, 'size': info.size, 'mtime': info.pax_headers.get('mtime', str(info.mtime)),
            'type': info.type.decode(), 'major': info.devmajor, 'minor': info.devminor,
            'sparse': info.sparse, 'dataOffset': info.offset_data,
            'records': {text(key): text(value) for key, value in info.pax_headers.items()},
        }


with open(sys.argv[1]) as requests:
    json.dump([read(base64.b64decode(header)) for header in json.load(requests)], sys.stdout)
