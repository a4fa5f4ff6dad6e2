/**
 * Makes the frozen fixture of a format version: `node daemon/testing/make-format-fixture.mjs DIR`,
 * as root, after a build. Run once for each version of the format, when it is released: what lies
 * in daemon/engine/fixtures/ was read by released versions and is never made again.
 */
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = (path) => import(new URL(`../../dist/${path}`, import.meta.url));
const { LocalDestination } = await built('destinations/local/local.destination.js');
const { initialise } = await built('destinations/marker.js');
const { backupToOne } = await built('daemon/engine/capture/backup-account.js');
const here = fileURLToPath(new URL('.', import.meta.url));

/** A small account of everything the format has a way to say. */
const MAKE_HOME = String.raw`
import os, socket, sys
home = sys.argv[1].encode()
def path(name):
    full = os.path.join(home, name)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full
def write(name, content, mode=0o644):
    with open(path(name), 'wb') as f: f.write(content)
    os.chmod(path(name), mode)
os.umask(0o022)
os.mkdir(home)
write(b'index.html', b'<!doctype html>\n<title>Example</title>\n<p>A page of an account.</p>\n')
write(b'empty', b'')
write(b'bytes-\xff\xfe.txt', b'a name that is not UTF-8\n')
write('smörgåsbord ☕.txt'.encode(), b'a name that is UTF-8\n')
write(b'?*[new\nline]"quoted"\\', b'an awkward name\n')
write(b'long/' + b'n' * 150 + b'.txt', b'a name longer than a tar header has room for\n')
write(b'a/inside.txt', b'in a\n')
write(b'a-b/inside.txt', b'in a-b\n')
write(b'a/b/deep.txt', b'in a/b\n')
write(b'a.txt', b'beside a\n')
write(b'first-name', b'one file, two names\n')
os.link(path(b'first-name'), path(b'long/second-name'))
os.symlink(b'index.html', path(b'link'))
os.symlink(b'nowhere-\xff', path(b'link-of-bytes'))
os.mkfifo(path(b'fifo'), 0o640)
sock = socket.socket(socket.AF_UNIX); sock.bind(path(b'socket')); sock.close()
with open(path(b'sparse'), 'wb') as f:
    f.truncate(1 << 20)
    f.seek(65536); f.write(b'data between holes\n' * 200)
    f.seek(524288); f.write(b'x' * 4096)
with open(path(b'hole'), 'wb') as f: f.truncate(1 << 20)
write(b'attributes', b'extended attributes\n')
os.setxattr(path(b'attributes'), b'user.note', b'kept')
os.setxattr(path(b'attributes'), b'user.odd=100%', b'\x00\xff\n')
write(b'shared', b'an access list\n')
os.system("setfacl -m u:1234:r,g:2345:rw,m::rw '%s'" % path(b'shared').decode())
os.mkdir(path(b'inbox')); os.system("setfacl -d -m u:1234:rwx '%s'" % path(b'inbox').decode())
os.mknod(path(b'null'), 0o020666, os.makedev(1, 3)); os.chmod(path(b'null'), 0o666)
write(b'large', b''.join(b'%08d\n' % (i // 5000) for i in range(3 * 1024 * 1024 // 9)))
write(b'cache/.donotbackup', b'')
write(b'cache/thrown-away', b'not in any snapshot\n')
os.symlink(b'elsewhere', path(b'cache/link'))
os.system("chown -hR 1001:1001 '%s'" % sys.argv[1])
write(b'foreign', b'of a large uid\n'); os.chown(path(b'foreign'), 3000000000, 2097152)
write(b'program', b'#!/bin/sh\n'); os.chown(path(b'program'), 1001, 1001); os.chmod(path(b'program'), 0o4755)
def dated(full, ns): os.utime(full, ns=(ns, ns), follow_symlinks=False)
for top, folders, files in os.walk(home, topdown=False):
    for name in files + folders: dated(os.path.join(top, name), 1700000000_000000000)
dated(home, 1700000001_123456789)
dated(path(b'a.txt'), -1_500000000)
dated(path(b'attributes'), 1700000000_000000001)
`;

