import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe } from 'vitest';
import {
  canRunSshd,
  startSshd,
  type SshdFlavour,
  type SshdServer,
} from '../../daemon/testing/servers/sshd-server.js';
import { destinationSuite } from '../conformance/destination-suite.js';
import { SshDestination } from './ssh.destination.js';

const FLAVOURS: SshdFlavour[] = ['shell', 'chroot', 'plain'];

for (const flavour of FLAVOURS) {
  describe.skipIf(!canRunSshd())(`ssh to an account with ${flavour}`, () => {
    let server: SshdServer;

    beforeAll(async () => {
      server = await startSshd(flavour);
    });

    afterAll(() => server.stop());

    destinationSuite(`ssh (${flavour})`, () => {
      const { port, user, path, hostKey, privateKey } = server;
      const settings = { host: '127.0.0.1', port, user, path, hostKey, diskLimitPercent: 100 };
      return Promise.resolve({
        open: () => Promise.resolve(new SshDestination(settings, { privateKey })),
        dispose: () => {
          execFileSync('find', [server.directory, '-mindepth', '1', '-delete']);
          return Promise.resolve();
        },
      });
    });
  });
}
