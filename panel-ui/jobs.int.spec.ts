import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, post, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
});

async function textOf(path: string): Promise<string> {
  const response = await admin.agent.get(path).expect(200);
  expect(await problemsIn(response)).toEqual([]);
  return response.text;
}

describe('a job', () => {
  const form = { name: 'second', accounts: 'anna, bob', destinations: 'main', structure: 'archived', excludes: '*.log\r\ncache/', retries: '2', kind: 'none', at: 'review', go: 'add' }; // prettier-ignore

  it('is added, shown, and removed once its name is typed', async () => {
    const added = await post(admin, '/new-job', form);
    expect([added.status, added.headers['location']]).toEqual([303, '/jobs/second']);
    const shown = await textOf('/jobs/second');
    for (const part of ['anna, bob', 'archived', '*.log', 'It runs only by hand']) {
      expect(shown).toContain(part);
    }
    expect(await textOf('/jobs')).toContain('href="/jobs/second"');
    const wrong = await post(admin, '/jobs/second/remove', { confirm: 'first' });
    expect([wrong.status, await problemsIn(wrong)]).toEqual([422, []]);
    const removed = await post(admin, '/jobs/second/remove', { confirm: 'second' });
    expect([removed.status, removed.headers['location']]).toEqual([303, '/jobs']);
    await admin.agent.get('/jobs/second').expect(404);
  });

  it('takes the accounts that match a filter, which the form tells as it is typed', async () => {
    const chosen = { ...form, name: 'third', accounts: 'all', filter: 'name=bob | name~^zz\r\n\r\nnot tag=vip' }; // prettier-ignore
    const shown = await post(admin, '/new-job', { ...chosen, at: 'accounts', go: 'stay' });
    expect([shown.status, await problemsIn(shown)]).toEqual([200, []]);
    expect(shown.text).toContain('1 account matches now');
    const fragment = async (filter: string, accounts = 'all'): Promise<string> => {
      const { text } = await admin.agent.get('/new-job/matches').query({ accounts, filter });
      return text;
    };
    expect(await fragment('letter=a-b')).toContain('2 accounts match now');
    expect(await fragment('', 'anna, bob')).toContain('2 accounts match now');
    expect(await fragment('files>5')).toContain('No account matches now');
    expect(await fragment('name~(')).toContain('This is not a regular expression');
    expect(await fragment(HOSTILE)).not.toContain('<img src=x');
    expect(await fragment('owner=bob', 'anna')).toContain('Leave this at “all”');
    await anna.agent.get('/new-job/matches?filter=name%3Dbob').expect(403);

    const wrong = await post(admin, '/new-job', { ...chosen, filter: 'name~(' });
    expect([wrong.status, await problemsIn(wrong)]).toEqual([422, []]);
    expect(wrong.text).toMatch(/id="field-filter-problem"[^]*not a regular expression/);
    const added = await post(admin, '/new-job', chosen);
    expect([added.status, added.headers['location']]).toEqual([303, '/jobs/third']);
    const page = await textOf('/jobs/third');
    for (const part of ['name is bob or name matches ^zz; and does not have the tag vip', '1 account matches now', 'href="/accounts/bob"']) expect(page).toContain(part); // prettier-ignore

    const tagged = await post(admin, '/accounts/bob/tags', { tags: 'vip  big-shop' });
    expect([tagged.status, tagged.headers['location']]).toEqual([303, '/accounts/bob']);
    expect(await textOf('/accounts/bob')).toContain('value="big-shop vip"');
    expect(await textOf('/jobs/third')).toContain('No account matches now');
    const bad = await post(admin, '/accounts/bob/tags', { tags: HOSTILE });
    expect([bad.status, await problemsIn(bad)]).toEqual([422, []]);
    expect(bad.text).not.toContain('<img src=x');
    expect((await post(anna, '/accounts/anna/tags', { tags: 'vip' })).status).toBe(403);
    expect((await anna.agent.get('/accounts/anna')).text).not.toContain('Tags');
  });

  it('is changed under Settings, where what it says already need not be right any more', async () => {
    await post(admin, '/new-job', { ...form, name: 'fourth' });
    const page = await textOf('/jobs/fourth/settings');
    for (const part of ['value="fourth"', 'value="anna, bob"', 'value="main" checked', '*.log']) {
      expect(page).toContain(part);
    }
    const asKept = { ...form, name: 'fourth', isEnabled: 'yes', useDefaultExcludes: 'yes' };
    const wrong = await post(admin, '/jobs/fourth/settings', { ...asKept, name: HOSTILE, filter: 'name~(' }); // prettier-ignore
    expect([wrong.status, await problemsIn(wrong)]).toEqual([422, []]);
    expect(wrong.text).not.toContain('<img src=x');
    const taken = await post(admin, '/jobs/fourth/settings', { ...asKept, name: 'nightly' });
    expect([taken.status, taken.text.includes('There is already a job named')]).toEqual([422, true]); // prettier-ignore
    const changed = await post(admin, '/jobs/fourth/settings', { ...asKept, name: 'fifth', structure: 'incremental', isEnabled: '', retries: '' }); // prettier-ignore
    expect([changed.status, changed.headers['location']]).toEqual([303, '/jobs/fifth']);
    const shown = await textOf('/jobs/fifth');
    for (const part of ['incremental', 'switched off', 'A run under way goes on']) {
      expect(shown).toContain(part);
    }
    await admin.agent.get('/jobs/fourth').expect(404);
    await post(admin, '/jobs/fifth/remove', { confirm: 'fifth' });
  });

  it('that cannot be used is shown again with what was typed', async () => {
    const typed = { ...form, name: HOSTILE, accounts: 'nobody', retries: 'often' };
    const response = await post(admin, '/new-job', typed);
    expect(response.status).toBe(422);
    expect(response.text).not.toContain('<img src=x');
    for (const part of ['A name has 1 to 64', 'value="nobody"']) {
      expect(response.text).toContain(part);
    }
    expect(await problemsIn(response)).toEqual([]);
    const places = await post(admin, '/new-job', { ...form, retries: 'often' });
    expect(places.text).toMatch(
      /name="destinations" value="main" checked[^]*It must be a whole number\./,
    );
    const unknown = await post(admin, '/new-job', { ...form, accounts: 'nobody' });
    expect(unknown.text).toContain('There is no account');
  });
});

