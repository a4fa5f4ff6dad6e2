import { describe, expect, it } from 'vitest';
import { isTooOld, parseRsync, senderOptions, serverOptions } from './rsync-options.js';

const NEW = `rsync  version 3.5.0  protocol version 32
Capabilities:
    64-bit files, hardlink-symlinks, IPv6, atimes, inplace, append, ACLs,
    ACL-at, xattrs, optional secluded-args`;
const OLD = `rsync  version 3.1.0  protocol version 31
Capabilities:
    64-bit files, no ACLs, no xattrs, iconv, symtimes`;

function parsed(text: string): NonNullable<ReturnType<typeof parseRsync>> {
  const rsync = parseRsync(text);
  if (rsync === undefined) throw new Error(text);
  return rsync;
}

describe('what rsync says of itself', () => {
  it('is its version and what it can copy', () => {
    expect(parseRsync(NEW)).toEqual({ version: '3.5.0', hasAcls: true, hasXattrs: true });
    expect(parseRsync(OLD)).toEqual({ version: '3.1.0', hasAcls: false, hasXattrs: false });
    expect(parseRsync('sh: 1: rsync: not found')).toBeUndefined();
  });

  it.each([
    ['2.6.9', true],
    ['3.0.9', true],
    ['3.1.0', false],
    ['3.10.1', false],
    ['4.0', false],
  ])('%s is too old: %s', (version, expected) => {
    expect(isTooOld({ version, hasAcls: true, hasXattrs: true })).toBe(expected);
  });
});

describe('options of the sender', () => {
  const near = parsed(NEW);
  const plain = { near, far: near, isFarRoot: true, bytesPerSecond: undefined };

  it('never follow, delete, overwrite or compare with other trees', () => {
    for (const kind of ['files', 'others', 'folders', 'attributes'] as const) {
      const options = senderOptions({ ...plain, kind }).join(' ');
      expect(options).not.toMatch(/link-dest|delete|inplace|append|recursive|^-\w*[rLkKu]/);
    }
  });

  it('copy links only where nothing follows them', () => {
    expect(senderOptions({ ...plain, kind: 'files' })[0]).toBe('-ptgSoAX');
    expect(senderOptions({ ...plain, kind: 'others' })[0]).toBe('-ptgSoAXl');
  });

  it('leave out what one side does not know', () => {
    const options = senderOptions({ ...plain, kind: 'files', far: parsed(OLD) });
    expect(options[0]).toBe('-ptgSo');
  });

  it('let an account that is not root read its own files, and give nobody its rights', () => {
    const options = senderOptions({ ...plain, kind: 'others', isFarRoot: false });
    expect(options).toContain('--chmod=Du+rwx,Fu+r,ug-s');
    expect(options).not.toContain('--devices');
    expect(options[0]).not.toContain('o');
  });

  it('compare times exactly where both sides can', () => {
    const known = (version: string): boolean => {
      const far = { ...near, version };
      return senderOptions({ ...plain, kind: 'folders', far }).includes('--modify-window=-1');
    };
    expect(['3.1.2', '3.1.3', '3.2', '3.5.0'].map(known)).toEqual([false, true, true, true]);
  });

  it('keep to the limit of bandwidth', () => {
    const options = senderOptions({ ...plain, kind: 'files', bytesPerSecond: 2_000_000 });
    expect(options).toContain('--bwlimit=1953');
  });
});

describe('what the sender wants to be run', () => {
  const good = [
    'rsync',
    '--server',
    '-ogtpAXRSe.LsfxCIvu',
    '--timeout=600',
    '--numeric-ids',
    '.',
    '.',
  ];

  it('is run when it is what follows from its options', () => {
    expect(serverOptions(good)).toEqual(good.slice(1));
    const old = ['rsync', '--server', '-ogtpRSe.LsfxC', '--numeric-ids', '.', '.'];
    expect(serverOptions(old)).toEqual(old.slice(1));
  });

  it.each([
    [['sh', ...good.slice(1)]],
    [['rsync', '--server', '--sender', ...good.slice(2)]],
    [['rsync', '--server', '-ogtpAXRSe.LsfxCIvu;id', '.', '.']],
    [['rsync', '--server', '-ogtpre.Ls', '.', '.']],
    [['rsync', '--server', '-ogtpe.Ls', '--delete', '.', '.']],
    [['rsync', '--server', '-ogtpe.Ls', '--log-file=/etc/x', '.', '.']],
    [['rsync', '--server', '-ogtpe.Ls', '.', '/etc']],
    [[]],
  ])('is refused otherwise: %j', (asked) => {
    expect(() => serverOptions(asked)).toThrow(/not what it was told; install another version/);
  });
});
