/**
 * Extended attributes, ACLs and capabilities among them, which Node does not know.
 *
 * Names and paths are byte strings, and failures throw `SystemCallError` (libc.ts).
 */
import os from 'node:os';
import { checked, cString, lastErrno, libc } from './libc.js';

const c = {
  flistxattr: libc.func('int64_t flistxattr(int fd, void *list, size_t size)'),
  fgetxattr: libc.func('int64_t fgetxattr(int fd, const void *name, void *value, size_t size)'),
  fsetxattr: libc.func(
    'int fsetxattr(int fd, const void *name, const void *value, size_t size, int flags)',
  ),
  fremovexattr: libc.func('int fremovexattr(int fd, const void *name)'),
  llistxattr: libc.func('int64_t llistxattr(const void *path, void *list, size_t size)'),
  lgetxattr: libc.func(
    'int64_t lgetxattr(const void *path, const void *name, void *value, size_t size)',
  ),
  setxattr: libc.func(
    'int setxattr(const void *path, const void *name, const void *value, size_t size, int flags)',
  ),
};

type ListCall = (list: Buffer | null, size: number) => number | bigint;
type ValueCall = (name: Buffer, value: Buffer | null, size: number) => number | bigint;

function readAttributeNames(call: ListCall, subject: string | number): string[] {
  for (;;) {
    const size = Number(call(null, 0));
    if (size < 0 && isUnsupported(lastErrno())) return [];
    checked(size, 'listxattr', subject);
    if (size === 0) return [];
    const list = Buffer.allocUnsafe(size);
    const length = Number(call(list, size));
    if (length >= 0) return list.toString('latin1', 0, length).split('\0').filter(Boolean);
    if (lastErrno() !== os.constants.errno.ERANGE) checked(length, 'listxattr', subject);
  }
}

/** Undefined when the attribute vanished since it was listed. */
function readAttribute(
  call: ValueCall,
  name: string,
  subject: string | number,
): Buffer | undefined {
  const cName = cString(name);
  for (;;) {
    const size = Number(call(cName, null, 0));
    if (size < 0 && lastErrno() === os.constants.errno.ENODATA) return undefined;
    checked(size, 'getxattr', subject);
    const value = Buffer.alloc(size);
    if (size === 0) return value;
    const length = Number(call(cName, value, size));
    if (length >= 0) return value.subarray(0, length);
    if (lastErrno() !== os.constants.errno.ERANGE) checked(length, 'getxattr', subject);
  }
}

function isUnsupported(errno: number): boolean {
  return errno === os.constants.errno.EOPNOTSUPP || errno === os.constants.errno.ENOSYS;
}

export interface Attribute {
  name: string;
  value: Buffer;
}

function readAttributes(names: string[], read: (name: string) => Buffer | undefined): Attribute[] {
  return names.sort().flatMap((name) => {
    const value = read(name);
    return value === undefined ? [] : [{ name, value }];
  });
}

/** All extended attributes of an open file, ACLs and capabilities among them, sorted by name. */
export function getAttributes(fd: number): Attribute[] {
  // Nearly every file has none: one call finds that out.
  const size = Number(c.flistxattr(fd, null, 0));
  if (size === 0) return [];
  const names = readAttributeNames((list, room) => c.flistxattr(fd, list, room) as number, fd);
  return readAttributes(names, (name) =>
    readAttribute((n, value, room) => c.fgetxattr(fd, n, value, room) as number, name, fd),
  );
}

/** The same of what cannot be opened (symlinks, devices, sockets); the last name is not followed. */
export function getAttributesOfPath(path: string): Attribute[] {
  const cPath = cString(path);
  if (Number(c.llistxattr(cPath, null, 0)) === 0) return [];
  const names = readAttributeNames((list, room) => c.llistxattr(cPath, list, room) as number, path);
  return readAttributes(names, (name) =>
    readAttribute((n, value, room) => c.lgetxattr(cPath, n, value, room) as number, name, path),
  );
}

export function setAttribute(fd: number, name: string, value: Buffer): void {
  checked(c.fsetxattr(fd, cString(name), value, value.length, 0) as number, 'fsetxattr', name);
}

/** The same for what is open with O_PATH. */
export function setAttributeOfPinned(fd: number, name: string, value: Buffer): void {
  const path = cString(`/proc/self/fd/${fd}`);
  const result = c.setxattr(path, cString(name), value, value.length, 0) as number;
  checked(result, 'setxattr', name);
}

export function removeAttribute(fd: number, name: string): void {
  checked(c.fremovexattr(fd, cString(name)) as number, 'fremovexattr', name);
}
