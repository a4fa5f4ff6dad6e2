/**
 * A real OpenSSH server on a loopback port, in a private directory, with a host key, an account and
 * two client keys of its own. Only root can start one; everything it made is removed by `stop`, and
 * what a killed test left behind by the next start.
 *
 * - `shell`: the account may do everything; files are served by the sftp-server program.
 * - `chroot`: SFTP only, locked into a directory, like a storage box.
 * - `plain`: the same with nothing of OpenSSH's own beyond SFTP version 3.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needsRoot, needsTool } from '../tools.js';
import { removeTempDir } from '../temp-dir.js';

const SSHD = '/usr/sbin/sshd';
const SFTP_SERVER = '/usr/lib/openssh/sftp-server';
/** Not below /tmp: sshd wants every directory above a chroot to be writable by root only. */
const PLACE = '/var/lib';
const EXTENSIONS = 'posix-rename,hardlink,fsync,statvfs,fstatvfs,limits';
const USER = /^hftest(\d+)x/;
const DIRECTORY = /^holdfast-test-sshd-(\d+)-/;
const execFileAsync = promisify(execFile);

export type SshdFlavour = 'shell' | 'chroot' | 'plain';

/** For `describe.skipIf(!canRunSshd())`. */
export function canRunSshd(): boolean {
  return needsTool('sshd', 'ssh-keygen', 'useradd', 'chpasswd') && needsRoot();
}

export interface SshdServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** OpenSSH format, without a passphrase. */
  readonly privateKey: string;
  /** The same right to enter, protected by `passphrase`. */
  readonly lockedKey: string;
  readonly passphrase: string;
  /** `SHA256:…` of the ed25519 host key. */
  readonly hostKey: string;
  /** The same of its other host key. */
  readonly ecdsaHostKey: string;
  /** Where the account may write, as the server's own file system calls it. */
  readonly directory: string;
  /** The same as clients call it. */
  readonly path: string;
  /** Lets another client key in, besides those above. */
  allowKey(line: string): void;
  /** Processes of the sessions under way: those that serve clients, not the listener. */
  sessionPids(): number[];
  /** Attempts to sign in, good or bad, since it started to listen. */
  signIns(): number;
  /** Sends a signal to all of them. */
  signalSessions(signal: NodeJS.Signals): void;
  /** Stops listening and starts again on the same port with another host key. */
  changeHostKey(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSshd(flavour: SshdFlavour): Promise<SshdServer> {
  await removeLeftovers();
  const home = await mkdtemp(join(PLACE, `holdfast-test-sshd-${process.pid}-`));
  const server = new RealSshd(flavour, home);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

class RealSshd implements SshdServer {
  port = 0;
  readonly user = `hftest${process.pid}x${randomBytes(2).toString('hex')}`;
  readonly password = randomBytes(12).toString('hex');
  readonly passphrase = randomBytes(12).toString('hex');
  privateKey = '';
  lockedKey = '';
  hostKey = '';
  ecdsaHostKey = '';
  readonly directory: string;
  readonly path: string;
  #process: ChildProcess | undefined;
  #log = '';

  constructor(
    private readonly flavour: SshdFlavour,
    private readonly home: string,
  ) {
    this.directory = join(home, 'root/backup');
    this.path = flavour === 'shell' ? this.directory : '/backup';
  }

  async start(): Promise<void> {
    for (const directory of ['/run/sshd', join(this.home, 'root/backup')]) {
      mkdirSync(directory, { recursive: true, mode: 0o755 });
    }
    execFileSync('chmod', ['755', this.home]);
    this.#addUser();
    await this.#makeKeys();
    this.port = await freePort();
    await this.#listen();
  }

  allowKey(line: string): void {
    writeFileSync(join(this.home, 'authorized_keys'), `${line}\n`, { flag: 'a' });
  }

  sessionPids(): number[] {
    return this.#process?.pid === undefined ? [] : descendantsOf(this.#process.pid);
  }

  signIns(): number {
    return this.#log.match(/^(Accepted|Failed) /gm)?.length ?? 0;
  }

  signalSessions(signal: NodeJS.Signals): void {
    for (const pid of this.sessionPids()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended meanwhile.
      }
    }
  }

  async changeHostKey(): Promise<void> {
    await this.#end();
    await this.#makeHostKey();
    await this.#listen();
  }

  async stop(): Promise<void> {
    await this.#end();
    removeUser(this.user);
    await removeTempDir(this.home);
  }

  async #end(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.signalSessions('SIGKILL');
    const ended = new Promise((resolve) => running.once('exit', resolve));
    if (running.exitCode === null && running.kill('SIGKILL')) await ended;
    this.#process = undefined;
  }

  #addUser(): void {
    const options = ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/bin/sh'];
    command('useradd', ['--system', '--user-group', ...options, this.user]);
    // With a method of its own chpasswd does without PAM, which containers may lack.
    command('chpasswd', ['--crypt-method', 'SHA512'], `${this.user}:${this.password}\n`);
    const uid = Number(command('id', ['-u', this.user]));
    chownSync(this.directory, uid, uid);
  }

  async #makeKeys(): Promise<void> {
    await this.#makeHostKey();
    this.privateKey = await this.#makeClientKey('client_key', '');
    this.lockedKey = await this.#makeClientKey('locked_key', this.passphrase);
  }

  async #makeClientKey(name: string, passphrase: string): Promise<string> {
    await makeKey(join(this.home, name), 'ed25519', passphrase);
    this.allowKey((await readFile(join(this.home, `${name}.pub`), 'utf8')).trim());
    return readFile(join(this.home, name), 'utf8');
  }

  async #makeHostKey(): Promise<void> {
    await removeTempDir(join(this.home, 'host_key'));
    await removeTempDir(join(this.home, 'host_key_ecdsa'));
    await makeKey(join(this.home, 'host_key'), 'ed25519', '');
    await makeKey(join(this.home, 'host_key_ecdsa'), 'ecdsa', '');
    this.hostKey = fingerprintOf(join(this.home, 'host_key.pub'));
    this.ecdsaHostKey = fingerprintOf(join(this.home, 'host_key_ecdsa.pub'));
  }

  #writeConfig(extra: string[]): string {
    const path = join(this.home, 'sshd_config');
    const lines = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${this.home}/host_key`,
      `HostKey ${this.home}/host_key_ecdsa`,
      'PidFile none',
      `AuthorizedKeysFile ${this.home}/authorized_keys`,
      'StrictModes no',
      'UsePAM no',
      'UseDNS no',
      'PasswordAuthentication yes',
      'KbdInteractiveAuthentication no',
      `AllowUsers ${this.user}`,
      'LogLevel VERBOSE',
      'MaxStartups 100:30:200',
      ...extra,
      ...sftpLines(this.flavour, this.home),
    ];
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  }

  async #listen(): Promise<void> {
    // Newer servers lock an address out that fails to sign in, as these tests do on purpose.
    let config = this.#writeConfig(['PerSourcePenalties no']);
    if (!isConfigGood(config)) config = this.#writeConfig([]);
    const running = spawn(SSHD, ['-D', '-e', '-f', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = running;
    await new Promise<void>((resolve, reject) => {
      running.once('error', reject);
      running.once('exit', (code) => {
        reject(new Error(`sshd ended with ${String(code)}: ${this.#log}`));
      });
      running.stderr.on('data', (data: Buffer) => {
        this.#log = (this.#log + data.toString()).slice(-20_000);
        if (this.#log.includes(`listening on 127.0.0.1 port ${this.port}`)) resolve();
      });
    });
    this.#log = '';
  }
}

