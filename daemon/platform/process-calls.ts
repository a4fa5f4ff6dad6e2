/**
 * System calls about processes and threads: who calls, as whom this thread acts, how it ends, how
 * politely it runs, what memory it keeps. Failures throw `SystemCallError` (libc.ts).
 */
import os from 'node:os';
import { checked, libc, numbers, syscall } from './libc.js';

const c = {
  getsockopt: libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  mallopt: libc.func('int mallopt(int parameter, int value)'),
  prctl: libc.func(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  ),
  prctlGet: libc.func('int prctl(int option, void *value)'),
  setfsuid: libc.func('int setfsuid(uint32_t uid)'),
  setfsgid: libc.func('int setfsgid(uint32_t gid)'),
};

export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

/** Who connected to a Unix socket, as the kernel recorded it at connect time. */
export function peerCredentials(fd: number): PeerCredentials {
  const SOL_SOCKET = 1;
  const SO_PEERCRED = 17;
  const value = new Uint32Array(3);
  const length = Uint32Array.of(12);
  checked(c.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length) as number, 'getsockopt', fd);
  return { pid: value[0] ?? 0, uid: value[1] ?? 0, gid: value[2] ?? 0 };
}

/** Has malloc give large blocks back as soon as they are freed. Threads that hand megabytes to each
 * other otherwise keep them in arenas: measured, a third of a worker's memory. */
export function returnFreedMemory(): void {
  const M_MMAP_THRESHOLD = -3;
  const M_ARENA_MAX = -8;
  c.mallopt(M_ARENA_MAX, 2);
  c.mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

/** The kernel kills this process when its parent dies. */
export function dieWithParent(): void {
  const PR_SET_PDEATHSIG = 1;
  checked(
    c.prctl(PR_SET_PDEATHSIG, os.constants.signals.SIGKILL, 0, 0, 0) as number,
    'prctl',
    'PDEATHSIG',
  );
}

/**
 * I/O priority of a thread (0: the calling one) and of those it will start. `none` leaves it as it
 * is; level 0 (high) – 7.
 */
export function setIoPriority(
  threadId: number,
  ioClass: 'idle' | 'best-effort' | 'none',
  level: number,
): void {
  if (ioClass === 'none') return;
  const IOPRIO_WHO_PROCESS = 1;
  const value = ioClass === 'idle' ? 3 << 13 : (2 << 13) | level;
  const result: unknown = syscall(
    numbers().ioprioSet,
    'int',
    IOPRIO_WHO_PROCESS,
    'int',
    threadId,
    'int',
    value,
  );
  checked(result as number, 'ioprio_set', ioClass);
}

/**
 * Makes the calling thread act on files as this account and nothing more: its file-system uid, gid,
 * no other group, no capability. Only this thread changes (setfsuid(2), raw setgroups and capset),
 * and only for calls it makes itself: asynchronous fs calls run on Node's pool and keep root.
 * There is no way back. Throws when the kernel did not follow.
 */
export function assumeFileIdentity(uid: number, gid: number): void {
  const empty = new Uint32Array(1);
  checked(syscall(numbers().setgroups, 'size_t', 0, 'void *', empty) as number, 'setgroups', uid);
  c.setfsgid(gid);
  c.setfsuid(uid);
  const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
  const header = Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0);
  const none = new Uint32Array(6);
  checked(syscall(numbers().capset, 'void *', header, 'void *', none) as number, 'capset', uid);
  // An impossible id changes nothing and answers the present one.
  const now = [c.setfsuid(0xffffffff) as number, c.setfsgid(0xffffffff) as number];
  if (now[0] !== uid || now[1] !== gid) {
    throw new Error(`This thread could not become uid ${uid}, gid ${gid}.`);
  }
}

/**
 * Does something synchronous as another effective user, in this thread alone: the kernel tells whoever
 * is connected to that it was this user (SO_PEERCRED). For root; asynchronous calls stay root's.
 */
export function asUser<Result>(uid: number, work: () => Result): Result {
  const PR_SET_PDEATHSIG = 1;
  const PR_GET_PDEATHSIG = 2;
  const deathSignal = new Int32Array(1);
  checked(c.prctlGet(PR_GET_PDEATHSIG, deathSignal) as number, 'prctl', 'PDEATHSIG');
  setEffectiveUser(uid);
  try {
    return work();
  } finally {
    setEffectiveUser(0);
    // The kernel forgets it when a thread changes who it is.
    checked(c.prctl(PR_SET_PDEATHSIG, deathSignal[0], 0, 0, 0) as number, 'prctl', 'PDEATHSIG');
  }
}

function setEffectiveUser(uid: number): void {
  const result: unknown = syscall(numbers().setresuid, 'int', -1, 'int', uid, 'int', -1);
  checked(result as number, 'setresuid', uid);
}
