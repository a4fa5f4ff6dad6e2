/** A Ceph of our own with its S3 gateway (radosgw), kept in memory: what many hosters run. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createBucket, startServerScript, type S3TestServer } from './server-script.js';

const execFileAsync = promisify(execFile);

/** For `needsTool`. */
export const CEPH_TOOLS = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph', 'openssl'];

export interface CephServer extends S3TestServer {
  tlsEndpoint: string;
  /** The CA that signed the gateway's certificate. */
  caPem: string;
  /** Runs radosgw-admin; resolves with what it printed. */
  admin(...args: string[]): Promise<string>;
  /** While frozen, the gateway takes connections and says nothing. */
  freeze(isOn: boolean): Promise<void>;
}

export async function startCeph(): Promise<CephServer> {
  const script = await startServerScript('ceph-server.sh', 3);
  const [, port = 0, tlsPort = 0] = script.ports;
  const keys = { accessKeyId: 'TESTKEY', secretAccessKey: 'testsecret' };
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    ...keys,
    host: '127.0.0.1',
    port,
    endpoint,
    tlsEndpoint: `https://127.0.0.1:${tlsPort}`,
    caPem: await readFile(join(script.directory, 'ca.pem'), 'utf8'),
    createBucket: (name) => createBucket({ ...keys, endpoint }, name),
    admin: async (...args) => {
      const conf = join(script.directory, 'ceph.conf');
      return (await execFileAsync('radosgw-admin', ['-c', conf, ...args])).stdout;
    },
    freeze: async (isOn) => {
      process.kill(script.pid, isOn ? 'SIGSTOP' : 'SIGCONT');
      // Its threads stop one after the other.
      while (isOn && !(await areAllStopped(script.pid))) await wait(5);
    },
    close: () => script.close(),
  };
}

async function areAllStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  );
  return stats.every((stat) => stat.slice(stat.lastIndexOf(')')).startsWith(') T'));
}
