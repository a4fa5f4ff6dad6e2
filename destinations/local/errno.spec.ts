import { describe, expect, it } from 'vitest';
import { cancelled } from '../../daemon/platform/errors.js';
import { fromErrno } from './errno.js';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'write', errno: -1 });
}

describe('system errors', () => {
  it.each([
    ['ENOSPC', 'destination.full', false],
    ['EDQUOT', 'destination.full', false],
    ['EACCES', 'destination.denied', false],
    ['EPERM', 'destination.denied', false],
    ['EROFS', 'destination.denied', false],
    ['ENOENT', 'destination.unreachable', false],
    ['EIO', 'destination.unreachable', true],
    ['ESTALE', 'destination.unreachable', true],
    ['EMFILE', 'destination.unreachable', true],
    ['ENOTDIR', 'destination.misconfigured', false],
    ['EWHATEVER', 'destination.unreachable', false],
  ])('%s is %s, retryable: %s', (errno, code, isRetryable) => {
    const error = fromErrno(systemError(errno), 'Storing a in /backup');
    expect(error).toMatchObject({ kind: 'destination', code, isRetryable, details: { errno } });
    expect(error).toMatchObject({
      message: expect.stringMatching(
        new RegExp(`^Storing a in /backup failed \\(${errno}\\): .+\\.$`),
      ) as unknown,
    });
  });

  it('leaves all other errors as they are', () => {
    const own = new Error('of the body');
    const ofNode = Object.assign(new TypeError('bad'), { code: 'ERR_INVALID_ARG_TYPE' });
    const stopped = cancelled('This');
    for (const error of [own, ofNode, stopped, 'text', undefined]) {
      expect(fromErrno(error, 'x')).toBe(error);
    }
  });
});
