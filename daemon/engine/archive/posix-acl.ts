/**
 * POSIX ACLs: the kernel keeps them as binary attributes, tar carries them as text.
 * Binary form: linux/include/uapi/linux/posix_acl_xattr.h. Text form: acl(5), numeric ids.
 */

const VERSION = 2;
const TAGS = new Map([
  [0x01, 'user'],
  [0x02, 'user'],
  [0x04, 'group'],
  [0x08, 'group'],
  [0x10, 'mask'],
  [0x20, 'other'],
]);
const NAMED = new Set([0x02, 0x08]);

/** `user::rwx,user:1000:r-x,…`; '' for what is not a known ACL. */
export function aclToText(value: Buffer): string {
  if (value.length < 4 || value.readUInt32LE(0) !== VERSION) return '';
  const parts: string[] = [];
  for (let at = 4; at + 8 <= value.length; at += 8) {
    const tag = value.readUInt16LE(at);
    const kind = TAGS.get(tag);
    if (kind === undefined) return '';
    const qualifier = NAMED.has(tag) ? String(value.readUInt32LE(at + 4)) : '';
    parts.push(`${kind}:${qualifier}:${permissions(value.readUInt16LE(at + 2))}`);
  }
  return parts.join(',');
}

function permissions(bits: number): string {
  return (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-') + (bits & 1 ? 'x' : '-');
}
