/** Headers as another reader, Python's tarfile, understands them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { anEntry } from '../../testing/entry-arbitrary.js';
import { runPython } from '../../testing/run-python.js';
import { makeTempDir, removeTempDir } from '../../testing/temp-dir.js';
import { needsTool } from '../../testing/tools.js';
import { fromText } from '../manifest/byte-path.js';
import type { Entry } from '../manifest/entry.js';
import { tarHeader } from './tar-header.js';

const GIB = 1024 ** 3;
const LONG = `homedir/${'d'.repeat(120)}/${'n'.repeat(200)}`;
const BYTES = `homedir/\xff\xfe/${'\xe9'.repeat(150)}`;
const ACL = Buffer.from(
  'AgAAAAEABgD/////AgAEANIEAAAEAAQA/////wgABgApCQAAEAAGAP////8gAAQA/////w==',
  'base64',
);

type Read = Record<string, unknown>;

const CASES: [string, Partial<Entry>, Read][] = [
  ['a plain file', {}, { name: 'homedir/file', mode: 0o644, uid: 1001, gid: 1002, size: 5, mtime: '1700000000', type: '0', records: {} }], // prettier-ignore
  ['a directory', { type: 'directory' }, { name: 'homedir/file', type: '5', size: 0 }],
  ['all mode bits', { mode: 0o7777 }, { mode: 0o7777 }],
  ['a long name', { path: LONG }, { name: LONG }],
  ['a long name of a directory', { path: LONG, type: 'directory' }, { name: LONG, type: '5' }],
  ['a name of 2 kB', { path: `h/${'x'.repeat(2040)}` }, { name: `h/${'x'.repeat(2040)}` }],
  ['a UTF-8 name', { path: fromText('homedir/smörgåsbord ☕') }, { name: fromText('homedir/smörgåsbord ☕') }], // prettier-ignore
  ['a long UTF-8 name', { path: fromText(`homedir/${'☕'.repeat(60)}`) }, { name: fromText(`homedir/${'☕'.repeat(60)}`) }], // prettier-ignore
  ['a short name of bytes', { path: 'homedir/\xff' }, { name: 'homedir/\xff', records: {} }],
  ['a long name of bytes', { path: BYTES }, { name: BYTES }],
  ['a newline and an equals sign', { path: `a\n=${'b'.repeat(120)}` }, { name: `a\n=${'b'.repeat(120)}` }], // prettier-ignore
  ['a symlink', { type: 'symlink', sizeBytes: 0, target: '../x y' }, { link: '../x y', type: '2', size: 0 }], // prettier-ignore
  ['a long target of bytes', { type: 'symlink', sizeBytes: 0, target: BYTES }, { link: BYTES }],
  ['a hard link', { hardLink: 'homedir/first' }, { link: 'homedir/first', type: '1', size: 0 }],
  ['a long hard link', { hardLink: LONG }, { link: LONG, type: '1' }],
  ['a FIFO', { type: 'fifo', sizeBytes: 0 }, { type: '6' }],
  ['a device', { type: 'block-device', sizeBytes: 0, device: { major: 4095, minor: 1048575 } }, { type: '4', major: 4095, minor: 1048575 }], // prettier-ignore
  ['large ids', { uid: 0xfffffffe, gid: 0o10000000 }, { uid: 0xfffffffe, gid: 0o10000000 }],
  ['9 GiB', { sizeBytes: 9 * GIB }, { size: 9 * GIB }],
  ['8 PiB', { sizeBytes: 2 ** 53 - 1 }, { size: 2 ** 53 - 1 }],
  ['before 1970', { mtimeNs: -1_500_000_000n }, { mtime: '-1.500000000' }],
  ['a nanosecond', { mtimeNs: 1_700_000_000_000_000_001n }, { mtime: '1700000000.000000001' }],
  ['far away', { mtimeNs: 9_999_999_999_999n * 10n ** 9n }, { mtime: '9999999999999.000000000' }],
  [
    'holes',
    { sizeBytes: 10 * GIB, sparse: [[4096, 8192], [9 * GIB, 4096]] },
    { name: 'homedir/file', size: 10 * GIB, sparse: [[4096, 8192], [9 * GIB, 4096], [10 * GIB, 0]] },
  ],
  ['nothing but a hole', { sizeBytes: 512, sparse: [] }, { size: 512, sparse: [[512, 0]] }],
  ['a hole only in front', { sizeBytes: 8192, sparse: [[4096, 4096]] }, { sparse: [[4096, 4096]] }],
  ['holes in a long name of bytes', { path: BYTES, sizeBytes: 9, sparse: [] }, { name: BYTES }],
  [
    'attributes',
    { xattrs: [{ name: 'user.a=b', value: Buffer.from('1=\n\xff\0', 'latin1') }, { name: 'user.100%', value: Buffer.alloc(0) }] },
    { records: { 'SCHILY.xattr.user.a%3Db': '1=\n\xff\0', 'SCHILY.xattr.user.100%25': '' } },
  ],
  [
    'ACLs',
    { type: 'directory', xattrs: [{ name: 'system.posix_acl_access', value: ACL }, { name: 'system.posix_acl_default', value: ACL }] },
    {
      records: {
        'SCHILY.acl.access': 'user::rw-,user:1234:r--,group::r--,group:2345:rw-,mask::rw-,other::r--',
        'SCHILY.acl.default': 'user::rw-,user:1234:r--,group::r--,group:2345:rw-,mask::rw-,other::r--',
      },
    },
  ],
]; // prettier-ignore

describe.skipIf(!needsTool('python3'))('a header, as tarfile reads it', () => {
  let read: Read[];

  beforeAll(async () => {
    const directory = await makeTempDir();
    const headers = CASES.map(([, changes]) => tarHeader(anEntry(changes)).toString('base64'));
    await writeFile(join(directory, 'headers'), JSON.stringify(headers));
    read = JSON.parse(
      await runPython('read_tar_headers.py', [join(directory, 'headers')]),
    ) as Read[];
    await removeTempDir(directory);
  });

  it.each(CASES.map(([name, , expected], index) => ({ name, expected, index })))(
    '$name',
    ({ expected, index }) => {
      expect(read[index]).toMatchObject(expected);
    },
  );
});
