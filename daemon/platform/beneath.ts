/**
 * Opening paths below a directory that someone hostile can change. No component is ever a symlink,
 * none leads out, whatever is renamed meanwhile: the kernel checks it with openat2, or, where the
 * kernel is older than 5.6, every component is opened by itself without following links.
 */
import { closeSync, constants } from 'node:fs';
import { errnoOf } from './errors.js';
import {
  O_PATH,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  openAt,
  openat2,
} from './syscalls.js';

/** The kernel takes paths up to 4,096 bytes; longer ones go in several steps. */
const MAX_STEP_BYTES = 4000;
const RACE_RETRIES = 100;

export interface BeneathOptions {
  /** Refuse (EXDEV) to enter another file system. Only with openat2; walkers compare st_dev too. */
  isStayingOnDevice?: boolean;
}

let isOpenat2Missing: boolean | undefined;

/** Whether the kernel lacks openat2 (or a seccomp filter hides it). */
function lacksOpenat2(): boolean {
  if (isOpenat2Missing === undefined) {
    try {
      closeSync(openat2(-100, '.', O_PATH, 0));
      isOpenat2Missing = false;
    } catch (error) {
      const code = errnoOf(error);
      isOpenat2Missing = code === 'ENOSYS' || code === 'EPERM';
    }
  }
  return isOpenat2Missing;
}

/** For tests: take the path that kernels without openat2 take. */
export function pretendOpenat2IsMissing(isMissing: boolean): void {
  isOpenat2Missing = isMissing ? true : undefined;
}

/**
 * Opens `path` (bytes, relative, '' for the directory itself) beneath `rootFd`.
 * Throws ELOOP or ENOTDIR for a symlink on the way, EXDEV for an escape, ENOENT as ever.
 */
export function openBeneath(
  rootFd: number,
  path: string,
  flags: number,
  options: BeneathOptions = {},
): number {
  const steps = splitSteps(path, lacksOpenat2());
  let fd = rootFd;
  try {
    for (const [index, step] of steps.entries()) {
      const isLast = index === steps.length - 1;
      const stepFlags = isLast ? flags : O_PATH | constants.O_DIRECTORY;
      const next = openStep(fd, step, stepFlags | constants.O_NOFOLLOW, options);
      if (fd !== rootFd) closeSync(fd);
      fd = next;
    }
    return fd;
  } catch (error) {
    if (fd !== rootFd) closeSync(fd);
    throw error;
  }
}

function openStep(fd: number, step: string, flags: number, options: BeneathOptions): number {
  if (lacksOpenat2()) return openAt(fd, step, flags);
  const resolve =
    RESOLVE_BENEATH |
    RESOLVE_NO_MAGICLINKS |
    RESOLVE_NO_SYMLINKS |
    (options.isStayingOnDevice === true ? RESOLVE_NO_XDEV : 0);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return openat2(fd, step, flags, resolve);
    } catch (error) {
      // The kernel answers EAGAIN when a rename ran while it looked.
      if (errnoOf(error) !== 'EAGAIN' || attempt >= RACE_RETRIES) throw error;
    }
  }
}

function splitSteps(path: string, isOneByOne: boolean): string[] {
  if (path === '') return ['.'];
  const components = path.split('/');
  if (components.some((name) => name === '' || name === '.' || name === '..')) {
    throw new Error(`Not a plain relative path: ${JSON.stringify(path)}`);
  }
  if (isOneByOne) return components;
  if (path.length <= MAX_STEP_BYTES) return [path];
  const steps: string[] = [];
  let step = '';
  for (const name of components) {
    const longer = step === '' ? name : `${step}/${name}`;
    if (longer.length > MAX_STEP_BYTES) {
      steps.push(step);
      step = name;
    } else {
      step = longer;
    }
  }
  steps.push(step);
  return steps;
}