describe('the wizard of a job', () => {
  const first = { name: 'stepwise', accounts: 'all', filter: 'name=anna | name=bob', excludes: '"x"<b>\r\n*.log', useDefaultExcludes: 'yes', at: 'accounts', go: 'next' }; // prettier-ignore
  const hereIs = (text: string): string | undefined => /<li aria-current="step">([^<]+)/.exec(text)?.[1]; // prettier-ignore

  /** What a browser would send of a page: all that its fields hold. */
  function sentBy(text: string): Record<string, string> {
    const form = text.slice(text.indexOf('<form method="post" action="/new-job"'));
    const inputs = [...form.matchAll(/<input [^>]*name="(\w+)"[^>]*>/g)];
    const held = inputs.filter(([tag]) => !tag.includes('checkbox') || tag.includes(' checked'));
    const fields = held.map(([tag, name = '']) => [name, / value="([^"]*)"/.exec(tag)?.[1] ?? '']);
    const areas = [...form.matchAll(/<textarea [^>]*name="(\w+)"[^>]*>\n([^<]*)</g)];
    const selects = [...form.matchAll(/<select [^>]*name="(\w+)"[^]*?value="(\w+)" selected/g)];
    const pairs = [...fields, ...[...areas, ...selects].map(([, name = '', value = '']) => [name, value])]; // prettier-ignore
    const plain = (value = ''): string => value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#34;', '"').replaceAll('&amp;', '&'); // prettier-ignore
    return Object.fromEntries(pairs.map(([name = '', value]) => [name, plain(value)])); // prettier-ignore
  }

  async function go(fields: Record<string, string>, status = 200) {
    const { _csrf: _, ...form } = fields;
    const response = await post(admin, '/new-job', form);
    expect([response.status, await problemsIn(response)]).toEqual([status, []]);
    return { text: response.text, here: hereIs(response.text), sent: sentBy(response.text) };
  }

  it('asks page by page, keeps what was typed both ways, and stores nothing before its end', async () => {
    expect(hereIs(await textOf('/new-job'))).toBe('Accounts');
    const places = await go(first);
    expect([places.here, places.text.includes('Step 2 of 4')]).toEqual(['Destinations', true]);
    const when = await go({ ...places.sent, destinations: 'main', go: 'next' });
    expect([when.here, when.text.match(/<time datetime/g)?.length]).toEqual(['Schedule', 5]);
    const weekly = await go({ ...when.sent, chooseKind: 'weekly' });
    expect(weekly.sent).toMatchObject({ kind: 'weekly', time: '04:00', keepLast: '5' });
    const back = await go({ ...weekly.sent, time: '25:00', go: 'back' });
    expect([back.here, back.sent['time']]).toEqual(['Destinations', '25:00']);
    const start = await go({ ...back.sent, go: 'back' });
    expect(start.here).toBe('Accounts');
    expect(start.sent).toMatchObject({ filter: first.filter, structure: 'incremental', kind: 'weekly' }); // prettier-ignore
    expect(start.sent['excludes']?.split(/\r?\n/)).toEqual(['"x"<b>', '*.log']);
    const wrong = await go({ ...start.sent, go: 'review' }, 422);
    expect([wrong.here, wrong.text.includes('Give a time as HH:MM')]).toEqual(['Schedule', true]);
    const review = await go({ ...wrong.sent, time: '02:30', go: 'next' });
    expect(review.here).toBe('Review');
    for (const part of ['weekly on sun at 02:30', 'the last 5', '2 accounts match now', '*.log']) {
      expect(review.text).toContain(part);
    }
    await admin.agent.get('/jobs/stepwise').expect(404);
    const { _csrf: _, ...last } = review.sent;
    const added = await post(admin, '/new-job', { ...last, go: 'add' });
    expect([added.status, added.headers['location']]).toEqual([303, '/jobs/stepwise']);
    expect(await textOf('/jobs/stepwise')).toContain('weekly on sun at 02:30');
    // Sent again, it is told where its name was typed.
    const again = await go({ ...last, go: 'add' }, 422);
    expect([again.here, again.text.includes('There is already a job named')]).toEqual(['Accounts', true]); // prettier-ignore
  });

  it.each([
    ['Accounts', 'A name has 1 to 64', { name: 'x y' }],
    ['Accounts', 'There is already a job named', { name: 'nightly' }],
    ['Accounts', 'not a regular expression', { filter: 'name~(' }],
    ['Accounts', 'more than can be carried', { excludes: 'x\n'.repeat(40_000) }],
    ['Destinations', 'There is no destination', { destinations: 'gone' }],
    ['Destinations', 'The structure is', { structure: 'zip' }],
    ['Schedule', 'Choose when it starts.', { kind: 'yearly' }],
    ['Schedule', 'There is no job', { kind: 'after', job: 'gone' }],
  ])('goes back to %s: %s', async (step, message, fault) => {
    const whole = { ...first, name: 'whole', destinations: 'main', structure: 'archived', kind: 'daily', time: '03:00', weekdays: 'mon', at: 'review', go: 'add' }; // prettier-ignore
    const shown = await go({ ...whole, ...fault }, 422);
    expect([shown.here, shown.text.includes(message)]).toEqual([step, true]);
    await admin.agent.get('/jobs/whole').expect(404);
  });

  it('is for admins', async () => {
    expect((await post(anna, '/new-job', { ...first })).status).toBe(403);
  });
});

