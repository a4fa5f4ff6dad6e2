/** Mail, cron, zones and certificates of an account, from its source to the download, by the command. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SnapshotDetailView } from './api/snapshot-detail-view.js';
import type { EntriesView, PreviewView, RunDetailView, SnapshotView } from './api/views.js';
import { openCliStage, type CliStage } from './testing/cli-stage.js';
import { ANNA_UID } from './testing/test-daemon.js';

let stage: CliStage;
let snapshotId: string;

function prepare(directory: string): Promise<void> {
  const home = join(directory, 'homes/anna');
  const path = (name: string): string => join(directory, name);
  for (const box of ['homes/anna/mail', 'vmail/info']) {
    mkdirSync(path(`${box}/cur`), { recursive: true });
    writeFileSync(path(`${box}/cur/1`), `Subject: ${box}\n`);
    const made = [box, `${box}/cur`, `${box}/cur/1`];
    for (const name of made) chownSync(path(name), ANNA_UID, ANNA_UID);
  }
  writeFileSync(path('crontab'), '@daily true\n');
  writeFileSync(path('example.com.db'), '$TTL 300\n');
  writeFileSync(path('key.pem'), 'KEY\n');
  const anna = {
    name: 'anna',
    home,
    databases: [],
    crontab: path('crontab'),
    mailboxes: [
      { address: 'anna@example.com', path: join(home, 'mail') },
      { address: 'info@example.com', path: path('vmail/info') },
    ],
    zones: [{ domain: 'example.com', path: path('example.com.db') }],
    certificates: [{ domain: 'example.com', paths: [path('key.pem')] }],
    ftpAccounts: [{ user: 'anna_ftp', home }],
  };
  writeFileSync(path('accounts.yaml'), stringify({ accounts: [anna] }));
  return Promise.resolve();
}

beforeAll(async () => {
  stage = await openCliStage(prepare);
  await stage.json('job', 'run', 'nightly', '--wait');
  const [snapshot] = await stage.json<SnapshotView[]>('snapshot', 'list', '--account', 'anna');
  snapshotId = snapshot?.id ?? '';
});

afterAll(() => stage.close());

/** What a download of an item holds, by name. */
async function downloaded(item: string): Promise<string[]> {
  const output = join(stage.directory, `${item.replace(/\W/g, '-')}.tar.gz`);
  await stage.json('download', snapshotId, '--item', item, '--output', output);
  return execFileSync('tar', ['tzf', output]).toString().trim().split('\n').sort();
}

describe('an account with mail, cron, DNS and certificates', () => {
  it('has them as items of its snapshot', async () => {
    const detail = await stage.json<SnapshotDetailView>('snapshot', 'show', snapshotId);
    expect(detail.leftOut).toEqual([]);
    expect(detail.snapshot.state).toBe('complete');
    expect(detail.items.map(({ name }) => name).sort()).toEqual([
      'certificate:example.com', 'config', 'cron', 'files', 'ftp', 'mailbox:anna@example.com',
      'mailbox:info@example.com', 'zone:example.com',
    ]); // prettier-ignore
  });

  it('has them among the folders of its snapshot', async () => {
    const names = async (path: string[]): Promise<string[]> => {
      const { entries } = await stage.json<EntriesView>('snapshot', 'browse', snapshotId, ...path);
      return entries.map((entry) => entry.path);
    };
    expect(await names([])).toEqual(['certificates', 'config', 'cron', 'ftp', 'homedir', 'mail', 'zones']); // prettier-ignore
    expect(await names(['mail'])).toEqual(['mail/info@example.com']);
  });

  it('gets each in a download of its own', async () => {
    expect(await downloaded('mailbox:info@example.com')).toEqual([
      'HOLDFAST-MANIFEST.jsonl',
      'HOLDFAST-README.txt',
      'HOLDFAST-SHA256SUMS',
      'mail/info@example.com/',
      'mail/info@example.com/cur/',
      'mail/info@example.com/cur/1',
    ]);
    expect(await downloaded('mailbox:anna@example.com')).toContain('homedir/mail/cur/1');
    expect(await downloaded('certificate:example.com')).toContain(
      'certificates/example.com/key.pem',
    );
    const zone = join(stage.directory, 'zone');
    await stage.json('download', snapshotId, '--item', 'zone:example.com', '--output', zone);
    expect(readFileSync(zone, 'utf8')).toBe('$TTL 300\n');
  });

  it('gets its crontab and a zone back, and as they were by an undo', async () => {
    const path = (name: string): string => join(stage.directory, name);
    writeFileSync(path('example.com.db'), 'mine\n', { mode: 0o640 });
    rmSync(path('crontab'));
    const chosen = ['--item', 'cron', '--item', 'zone:example.com'];
    const preview = await stage.json<PreviewView>('restore', snapshotId, ...chosen, '--preview');
    expect(preview.changes.map((change) => [change.action, change.path])).toEqual([
      ['created', 'cron/crontab'],
      ['replaced', 'zones/example.com.zone'],
    ]);
    const run = await stage.json<RunDetailView>('restore', snapshotId, ...chosen, '--wait');
    expect(run.tasks.map(({ state }) => state)).toEqual(['complete']);
    expect(readFileSync(path('crontab'), 'utf8')).toBe('@daily true\n');
    expect(statSync(path('crontab'))).toMatchObject({ uid: ANNA_UID, mode: 0o100600 });
    expect(readFileSync(path('example.com.db'), 'utf8')).toBe('$TTL 300\n');
    await stage.json('undo', String(run.run.id), '--wait');
    expect(existsSync(path('crontab'))).toBe(false);
    expect(readFileSync(path('example.com.db'), 'utf8')).toBe('mine\n');
  });

  it('gets a mailbox of the home back by its name', async () => {
    const mail = join(stage.directory, 'homes/anna/mail/cur/1');
    writeFileSync(mail, 'spoilt');
    await stage.json('restore', snapshotId, '--item', 'mailbox:anna@example.com', '--wait');
    expect(readFileSync(mail, 'utf8')).toBe('Subject: homes/anna/mail\n');
  });
});
