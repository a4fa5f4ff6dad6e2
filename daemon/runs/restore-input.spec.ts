import { describe, expect, it } from 'vitest';
import { downloadInput, pathRef, restoreInput } from './restore-input.js';

function problemsOf(input: unknown): string[] {
  const result = restoreInput.safeParse(input);
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'));
}

describe('restoreInput', () => {
  it('means an overlay of everything when nothing is given', () => {
    expect(restoreInput.parse({})).toEqual({
      paths: [],
      items: [],
      mode: 'overlay',
      beside: false,
      withoutSafety: false,
      accept: [],
    });
  });

  it.each<[unknown, string[]]>([
    [{ mode: 'mirror', confirm: 'shop' }, []],
    [{ to: '/srv/x', mode: 'mirror' }, []],
    [{ to: 'srv/x' }, ['to']],
    [{ to: '/srv/x', beside: true }, ['beside']],
    [{ to: '/srv/x', intoAccount: 'bob' }, ['intoAccount']],
    [{ intoAccount: 'bob', beside: true, accept: ['known'] }, []],
    [{ accept: [''] }, ['accept.0']],
    [{ mode: 'mirror', beside: true }, ['mode']],
    [{ mode: 'merge' }, ['mode']],
    [{ items: ['files', 'mail'] }, ['items.1']],
    [{ items: ['cron', 'ftp', 'zone:example.com', 'certificate:*.example.com'] }, []],
    [{ items: ["mailbox:o'neil+x@example.com", 'mailbox:'] }, ['items.1']],
    [{ items: ['cron:x', 'zone:a\nb'] }, ['items.0', 'items.1']],
    [{ paths: [''] }, ['paths.0']],
    [{ paths: ['homedir/../../etc'] }, ['paths.0']],
    [{ path: 'homedir' }, ['']],
  ])('%j has problems at %j', (input, fields) => {
    expect(problemsOf(input)).toEqual(fields);
  });

  it('normalises the directory', () => {
    expect(restoreInput.parse({ to: '/srv//x/../y' }).to).toBe('/srv/y');
  });
});

describe('pathRef', () => {
  it.each([
    ['homedir/public_html/', 'homedir/public_html'],
    ['/homedir/a b\n?*', 'homedir/a b\n?*'],
    ['', ''],
    ['base64:aG9tZWRpci//', 'base64:aG9tZWRpci//'],
    ['base64:aG9tZWRpcg==', 'homedir'],
  ])('%j is %j', (given, reference) => {
    expect(pathRef.parse(given)).toBe(reference);
  });

  it.each(['a/../b', '..', './a', 'a//b', 'a/.', 'a\0b', 'base64:%%', 'base64:Li4vYQ=='])(
    'refuses %j',
    (given) => {
      expect(pathRef.safeParse(given).success).toBe(false);
    },
  );
});

describe('downloadInput', () => {
  it('knows nothing of targets', () => {
    expect(downloadInput.safeParse({ mode: 'mirror' }).success).toBe(false);
    expect(downloadInput.parse({ paths: ['homedir'] })).toEqual({
      paths: ['homedir'],
      items: [],
      accept: [],
      format: 'own',
    });
  });
});
