import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { NASTY, RAW } from '../testing/hostile-rows.js';
import { AppError } from './errors.js';
import { createLogger, type Logger } from './logger.js';
import { nestLogger } from './nest-logger.js';
import { Secret } from './secret.js';

function capture(level = 'trace') {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const logger: Logger = createLogger({ level, destination });
  const last = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
  return { logger, lines, last };
}

describe('createLogger', () => {
  it('writes one JSON object a line, with an ISO time and the level as a word', () => {
    const { logger, last } = capture();
    logger.info({ account: 'alice' }, 'Backed up.');
    expect(last()).toMatchObject({ level: 'info', account: 'alice', msg: 'Backed up.' });
    expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('writes no character that moves a cursor or turns text round', () => {
    const { logger, lines, last } = capture();
    logger.child({ run: NASTY }).warn({ err: new Error(NASTY), name: NASTY }, NASTY);
    logger.warn({ [NASTY]: new AppError('input', NASTY, NASTY, { details: { NASTY } }) }, NASTY);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(RAW.exec(line.trimEnd())).toBeNull();
    expect(last()['msg']).toBe(NASTY);
  });

  it('leaves out what is below its level', () => {
    const { logger, lines } = capture('warn');
    logger.info('quiet');
    expect(lines).toEqual([]);
  });

  it.each([
    [{ password: 'hunter2' }],
    [{ a: { b: { smtpPassword: 'hunter2' } } }],
    [{ list: [{ token: 'hunter2' }, { csrfToken: 'hunter2' }] }],
    [{ headers: { authorization: 'hunter2', cookie: 'hunter2' } }],
    [{ secretAccessKey: 'hunter2', signingKeyPem: 'hunter2' }],
    [{ anything: new Secret('hunter2') }],
    [{ err: new AppError('source', 'a.b', 'm', { details: { passphrase: 'hunter2' } }) }],
    [{ url: 'sftp://bob:hunter2@backup.example.com/x' }],
    [{ url: 'https://panel.example.com/x?token=hunter2&a=b' }],
    [{ line: 'Authorization: Bearer hunter2hunter2' }],
    [{ url: '/link/hunter2hunter2hunter2' }],
    [{ pem: '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n' }],
  ])('masks %j', (fields) => {
    const { logger, lines, last } = capture();
    logger.info(fields, 'message');
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('')).toContain('[secret]');
    expect(last()['msg']).toBe('message');
  });

  it('masks in the message, in bindings and in the causes of errors', () => {
    const { logger, lines } = capture();
    logger.info('rsync to ssh://bob:hunter2@host failed');
    logger.child({ token: 'hunter2' }).info('child');
    const cause = new Error('https://bob:hunter2@host refused');
    logger.error({ err: new Error('outer', { cause }) }, 'failed');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('hunter2');
  });

  it('does not mask what is no secret', () => {
    const { logger, last } = capture();
    logger.info({ tokens: 3, path: '/home/a:b@c', snapshotKey: 'a/b.json', at: new Date(0) }, 'm');
    expect(last()).toMatchObject({
      tokens: 3,
      path: '/home/a:b@c',
      snapshotKey: 'a/b.json',
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  it('tells an expected error without its stack and a bug with it', () => {
    const { logger, last } = capture();
    logger.warn({ err: new AppError('destination', 'destination.full', 'The disk is full.') });
    expect(last()['err']).toEqual({
      kind: 'destination',
      code: 'destination.full',
      message: 'The disk is full.',
      details: {},
    });
    logger.error({ err: new TypeError('x is not a function') });
    expect(last()['err']).toMatchObject({ type: 'TypeError', stack: expect.any(String) as string });
  });

  it('survives deep and circular values', () => {
    const { logger, last } = capture();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    logger.info({ circle }, 'm');
    expect(last()['msg']).toBe('m');
  });
});

describe('nestLogger', () => {
  it('turns what Nest says into lines with a context', () => {
    const { logger, last } = capture();
    const nest = nestLogger(logger);
    nest.log('Mapped {/api}', 'RouterExplorer');
    expect(last()).toMatchObject({ level: 'debug', context: 'RouterExplorer' });
    nest.error(new Error('boom'), 'Injector');
    expect(last()).toMatchObject({ level: 'error', msg: 'boom', context: 'Injector' });
  });
});
