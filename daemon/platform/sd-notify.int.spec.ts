import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { needsTool } from '../testing/tools.js';
import { createServiceNotifier, watchdogIntervalMs } from './sd-notify.js';

/** A real datagram socket, as systemd has it; prints each datagram as a line of JSON. */
const LISTENER = `
import json, socket, sys
name = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\\0" + name[1:] if name.startswith("@") else name)
print("ready", flush=True)
while True:
    print(json.dumps(listener.recv(65536).decode()), flush=True)
`;

async function listen(name: string) {
  const python = spawn('python3', ['-c', LISTENER, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    python.kill('SIGKILL');
  });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  return async () => JSON.parse(String((await lines.next()).value)) as string;
}

describe.skipIf(!needsTool('python3'))('createServiceNotifier', () => {
  it.each(['path', 'abstract'])('reaches a socket with a name of the kind: %s', async (kind) => {
    const directory = await tempDir();
    const name = kind === 'path' ? join(directory, 'notify') : `@${directory}`;
    const next = await listen(name);
    const notifier = createServiceNotifier(name);
    notifier.ready('Listening.\nSTOPPING=1 is not believed');
    expect(await next()).toBe('READY=1\nSTATUS=Listening. STOPPING=1 is not believed');
    notifier.watchdog();
    expect(await next()).toBe('WATCHDOG=1');
    notifier.stopping();
    expect(await next()).toBe('STOPPING=1\nSTATUS=Stopping.');
  });

  it('does not wait for a reader that does not read', async () => {
    const name = join(await tempDir(), 'notify');
    await listen(name);
    const notifier = createServiceNotifier(name);
    // More than the socket holds; a blocking send would hang here if the reader stood still.
    for (let count = 0; count < 5000; count += 1) notifier.ready('x'.repeat(1000));
  });
});

describe('createServiceNotifier without a listener', () => {
  it.each([
    undefined,
    '',
    'relative/path',
    '/no/such/socket',
    '@nobody-listens',
    `/${'x'.repeat(200)}`,
  ])('does nothing for %j', (name) => {
    const notifier = createServiceNotifier(name);
    expect(() => {
      notifier.ready('Listening.');
      notifier.stopping();
    }).not.toThrow();
  });
});

describe('watchdogIntervalMs', () => {
  it.each([
    [{ WATCHDOG_USEC: '30000000' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '43' }, undefined],
    [{}, undefined],
    [{ WATCHDOG_USEC: 'soon' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
  ])('for %j is %s', (env, expected) => {
    expect(watchdogIntervalMs(env, 42)).toBe(expected);
  });
});
