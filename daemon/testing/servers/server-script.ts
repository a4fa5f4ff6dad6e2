/** Servers for tests that a shell script of this folder starts in a directory of its own. */
import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeTempDir, removeTempDir } from '../temp-dir.js';

export interface ServerScript {
  directory: string;
  ports: number[];
  /** Of the process that answers. */
  pid: number;
  close(): Promise<void>;
}

/** What tests need of a store. */
export interface S3TestServer {
  host: string;
  port: number;
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  createBucket(name: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Runs `script DIR PORT…` and waits until it says "ready PID". The script ends everything it started
 * when its input closes: by `close`, or because the process of the test is gone.
 */
export async function startServerScript(
  script: string,
  portCount: number,
  env: Record<string, string> = {},
): Promise<ServerScript> {
  const directory = await makeTempDir();
  await chmod(directory, 0o755); // Some run as a user of their own.
  const ports = await freePorts(portCount);
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn('bash', [path, directory, ...ports.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
    // Ctrl-C is for the test; its end ends the script.
    detached: true,
  });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const line = await Promise.race([once(lines, 'line'), exited.then(() => [''])]);
  const [word, pid] = String(line[0]).split(' ');
  if (word !== 'ready') {
    const log = await readFile(join(directory, 'out.log'), 'utf8').catch(() => '');
    await removeTempDir(directory);
    throw new Error(`${script} did not start:\n${log.slice(-3000)}`);
  }
  const close = async (): Promise<void> => {
    child.stdin.end();
    await exited;
    await removeTempDir(directory);
  };
  return { directory, ports, pid: Number(pid), close };
}

/** Signed by hand: the SDK belongs to the destination that is tested. */
export async function createBucket(
  server: Pick<S3TestServer, 'endpoint' | 'accessKeyId' | 'secretAccessKey'>,
  name: string,
): Promise<void> {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const headers: Record<string, string> = {
    'x-amz-content-sha256': createHash('sha256').digest('hex'),
    'x-amz-date': time,
  };
  const signed = { host: new URL(endpoint).host, ...headers };
  const names = Object.keys(signed).join(';');
  const lines = Object.entries(signed).map(([header, value]) => `${header}:${value}\n`);
  const hash = headers['x-amz-content-sha256'] ?? '';
  const request = ['PUT', `/${name}`, '', lines.join(''), names, hash].join('\n');
  const digest = createHash('sha256').update(request).digest('hex');
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of [...scope.split('/'), ['AWS4-HMAC-SHA256', time, scope, digest].join('\n')]) {
    key = createHmac('sha256', key).update(part).digest();
  }
  const credential = `Credential=${accessKeyId}/${scope}`;
  const signature = `Signature=${Buffer.from(key).toString('hex')}`;
  headers['authorization'] = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, ${signature}`;
  const answer = await fetch(`${endpoint}/${name}`, { method: 'PUT', headers });
  if (!answer.ok) throw new Error(`Bucket ${name}: ${answer.status} ${await answer.text()}`);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