describe('a schedule', () => {
  const weekly = { kind: 'weekly', weekday: 'sun', time: '02:30', keepLast: '5', step: 'add' };

  it('shows its next five dates before it is added, and after', async () => {
    const url = '/jobs/nightly/new-schedule';
    const preview = await post(admin, url, { ...weekly, step: 'preview' });
    expect([preview.status, await problemsIn(preview)]).toEqual([200, []]);
    expect(preview.text.match(/<time datetime="[^"]+">Sun \d{4}-\d\d-\d\d 0[23]:30</g)).toHaveLength(5); // prettier-ignore
    expect(await textOf('/jobs/nightly')).not.toContain('weekly on sun');
    const added = await post(admin, url, weekly);
    expect([added.status, added.headers['location']]).toEqual([303, '/jobs/nightly']);
    const job = await textOf('/jobs/nightly');
    expect(job).toContain('weekly on sun at 02:30');
    const path = /href="(\/schedules\/[0-9a-f]+)">weekly/.exec(job)?.[1] ?? '';
    expect((await textOf(path)).match(/<li><time datetime/g)).toHaveLength(5);

    const kept = await post(admin, path, { keepLast: '', keepWithinDays: '90' });
    expect([kept.status, kept.headers['location']]).toEqual([303, path]);
    const bad = await post(admin, path, { keepLast: '0' });
    expect([bad.status, await problemsIn(bad)]).toEqual([422, []]);
    expect(await textOf(path)).toContain('value="90"');
    expect((await post(admin, `${path}/switch`, { isEnabled: 'no' })).status).toBe(303);
    expect(await textOf(path)).toContain('Switch on');
    const removed = await post(admin, `${path}/remove`);
    expect(removed.headers['location']).toBe('/jobs/nightly');
    await admin.agent.get(path).expect(404);
  });

  it.each([
    [{ ...weekly, time: '25:00' }, 'Give a time as HH:MM'],
    [{ ...weekly, keepLast: 'many' }, 'It must be a whole number.'],
    [{ kind: 'daily', time: '03:00', step: 'preview' }, 'Name at least one weekday.'],
    [{ kind: 'monthly', days: HOSTILE, time: '03:00', step: 'add' }, 'value="&lt;img'],
    [{ kind: 'on-demand', perAccountLimit: '1', hoursBetween: '1' }, 'on demand already'],
  ])('%j is shown again with what is wrong', async (form, part) => {
    const response = await post(admin, '/jobs/nightly/new-schedule', form);
    expect([response.status, await problemsIn(response)]).toEqual([422, []]);
    expect(response.text).toContain(part);
    expect(response.text).not.toContain('<img src=x');
  });

  it('of an unknown kind is not found', async () => {
    await admin.agent.get('/jobs/nightly/new-schedule?kind=yearly').expect(404);
  });
});

describe('a snapshot on demand', () => {
  it('is asked for by the account itself, and refused while one is made', async () => {
    const page = await anna.agent.get('/accounts/anna').expect(200);
    expect(page.text).toContain('Make a snapshot');
    const asked = await post(anna, '/accounts/anna/snapshot', { note: 'before an update' });
    expect([asked.status, asked.headers['location']]).toEqual([303, expect.stringMatching(/^\/runs\//)]); // prettier-ignore
    const again = await post(anna, '/accounts/anna/snapshot', { note: HOSTILE });
    expect([again.status, await problemsIn(again)]).toEqual([422, []]);
    expect(again.text).not.toContain('<img src=x');
    await post(anna, `${asked.headers['location'] ?? ''}/cancel`);
    expect((await post(anna, '/accounts/bob/snapshot')).status).toBe(404);
  });
});
