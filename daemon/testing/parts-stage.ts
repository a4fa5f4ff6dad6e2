/** An account with everything that a panel may name besides its home, each in a folder of its own. */
import { chmodSync, chownSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { PartsRequest } from '../engine/parts/parts-of-account.js';
import type { BackupRequest, RestoreRequest, SnapshotSummary } from '../engine/types.js';
import { EngineHarness } from './engine-harness.js';
import { tempDir } from './temp-dir.js';

/** Of the mail system, as on a Plesk server. */
export const MAIL_UID = 4_101;
export const MBOX_UID = 4_102;
export const ACCOUNT_UID = 4_100;

export class PartsStage {
  private last: SnapshotSummary | undefined;
  private now = Date.now() + 3_600_000;

  private constructor(
    readonly place: string,
    readonly harness: EngineHarness,
    readonly parts: PartsRequest,
  ) {
    harness.now = () => new Date(this.now);
  }

  static async make(
    account: { uid: number; gid: number } = { uid: ACCOUNT_UID, gid: ACCOUNT_UID },
  ): Promise<PartsStage> {
    const place = await tempDir();
    chmodSync(place, 0o755);
    const home = join(place, 'home');
    mkdirSync(home);
    chownSync(home, account.uid, account.gid);
    const harness = await EngineHarness.make(place, { home, ...account });
    const stage = new PartsStage(place, harness, partsAt(place));
    stage.fill();
    return stage;
  }

  path(name: string): string {
    return join(this.place, name);
  }

  write(name: string, content: string | Buffer, uid = 0, mode = 0o640): void {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    chownSync(path, uid, uid);
  }

  folder(name: string, uid: number): void {
    mkdirSync(this.path(name), { recursive: true });
    chownSync(this.path(name), uid, uid);
  }

  /** The next day. */
  async backup(changes: Partial<BackupRequest> = {}): Promise<SnapshotSummary> {
    const before = this.last && { snapshotKey: this.harness.keyOf(this.last.id), expiringArchives: [] }; // prettier-ignore
    const isIncremental = changes.structure === 'incremental';
    this.now += 86_400_000;
    const parent = isIncremental ? before : undefined;
    this.last = await this.harness.backup({ parts: this.parts, parent, ...changes });
    return this.last;
  }

  /** Everything in a new directory. */
  async restored(snapshotId: string, changes: Partial<RestoreRequest> = {}): Promise<string> {
    const path = this.path(`restored-${snapshotId}`);
    mkdirSync(path);
    const target = { place: 'directory', path, mode: 'overlay' } as const;
    const report = await this.harness.restore(snapshotId, { target, ...changes });
    if (report.state !== 'complete') throw new Error(JSON.stringify(report.problems));
    return path;
  }

  private fill(): void {
    const { uid } = this.harness.account;
    this.folder('home/mail', uid);
    for (const name of ['', '/cur', '/new', '/tmp', '/.Sent', '/.Sent/cur']) {
      this.folder(`home/mail/alice${name}`, uid);
      this.folder(`vmail/bob/Maildir${name}`, MAIL_UID);
    }
    this.write('home/index.html', 'hello', uid);
    this.write('home/mail/alice/cur/1:2,S', 'Subject: at home\n', uid, 0o600);
    for (let i = 0; i < 30; i += 1) {
      this.write(
        `vmail/bob/Maildir/cur/${String(i)}:2,S`,
        `Subject: ${String(i)}\n`,
        MAIL_UID,
        0o600,
      );
    }
    this.write(
      'vmail/bob/Maildir/.Sent/cur/large:2,S',
      randomBytes(3 * 1024 * 1024),
      MAIL_UID,
      0o600,
    );
    linkSync(this.path('vmail/bob/Maildir/cur/1:2,S'), this.path('vmail/bob/Maildir/new/again'));
    this.write('spool/carol', 'From carol\n\nHello\n', MBOX_UID, 0o660);
    this.write('named/example.com.db', '$TTL 300\n@ IN SOA a. b. 1 2 3 4 5\n');
    this.write('ssl/example.com.key', 'PRIVATE\n', 0, 0o600);
    this.write('ssl/example.com.crt', 'PUBLIC\n', 0, 0o644);
    this.write('crontabs/alice', '0 * * * * true\n', uid, 0o600);
    this.write('panel/users/alice', 'DOMAIN=example.com\n');
    this.write('panel/data/alice/main', 'main\n');
    this.write('panel/data/alice/more/sub', 'sub\n');
  }
}

function partsAt(place: string): PartsRequest {
  return {
    mailboxes: [
      { address: 'alice@example.com', path: join(place, 'home/mail/alice') },
      { address: 'bob@example.com', path: join(place, 'vmail/bob/Maildir') },
      { address: 'carol@example.com', path: join(place, 'spool/carol') },
    ],
    zones: [{ domain: 'example.com', path: join(place, 'named/example.com.db') }],
    certificates: [
      {
        domain: 'example.com',
        paths: ['key', 'crt'].map((ending) => join(place, `ssl/example.com.${ending}`)),
      },
    ],
    crontab: join(place, 'crontabs/alice'),
    ftpAccounts: [{ user: 'alice_ftp', home: join(place, 'home'), passwordHash: '$6$salt$hash' }],
    panelFiles: [join(place, 'panel/users/alice'), join(place, 'panel/data/alice')],
  };
}
