import { expect, it } from 'vitest';
import { PermissionSettings } from '../auth/permissions/permission-settings.service.js';
import { systemActor } from '../auth/actor.js';
import { onPanel } from '../testing/on-panel.js';
import { type PanelDaemon, signIn } from '../testing/panel-daemon.js';

let panel: PanelDaemon;

onPanel((started) => {
  panel = started;
});

it('shows what is in a file only to who may download it', async () => {
  const { agent } = await signIn(panel, 'anna');
  const path = encodeURIComponent('homedir/public_html/index.html');
  const id = panel.annasSnapshot;
  const api = `/api/v1/snapshots/${id}/diff?path=${path}&since=${id}`;
  const page = `/find/diff?path=${path}&before=${id}&after=${id}`;
  await agent.get(api).expect(200);
  await agent.get(page).expect(200);
  const settings = panel.daemon.app.get(PermissionSettings, { strict: false });
  const anna = { level: 'account', name: 'anna' } as const;
  await settings.change(systemActor, anna, { 'download.files': 'no' });
  const refused = await agent.get(api).expect(403);
  expect(refused.text).not.toContain('<h1>');
  await agent.get(page).expect(403);
});
