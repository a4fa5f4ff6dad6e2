/**
 * One Holdfast instance as `npm start` uses it: its command line, and its daemon as a child of ours.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const USUAL_PORT = 3035;

export class Instance {
  /** `program`: the built command line; `home`: the instance's directory. */
  constructor(program, home) {
    this.program = program;
    this.home = home;
    this.logFile = path.join(path.dirname(home), 'daemon.log');
    this.child = undefined;
  }

  /** Runs a command; its bars and remarks go to our terminal, its result is returned. */
  run(...args) {
    const result = this.try(...args);
    if (result.status === 0) return result.stdout;
    const reason = result.signal === null ? `exit code ${result.status}` : result.signal;
    process.stderr.write(result.stdout);
    throw new Error(`"holdfast ${args.join(' ')}" failed (${reason}); the reason is above.`);
  }

  /** The same for commands that answer with a JSON document. */
  ask(...args) {
    const result = this.try(...args, '--json');
    const answer = parse(result.stdout);
    if (result.status === 0 && answer !== undefined) return answer;
    const reason = answer?.error?.message ?? result.stdout.trim();
    throw new Error(`"holdfast ${args.join(' ')}" failed: ${reason}`);
  }

  try(...args) {
    const result = spawnSync(process.execPath, [this.program, '--home', this.home, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (result.error !== undefined) throw result.error;
    return result;
  }

  /** What a running daemon says of itself; undefined when none runs. */
  findStatus() {
    const result = this.try('status', '--json');
    return result.status === 0 ? parse(result.stdout) : undefined;
  }

  /** Starts the daemon unless it runs already; answers its status when it is ready. */
  async start() {
    const running = this.findStatus();
    if (running !== undefined) return running;
    const log = fs.openSync(this.logFile, 'w', 0o600);
    const port = (await isPortFree(USUAL_PORT)) ? USUAL_PORT : 0;
    // A group of its own: Ctrl-C reaches us, and we stop it in order.
    this.child = spawn(process.execPath, [this.program, '--home', this.home, 'daemon'], {
      stdio: ['ignore', log, log],
      env: { ...process.env, HOLDFAST_PANEL_PORT: String(port) },
      detached: true,
    });
    fs.closeSync(log);
    return this.becomesReady();
  }

  async becomesReady() {
    for (const start = Date.now(); Date.now() - start < START_TIMEOUT_MS; await sleep(200)) {
      if (this.hasEnded()) throw new Error(`The daemon did not start:\n${this.lastOfLog()}`);
      if (!fs.existsSync(path.join(this.home, 'run', 'holdfast.sock'))) continue;
      const status = this.findStatus();
      if (status !== undefined) return status;
    }
    await this.stop();
    throw new Error(`The daemon did not answer within a minute:\n${this.lastOfLog()}`);
  }

  hasEnded() {
    return this.child !== undefined && (this.child.exitCode ?? this.child.signalCode) !== null;
  }

  /** Stops the daemon if it is ours. */
  async stop() {
    if (this.child === undefined || this.hasEnded()) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await Promise.race([ended, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    if (this.hasEnded()) return;
    this.child.kill('SIGKILL');
    await ended;
  }

  /** When our daemon ends; never when it is somebody else's. */
  async ended() {
    if (this.child === undefined) return new Promise(() => undefined);
    if (!this.hasEnded()) await once(this.child, 'exit');
    return undefined;
  }

  lastOfLog() {
    const lines = fs.readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-8).join('\n');
    return `${lines}\nThe whole log is ${this.logFile}.`;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPortFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
