import { describe, expect, it } from 'vitest';
import { aclToText } from './posix-acl.js';

/** The kernel's form: version, then tag, permissions and id of each entry. */
function acl(...parts: [tag: number, permissions: number, id?: number][]): Buffer {
  const value = Buffer.alloc(4 + 8 * parts.length);
  value.writeUInt32LE(2, 0);
  for (const [index, [tag, permissions, id]] of parts.entries()) {
    value.writeUInt16LE(tag, 4 + 8 * index);
    value.writeUInt16LE(permissions, 6 + 8 * index);
    value.writeUInt32LE(id ?? 0xffffffff, 8 + 8 * index);
  }
  return value;
}

describe('aclToText', () => {
  it('writes owners without and others with their number', () => {
    const value = acl([1, 7], [2, 5, 1000], [2, 0, 4294967294], [4, 4], [8, 2, 33], [16, 7], [32, 1]); // prettier-ignore
    expect(aclToText(value)).toBe(
      'user::rwx,user:1000:r-x,user:4294967294:---,group::r--,group:33:-w-,mask::rwx,other::--x',
    );
  });

  it('of a real file says what getfacl said', () => {
    const value = 'AgAAAAEABgD/////AgAEANIEAAAEAAQA/////wgABgApCQAAEAAGAP////8gAAQA/////w==';
    expect(aclToText(Buffer.from(value, 'base64'))).toBe(
      'user::rw-,user:1234:r--,group::r--,group:2345:rw-,mask::rw-,other::r--',
    );
  });

  it('is empty for what is no ACL of this kind', () => {
    expect(aclToText(Buffer.alloc(0))).toBe('');
    expect(aclToText(Buffer.from('0300000001000700ffffffff', 'hex'))).toBe('');
    expect(aclToText(acl([64, 7]))).toBe('');
    expect(aclToText(acl())).toBe('');
  });
});
