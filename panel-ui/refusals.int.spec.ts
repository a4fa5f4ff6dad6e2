/** What services refuse is said in the language of the page that asked; programs hear English. */
import { expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { DestinationSetup } from '../daemon/jobs/destination-setup.service.js';
import { RunsService } from '../daemon/runs/runs.service.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, post, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
});

const GERMAN = 'de-DE, en;q=0.5';

function get<T>(type: new (...args: never[]) => T): T {
  return panel.daemon.app.get(type, { strict: false });
}

/** The text of a page, as a German reads it. */
async function pageOf(visitor: Visitor, path: string, status: number): Promise<string> {
  const page = await visitor.agent.get(path).set('accept-language', GERMAN).expect(status);
  return page.text;
}

async function apiAnswer(visitor: Visitor, path: string): Promise<string> {
  const answer = await visitor.agent.get(`/api/v1${path}`).set('accept-language', GERMAN);
  return JSON.stringify(answer.body);
}

it('is told in German that something is not there, and in English by the API', async () => {
  expect(await pageOf(admin, '/jobs/weekly', 404)).toContain('Es gibt keinen Auftrag „weekly“.');
  expect(await apiAnswer(admin, '/jobs/weekly')).toContain('There is no job \\"weekly\\".');
  const english = await admin.agent.get('/jobs/weekly').expect(404);
  expect(english.text).toContain('There is no job &#34;weekly&#34;.');
  expect(await pageOf(admin, '/nowhere', 404)).toContain('An dieser Adresse gibt es nichts.');
});

it('is told in German that something is not for whoever asks', async () => {
  expect(await pageOf(anna, '/users', 403)).toContain('Das darf nur ein Admin dieses Servers.');
  expect(await apiAnswer(anna, '/hooks')).toContain('Only an admin of this server may do this.');
});

it('is told in German that a form is from elsewhere, or too large', async () => {
  const forged = admin.agent.post('/new-user').type('form').set('accept-language', GERMAN);
  expect((await forged.send({ name: 'eve' }).expect(403)).text).toContain('Dieses Formular ist zu alt oder kam von einer anderen Website.'); // prettier-ignore
  const large = post(admin, '/new-user', { name: 'x'.repeat(2_000_000) });
  expect((await large.set('accept-language', GERMAN).expect(413)).text).toContain('Die Anfrage ist zu groß.'); // prettier-ignore
});

it('is told in German what stands against it now', async () => {
  const retried = post(anna, `/runs/${panel.annasRun}/cancel`).set('accept-language', GERMAN);
  expect((await retried.expect(409)).text).toContain('ist schon zu Ende (und ist fehlgeschlagen); es gibt nichts abzubrechen.'); // prettier-ignore
});

it('shows the problems of a form in German, and those of the snapshot’s words', async () => {
  const user = { name: '-', role: 'admin', password: 'short', again: 'short' };
  const named = post(admin, '/new-user', user).set('accept-language', GERMAN);
  expect((await named.expect(422)).text).toContain('muss 1 bis 64 Buchstaben, Ziffern und . _ @ - haben'); // prettier-ignore
  const weak = post(admin, '/new-user', { ...user, name: 'eve' }).set('accept-language', GERMAN);
  expect((await weak.expect(422)).text).toContain('Ein Passwort hat mindestens 12 Zeichen; dieses hat 5.'); // prettier-ignore
  const note = post(anna, `/snapshots/${panel.annasSnapshot}/notes`, { note: 'x', labels: 'Ä' });
  expect((await note.set('accept-language', GERMAN).expect(422)).text).toContain('Ein Etikett ist ein Wort aus höchstens 32 Kleinbuchstaben'); // prettier-ignore
});

it('keeps in English what a German page started, as the log is', async () => {
  await get(DestinationSetup).change(systemActor, 'main', { isEnabled: false });
  await post(admin, '/jobs/nightly/run').set('accept-language', GERMAN).expect(303);
  const failed = async (): Promise<string[]> => {
    const [run] = await get(RunsService).list(systemActor, { kind: 'backup', limit: 1 });
    const { tasks } = await get(RunsService).get(systemActor, run?.id ?? 0);
    return tasks.flatMap(({ error }) => error?.message ?? []);
  };
  await expect.poll(failed, { timeout: 10_000 }).toContain('The destination "main" is switched off; switch it on first.'); // prettier-ignore
});
