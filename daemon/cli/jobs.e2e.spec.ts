import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComingStartView, ScheduleView } from '../api/schedule-views.js';
import type { AccountView, JobView } from '../api/views.js';
import { openCliStage, type CliStage } from '../testing/cli-stage.js';
import { ANNA_UID } from '../testing/test-daemon.js';
import { isReachableByOthers, needsRoot } from '../testing/tools.js';

let stage: CliStage;
let directory: string;

const holdfast: CliStage['holdfast'] = (...given) => stage.holdfast(...given);

function json<Answer>(...args: string[]): Promise<Answer> {
  return stage.json<Answer>(...args);
}

beforeAll(async () => {
  stage = await openCliStage();
  ({ directory } = stage);
  await json('job', 'run', 'nightly', '--wait');
});

afterAll(() => stage.close());

describe('a job with a filter', () => {
  const add = (name: string, ...filters: string[]): string[] => [
    ...['job', 'add', name, '--destination', 'main', '--structure', 'archived'],
    ...filters.flatMap((filter) => ['--filter', filter]),
  ];

  it('is added, told in words, and takes who matches: by tags, too', async () => {
    const matches = async (): Promise<string[]> =>
      (await json<AccountView[]>('job', 'matches', 'vips')).map(({ name }) => name);
    await json(...add('vips', 'tag=vip | name~"^(bob|zoe)$"', 'not suspended', 'letter=a-f'));
    const { stdout } = await holdfast(['job', 'show', 'vips']);
    expect(stdout).toMatch(
      /^accounts +has the tag vip or name matches \^\(bob\|zoe\)\$; and is not suspended; and first letter is a to f$/m,
    );
    expect(stdout).toMatch(/^filter +tag=vip \| name~"\^\(bob\|zoe\)\$"\n +not suspended\n +letter=a-f$/m); // prettier-ignore
    expect(await matches()).toEqual(['bob']);
    const tagged = await json<AccountView>('account', 'tag', 'anna', 'vip', 'big-shop');
    expect(tagged.tags).toEqual(['big-shop', 'vip']);
    expect(await matches()).toEqual(['anna', 'bob']);
    await json('account', 'untag', 'anna', 'vip');
    expect(await matches()).toEqual(['bob']);
    expect((await holdfast(['account', 'untag', 'anna', 'vip'])).code).toBe(5);
    expect((await holdfast(['account', 'show', 'anna'])).stdout).toMatch(/^tags +big-shop$/m);
    await json('account', 'untag', 'anna', 'big-shop');
    await json('job', 'set', 'vips', '--name', 'few', '--accounts', 'all', '--no-enabled');
    const set = await holdfast(['job', 'set', 'few', '--exclude', '*.log', '--structure', 'compressed']); // prettier-ignore
    for (const part of [/accounts +all/, /structure +compressed/, /excludes +\*\.log/, /state +disabled/]) expect(set.stdout).toMatch(part); // prettier-ignore
    const cleared = await json<JobView>('job', 'set', 'few', '--exclude', '', '--filter', 'not suspended'); // prettier-ignore
    expect(cleared).toMatchObject({ excludes: [], structure: 'compressed', isEnabled: false });
    const refused = await holdfast(['job', 'set', 'few', '--destination', 'nowhere']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('There is no destination "nowhere"')]); // prettier-ignore
    await json('job', 'remove', 'few');
  });

  it.each([
    [['owner=bob |'], 'A condition is missing beside a "|".'],
    [['bob'], 'bob is not a condition.'],
    [[''], 'A --filter is empty'],
    [['name~('], 'This is not a regular expression (missing closing )'],
    [['tag=Big Shop'], 'A tag is a word of at most 32'],
    [[], 'Say which accounts: --accounts all'],
  ])('%j is refused: %s', async (filters, message) => {
    const { code, stderr } = await holdfast(add('wrong', ...filters));
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('is documented, and takes no names beside it', async () => {
    const both = await holdfast([...add('wrong', 'owner=bob'), '--accounts', 'all']);
    expect(both.code).toBe(2);
    expect((await holdfast(['job', 'add', '--help'])).stdout).toContain('letter=a-f');
  });

  it.skipIf(!needsRoot() || !isReachableByOthers())(
    'keeps tags from those who wear them',
    async () => {
      expect((await holdfast(['account', 'tag', 'anna', 'vip'], { uid: ANNA_UID })).code).toBe(6);
    },
  );
});

describe('schedules', () => {
  it('are added, listed, changed and removed', async () => {
    const added = await holdfast(['schedule', 'add', 'nightly', '--daily', '--at', '03:15', '--weekdays', 'mon,fri', '--keep-last', '7']); // prettier-ignore
    expect([added.code, added.stderr]).toEqual([0, '']);
    expect(added.stdout).toMatch(/to the job nightly: on mon and fri at 03:15\. It starts next at/);
    const kinds = [
      ['--hourly', '6', '--minute', '5', '--jitter', '10'],
      ['--weekly', 'sun', '--at', '02:30', '--keep-days', '60'],
      ['--monthly', '1,31', '--at', '04:00'],
      ['--on-demand', '--limit', '2', '--hours-between', '12'],
    ];
    for (const options of kinds) await json('schedule', 'add', 'nightly', ...options);
    const list = await json<ScheduleView[]>('schedule', 'list', 'nightly');
    expect(list.map(({ when }) => when)).toEqual([
      'on mon and fri at 03:15',
      'every 6 hours at minute 5 and up to 10 min later',
      'weekly on sun at 02:30',
      'monthly on 1 and the last day at 04:00',
      'on demand, 2 per account, every 12 h at most',
    ]);
    const id = list[0]?.id ?? '';
    expect((await holdfast(['schedule', 'list'])).stdout).toContain('the last 7');
    expect(await json<ScheduleView>('schedule', 'disable', id)).toMatchObject({ isEnabled: false, nextStartAt: null }); // prettier-ignore
    expect(await json<ScheduleView>('schedule', 'enable', id)).toMatchObject({ isEnabled: true });
    const kept = await json<ScheduleView>('schedule', 'keep', id, '--keep-days', '30');
    expect(kept.retention).toEqual({ keepWithinDays: 30 });
    expect((await holdfast(['schedule', 'show', id])).stdout).toMatch(/^keeps +30 days$/m);
    expect(await json<ComingStartView[]>('schedule', 'next', '--count', '9')).toHaveLength(9);
    const next = await holdfast(['schedule', 'next', 'nightly']);
    expect(next.stdout.trim().split('\n')).toHaveLength(6);
    await json('schedule', 'remove', id);
    expect((await holdfast(['schedule', 'show', id])).code).toBe(5);
  });

  it.each<[string, string[], RegExp]>([
    ['of no kind', [], /Give one of --hourly, --daily/],
    ['of two kinds', ['--daily', '--hourly'], /Give one of/],
    ['without its time', ['--daily'], /time: /],
    ['with what its kind does not know', ['--hourly', '--at', '03:00'], /"time"/],
    ['after itself', ['--after', 'nightly'], /cannot follow itself/],
    ['at no time', ['--daily', '--at', '25:00'], /Give a time as HH:MM/],
  ])('%s are refused: exit 2', async (_, options, message) => {
    const { code, stderr } = await holdfast(['schedule', 'add', 'nightly', ...options]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('are written as timers of systemd, which start jobs', async () => {
    const output = join(directory, 'units');
    const stale = join(output, 'holdfast-job@0f1e2d3c4b5a.timer.d');
    await mkdir(stale, { recursive: true });
    const [weekly] = (await json<ScheduleView[]>('schedule', 'list')).filter(({ kind }) => kind === 'weekly'); // prettier-ignore
    const id = weekly?.id ?? '';
    const { code, stdout } = await holdfast(['schedule', 'systemd', '--output', output, '--enable-hint']); // prettier-ignore
    expect(code).toBe(0);
    expect(stdout).toContain('Mode: internal.');
    expect(stdout).toContain('systemctl disable --now holdfast-job@0f1e2d3c4b5a.timer');
    const path = join(output, `holdfast-job@${id}.timer.d`, 'schedule.conf');
    expect(stdout).toContain(`Wrote ${path}`);
    expect(await readFile(path, 'utf8')).toMatch(/^OnCalendar=Sun \*-\*-\* 02:30:00 \S+$/m);
    expect((await holdfast(['schedule', 'systemd'])).stdout).toContain(
      `# /etc/systemd/system/holdfast-job@${id}.timer.d/schedule.conf`,
    );
    const early = await holdfast(['job', 'run', 'nightly', '--schedule', id]);
    expect([early.code, early.stdout]).toEqual([0, expect.stringContaining('was not due since')]);
    const wrong = await holdfast(['job', 'run', 'other', '--schedule', id]);
    expect(wrong.code).toBe(5);
    expect((await holdfast(['job', 'run'])).code).toBe(2);
  });
});
