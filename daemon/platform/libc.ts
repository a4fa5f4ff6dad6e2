/**
 * The one door to libc, through koffi. Nothing else loads koffi, and only this folder imports this:
 * syscalls.ts (names and open files), extended-attributes.ts, process-calls.ts, sd-notify.ts.
 *
 * Names and paths are byte strings: one character (U+0000–U+00FF) per byte.
 * Failures throw `SystemCallError`, whose `code` is the errno's name, as Node's own errors have it.
 */
import os from 'node:os';
import koffi from 'koffi';

export const libc = koffi.load('libc.so.6');

/** Makes the call of a number; it acts on the calling thread alone. */
export const syscall = libc.func('long syscall(long number, ...)');

/** System call numbers that libc has no wrapper for, or whose wrapper acts on all threads. */
const NUMBERS = {
  x64: { setgroups: 116, setresuid: 117, capset: 126, ioprioSet: 251, openat2: 437 },
  arm64: { setgroups: 159, setresuid: 147, capset: 91, ioprioSet: 30, openat2: 437 },
} as const;

export function numbers(): (typeof NUMBERS)['x64'] | (typeof NUMBERS)['arm64'] {
  const architecture = process.arch;
  if (architecture === 'x64' || architecture === 'arm64') return NUMBERS[architecture];
  throw new Error(`Holdfast runs on x64 and arm64 Linux, not on ${architecture}.`);
}

const ERRNO_NAMES = new Map(
  Object.entries(os.constants.errno).map(([name, value]) => [value, name]),
);

export class SystemCallError extends Error {
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject: string | number) {
    const code = ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
    super(`${code}: ${syscall} '${subject}'`);
    this.name = 'SystemCallError';
    this.code = code;
    this.syscall = syscall;
  }
}

/** Why the last call of this thread failed. */
export function lastErrno(): number {
  return koffi.errno();
}

/** The result of a call; below 0 it throws. */
export function checked(
  result: number | bigint,
  syscall: string,
  subject: string | number,
): number {
  const value = Number(result);
  if (value < 0) throw new SystemCallError(syscall, lastErrno(), subject);
  return value;
}

export function cString(bytes: string): Buffer {
  return Buffer.from(bytes + '\0', 'latin1');
}

const nameMemory = Buffer.alloc(256);

/** The same in memory that is used again: for the next call alone. */
export function nameOfCall(name: string): Buffer {
  if (name.length >= nameMemory.length) return cString(name);
  nameMemory.write(name, 0, 'latin1');
  nameMemory[name.length] = 0;
  return nameMemory;
}

/** Where the bytes of a buffer lie in memory. */
export function addressOf(bytes: Uint8Array): bigint {
  return koffi.address(bytes);
}
