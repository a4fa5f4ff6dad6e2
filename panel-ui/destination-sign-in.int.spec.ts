/** How a destination over SSH is signed in to, changed by the form on a real server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { DestinationsService } from '../daemon/jobs/destinations.service.js';
import {
  post,
  signIn,
  startPanelDaemon,
  type PanelDaemon,
  type Visitor,
} from '../daemon/testing/panel-daemon.js';
import { canRunSshd, startSshd, type SshdServer } from '../daemon/testing/servers/sshd-server.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

describe.skipIf(!canRunSshd())('an ssh destination', () => {
  let directory: string;
  let panel: PanelDaemon;
  let admin: Visitor;
  let server: SshdServer;
  let place: Record<string, string>;

  beforeAll(async () => {
    directory = await makeTempDir();
    server = await startSshd('chroot');
    panel = await startPanelDaemon(directory);
    admin = await signIn(panel);
    const { port, user, path, hostKey } = server;
    place = { name: 'far', host: '127.0.0.1', port: String(port), user, path, hostKey };
    Object.assign(place, { isVisible: 'yes', notes: '' });
    const own = { login: 'own', privateKey: server.privateKey };
    await post(admin, '/new-destination', { ...place, kind: 'ssh', ...own }).expect(303);
  });

  afterAll(async () => {
    await panel.daemon.stop();
    await server.stop();
    await removeTempDir(directory);
  });

  const save = (form: Record<string, string>) =>
    post(admin, '/destinations/far/settings', { ...place, ...form });

  /** Signs in with what is kept. */
  async function canBeUsed(): Promise<boolean> {
    const service = panel.daemon.app.get(DestinationsService, { strict: false });
    const { id } = await service.get(systemActor, 'far');
    const destination = await service.open(id);
    try {
      await destination.probe();
      return true;
    } finally {
      await destination.close();
    }
  }

  it('goes from a key to a password and back', async () => {
    const { password, privateKey } = server;
    await save({ login: 'password', password, privateKey: '', passphrase: '' }).expect(303);
    expect(await canBeUsed()).toBe(true);
    await save({ login: 'kept', privateKey: '', passphrase: '', password: '' }).expect(303);
    expect(await canBeUsed()).toBe(true);
    await save({ login: 'own', privateKey, passphrase: '', password: 'left in the form' }).expect(
      303,
    );
    expect(await canBeUsed()).toBe(true);
  });

  it.each([
    ['wrong', { login: 'password', password: 'not-the-password' }, 'not-the-password'],
    ['missing', { login: 'password', password: '' }, 'neither a private key'],
  ])('keeps what works when what was given is %s', async (_, form, part) => {
    const refused = await save(form);
    expect(refused.status).toBe(422);
    expect(refused.text.includes(part)).toBe(form.password === '');
    expect(refused.text).toMatch(/value="password" checked/);
    expect(await problemsIn(refused)).toEqual([]);
    expect(await canBeUsed()).toBe(true);
  });
});