/** SHA-256 of every regular file, holes included, by path as one character for each byte. */
const HASH_FILES = String.raw`
import hashlib, json, os, stat, sys
home = os.fsencode(sys.argv[1])
sums = {}
for top, folders, files in os.walk(home):
    for name in files:
        full = os.path.join(top, name)
        if not stat.S_ISREG(os.lstat(full).st_mode): continue
        with open(full, 'rb') as f: sums[os.path.relpath(full, home).decode('latin1')] = hashlib.sha256(f.read()).hexdigest()
json.dump(sums, sys.stdout)
`;

function python(code, argument) {
  return execFileSync('python3', ['-c', code, argument]).toString();
}

function backup(destination, home, signingKeyPem, changes) {
  return backupToOne(
    {
      server: { id: '0f1e2d3c4b5a', name: 'server.example' },
      account: {
        id: 'a1b2c3d4e5f6', name: 'example.com', uid: 1001, gid: 1001, home, email: 'owner@example.com', source: 'directory',
      }, // prettier-ignore
      job: { id: 'c0ffee000001', name: 'nightly' },
      excludes: { patterns: [], useDefaults: false },
      crossMounts: false,
      compressionLevel: 9,
      trigger: 'manual',
      signingKeyPem,
      ...changes,
    },
    {
      destination,
      signal: new globalThis.AbortController().signal,
      onProgress: () => undefined,
      log: (level, message) => process.stderr.write(`${level}: ${message}\n`),
      now: () => new Date('2026-11-21T21:45:12.000Z'),
      threads: 1,
    },
  );
}

const target = resolve(process.argv[2]);
const work = '/tmp/holdfast-fixture';
mkdirSync(work);
const home = join(work, 'example.com');
python(MAKE_HOME, home);
const root = join(target, 'destination');
mkdirSync(root, { recursive: true, mode: 0o755 });
const pair = generateKeyPairSync('ed25519');
const publicKeyPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const signingKeyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const place = { forbiddenBelow: [], requireRootOwner: false };
const destination = new LocalDestination({ path: root, diskLimitPercent: 99 }, place);
await initialise(destination, 'd1e2f3a4b5c6');
// The large file is in the compressed archive only: a tar of it would not be tiny.
const archived = { structure: 'archived', excludes: { patterns: ['large'], useDefaults: false } };
await backup(destination, home, signingKeyPem, { snapshotId: '20261121T214512Z-3f9c2a', ...archived }); // prettier-ignore
await backup(destination, home, signingKeyPem, { snapshotId: '20261121T214513Z-5b7e10', structure: 'compressed' }); // prettier-ignore
await destination.close();
writeFileSync(join(target, 'server.pub.pem'), publicKeyPem);
const tree = JSON.parse(execFileSync('python3', ['-B', join(here, 'tree_snapshot.py'), home]));
const expected = {
  publicKeySha256: createHash('sha256').update(pair.publicKey.export({ type: 'spki', format: 'der' })).digest('hex'),
  snapshots: [
    { id: '20261121T214512Z-3f9c2a', leftOut: ['cache/.donotbackup', 'cache/link', 'cache/thrown-away', 'large'] },
    { id: '20261121T214513Z-5b7e10', leftOut: ['cache/.donotbackup', 'cache/link', 'cache/thrown-away'] },
  ],
  sha256: JSON.parse(python(HASH_FILES, home)),
  tree,
}; // prettier-ignore
writeFileSync(join(target, 'expected.json'), `${JSON.stringify(expected, null, 1)}\n`);
rmSync(work, { recursive: true });
process.stdout.write(readFileSync(join(target, 'server.pub.pem')));
