import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.js';
import { AppError, type Problem } from './errors.js';
import { OWNER_NOTICES } from './owner-notices.js';

const machine = { cores: 4, hostname: 'web1.example.com', timeZone: 'Europe/Berlin' };

function parse(text: string, env: Record<string, string> = {}) {
  return parseConfig({ file: '/etc/holdfast/config.yaml', text, env }, machine).config;
}

function problemsOf(text: string, env: Record<string, string> = {}): Problem[] {
  try {
    parse(text, env);
  } catch (error) {
    if (error instanceof AppError) return error.details['problems'] as Problem[];
    throw error;
  }
  return [];
}

describe('parseConfig', () => {
  it('needs nothing: every key has a default', () => {
    expect(parse('')).toEqual({
      server: { name: 'web1.example.com' },
      panel: { host: '127.0.0.1', port: 3035, enabled: true },
      accounts: {
        source: 'auto',
        uidMin: 1000,
        uidMax: 59_999,
        mayRecreate: false,
        resellersOverSocket: false,
      },
      queue: { concurrency: 4, nice: 10, ioClass: 'best-effort', ioLevel: 7 },
      backup: {
        compressionLevel: 4,
        threads: 4,
        retries: 1,
        retryDelaySeconds: 30,
        crossMounts: false,
        maxDeadPercent: 30,
      },
      schedule: { timeZone: 'Europe/Berlin', driver: 'internal' },
      databases: { mariadb: 'auto', postgresql: 'auto', byPrefix: true },
      auth: { requireTotp: 'none' },
      downloads: {
        keepHours: 24,
        linkHours: 24,
        maxBytes: 50_000_000_000,
        minFreeBytes: 1_000_000_000,
      },
      history: { keepDays: 365 },
      restore: {
        safetyDays: 7,
        tenantRestores: 20,
        tenantDownloads: 50,
        tenantHours: 24,
      },
      retention: { floorDays: 1, graceDays: 1, accountLocks: 3 },
      notices: {
        ...{
          language: 'en',
          jobDays: 1,
          runHours: 24,
          runFactor: 3,
          diskPercent: 90,
          accountDays: 3,
        },
        ...{ probeMinutes: 15, perHour: 20, ownerKinds: [...OWNER_NOTICES] },
      },
      prune: { minAgeHours: 24, alarmDays: 7 },
      log: { level: 'info' },
      sandbox: false,
    });
  });

  it('takes the file over the defaults and the environment over the file', () => {
    const config = parse('panel:\n  port: 8080\n  host: 0.0.0.0\nqueue:\n  concurrency: 1\n', {
      HOLDFAST_PANEL_PORT: '9090',
      HOLDFAST_SANDBOX: 'true',
      HOLDFAST_BACKUP_COMPRESSION_LEVEL: '9',
      HOLDFAST_PANEL_TLS_CERT_FILE: '/c.pem',
      HOLDFAST_PANEL_TLS_KEY_FILE: '/k.pem',
      HOLDFAST_HOME: '/srv/one',
      PATH: '/usr/bin',
    });
    expect(config.panel).toEqual({
      host: '0.0.0.0',
      port: 9090,
      enabled: true,
      tls: { certFile: '/c.pem', keyFile: '/k.pem' },
    });
    expect(config.queue.concurrency).toBe(1);
    expect(config.sandbox).toBe(true);
    expect(config.backup.compressionLevel).toBe(9);
  });

  it('leaves texts as they are, even those that look like numbers', () => {
    expect(parse('', { HOLDFAST_SERVER_NAME: '007' }).server.name).toBe('007');
    expect(parse('', { HOLDFAST_LOG_LEVEL: 'debug' }).log.level).toBe('debug');
  });

  it('takes an empty section or key for its default', () => {
    expect(parse('panel:\nqueue:\n  nice:\n').queue.nice).toBe(10);
  });

  it('counts relative paths from the directory of the file', () => {
    const config = parse('accounts: {source: directory, file: accounts.yaml}');
    expect(config.accounts.file).toBe('/etc/holdfast/accounts.yaml');
    const { tls } = parse('panel: {tls: {certFile: c.pem, keyFile: ../k.pem}}').panel;
    expect(tls).toEqual({ certFile: '/etc/holdfast/c.pem', keyFile: '/etc/k.pem' });
  });

  it('cannot be changed afterwards', () => {
    const config = parse('');
    expect(Object.isFrozen(config) && Object.isFrozen(config.panel)).toBe(true);
  });
});

describe('problems', () => {
  it('are all told at once, each with its key', () => {
    const problems = problemsOf(
      'panel: {port: 99999, prot: 1}\nqueue: {nice: -5}\nbackpu: {}\naccounts: {source: directory}\n',
      { HOLDFAST_LOG_LEVEL: 'loud', HOLDFAST_PANEL_PROT: '1' },
    );
    expect(problems.map((problem) => problem.field).sort()).toEqual([
      'HOLDFAST_LOG_LEVEL',
      'HOLDFAST_PANEL_PROT',
      'accounts.file',
      'backpu',
      'panel.port',
      'panel.prot',
      'queue.nice',
    ]);
  });

  it('are in the message, one a line', () => {
    expect(() => parse('panel: {port: x}\nqueue: {nice: x}')).toThrow(
      /has 2 problems:\n {2}panel\.port: .*\n {2}queue\.nice: /,
    );
  });

  it.each([
    ['schedule: {timeZone: Berlin}', {}, 'schedule.timeZone', 'must name a time zone'],
    ['panel: {prot: 1}', {}, 'panel.prot', 'did you mean "port"?'],
    ['panle: {}', {}, 'panle', 'did you mean "panel"?'],
    ['backup: {compression_level: 1}', {}, 'backup.compression_level', '"compressionLevel"?'],
    ['panel: {tls: {cert: a, keyFile: b}}', {}, 'panel.tls.cert', 'is not a known key'],
    [
      'restore: {tenantItems: [files]}',
      {},
      'restore.tenantItems',
      'holdfast permission set restore.mailbox yes',
    ],
    [
      'restore: {tenantsMaySkipSafety: true}',
      {},
      'restore.tenantsMaySkipSafety',
      'holdfast permission set restore.without-safety yes',
    ],
    ['', { HOLDFAST_PANEL_PRT: '1' }, 'HOLDFAST_PANEL_PRT', 'did you mean HOLDFAST_PANEL_PORT?'],
  ])('of an unknown key guess what was meant: %s %j', (text, env, field, hint) => {
    const found = problemsOf(text, env).find((problem) => problem.field === field);
    expect(found?.message).toContain(hint);
  });

  it('of an unknown key make no wild guess', () => {
    expect(problemsOf('zebra: 1')).toEqual([{ field: 'zebra', message: 'is not a known key' }]);
  });

  it.each([
    'panel: [',
    'panel: {}\npanel: {}',
    '- a\n- b',
    'just text',
    'panel: 5',
    'a: &a [1]\npanel: {host: *a}',
  ])('of broken YAML are problems too: %j', (text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
  });

  it.each([
    ['accounts: {uidMin: 2000, uidMax: 1000}', 'accounts.uidMin'],
    ['panel: {publicUrl: "javascript:alert(1)"}', 'panel.publicUrl'],
    ['backup: {threads: 0}', 'backup.threads'],
    ['sandbox: maybe', 'sandbox'],
    ['panel: {port: 80.5}', 'panel.port'],
  ])('of values: %s', (text, field) => {
    expect(problemsOf(text).map((problem) => problem.field)).toEqual([field]);
  });
});
