import { describe, expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { EventsService } from '../daemon/auth/events.service.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
  const events = panel.daemon.app.get(EventsService, { strict: false });
  const hostile = { name: `=1+1${HOSTILE}`, note: '\u202egnp.exe\u0000', long: 'w'.repeat(4096) };
  await events.record(systemActor, 'job.changed', { kind: 'job', id: 'x' }, hostile);
});

async function textOf(who: Visitor, path: string, language = 'en'): Promise<string> {
  const response = await who.agent.get(path).set('accept-language', language).expect(200);
  expect(await problemsIn(response)).toEqual([]);
  return response.text;
}

describe('the activity page', () => {
  it('says what happened, who did it and from where, harmlessly', async () => {
    const text = await textOf(admin, '/activity');
    expect(text).toContain('Signed in');
    expect(text).toContain('Job changed');
    expect(text).toContain('&lt;img src=x');
    expect(text).toContain('\\u202e');
    expect(text).not.toMatch(/<img src=x|\u202e|w{300}/);
  });

  it('says it in German', async () => {
    const text = await textOf(admin, '/activity', 'de-AT,en;q=0.5');
    expect(text).toContain('<html lang="de"');
    expect(text).toContain('Angemeldet');
    expect(text).not.toContain('Signed in');
  });

  it('is narrowed by day, kind and account', async () => {
    expect(await textOf(admin, '/activity?kind=job')).not.toContain('Signed in');
    expect(await textOf(admin, '/activity?to=2020-01-01')).toContain('Nothing like it happened.');
    const today = new Date().toISOString().slice(0, 10);
    expect(await textOf(admin, `/activity?from=${today}&to=${today}`)).toContain('Signed in');
    const ofBob = await textOf(admin, '/activity?account=bob');
    expect(ofBob).toContain('href="/accounts/bob"');
    expect(ofBob).not.toContain('href="/accounts/anna"');
    expect(await textOf(admin, '/activity?account=nobody')).toContain('no account of this name');
    expect(await textOf(admin, '/activity?kind=zzz&from=x&before=-1')).toContain('Signed in');
  });

  it('shows an account only its own', async () => {
    for (const path of ['/activity', '/activity?account=bob', '/activity?kind=job']) {
      expect(await textOf(anna, path)).not.toMatch(/accounts.bob|Job changed|chief/);
    }
  });
});

describe('the export', () => {
  it('is CSV that no spreadsheet takes for a formula', async () => {
    const { text, headers } = await admin.agent.get('/activity/export?format=csv').expect(200);
    expect(headers['content-disposition']).toBe('attachment; filename=activity.csv');
    expect(text.split('\n')[0]).toBe('at,actor,origin,address,action,subjectKind,subjectId,account,details'); // prettier-ignore
    expect(text).toContain('job.changed');
    expect(text).not.toMatch(/(?:^|,)"?[=+@]/m);
  });

  it('is JSON lines, all of them, of the account alone', async () => {
    const events = panel.daemon.app.get(EventsService, { strict: false });
    const subject = { kind: 'job', id: 'many' };
    for (let i = 0; i < 1200; i += 1) await events.record(systemActor, 'job.changed', subject, { i }); // prettier-ignore
    const linesOf = async (who: Visitor): Promise<{ action: string; subjectId: string }[]> => {
      const { text } = await who.agent.get('/activity/export?format=jsonl&kind=job').buffer(true);
      return text.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as never); // prettier-ignore
    };
    const all = await linesOf(admin);
    expect(all.filter(({ subjectId }) => subjectId === 'many')).toHaveLength(1200);
    expect(await linesOf(anna)).toEqual([]);
  });
});