function sftpLines(flavour: SshdFlavour, home: string): string[] {
  if (flavour === 'shell') return [`Subsystem sftp ${SFTP_SERVER}`];
  return [
    'Subsystem sftp internal-sftp',
    `ChrootDirectory ${home}/root`,
    `ForceCommand internal-sftp${flavour === 'plain' ? ` -P ${EXTENSIONS}` : ''}`,
    'DisableForwarding yes',
  ];
}

function fingerprintOf(publicKeyFile: string): string {
  const line = execFileSync('ssh-keygen', ['-l', '-E', 'sha256', '-f', publicKeyFile]).toString();
  return /SHA256:\S+/.exec(line)?.[0] ?? '';
}

async function makeKey(path: string, type: string, passphrase: string): Promise<void> {
  await execFileAsync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-f', path]);
}

function isConfigGood(path: string): boolean {
  try {
    execFileSync(SSHD, ['-t', '-f', path], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

function command(name: string, args: string[], input = ''): string {
  return execFileSync(name, args, {
    input,
    stdio: 'pipe',
    env: { ...process.env, PATH: `/usr/sbin:/sbin:${process.env['PATH'] ?? '/usr/bin:/bin'}` },
  }).toString();
}

function removeUser(name: string): void {
  try {
    command('userdel', ['--force', name]);
  } catch {
    // It was never added.
  }
}

/** Users and directories of test processes that died before they could remove them. */
async function removeLeftovers(): Promise<void> {
  const isLeft = (pid: string | undefined): boolean =>
    pid !== undefined && !existsSync(`/proc/${pid}`);
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const name = line.split(':')[0] ?? '';
    if (isLeft(USER.exec(name)?.[1])) removeUser(name);
  }
  for (const name of readdirSync(PLACE)) {
    if (isLeft(DIRECTORY.exec(name)?.[1])) await removeTempDir(join(PLACE, name));
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function descendantsOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

function parentOf(pid: string): number | undefined {
  try {
    // The name, in brackets, may hold anything; the fields behind it cannot.
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
