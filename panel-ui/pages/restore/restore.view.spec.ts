import { describe, expect, it } from 'vitest';
import type { RestorePreview } from '../../../daemon/engine/types.js';
import { RestoreCondition } from '../../../daemon/runs/restore-condition.entity.js';
import { names, now, sampleSnapshot } from '../../../daemon/testing/sample-rows.js';
import {
  readRestoreForm,
  toRestoreInput,
  toRestoreView,
  type RestoreViewInput,
} from './restore.view.js';

const preview: RestorePreview = {
  counts: { created: 1, replaced: 0, deleted: 2, unchanged: 3, skipped: 0 },
  bytes: 1000,
  freeBytes: undefined,
  targetPath: '/home/alice',
  changes: [{ path: 'homedir/a\nb', action: 'deleted', sizeBytes: 0 }],
  isTruncated: false,
  warnings: [],
};

function view(given: Partial<RestoreViewInput> = {}) {
  return toRestoreView({
    snapshot: sampleSnapshot(),
    names,
    form: readRestoreForm({}),
    preview: undefined,
    problems: [],
    isAdmin: true,
    conditions: [],
    now,
    ...given,
  });
}

describe('the form', () => {
  it('starts with what harms nothing', () => {
    const form = readRestoreForm({ place: 'anywhere' });
    expect(form).toEqual({
      paths: [],
      items: [],
      place: 'overlay',
      to: '',
      intoAccount: '',
      confirm: '',
      accept: [],
    });
    expect(toRestoreInput(form)).toEqual({ paths: [], mode: 'overlay', beside: false });
  });

  it('becomes what the services ask for', () => {
    const input = (place: string) =>
      toRestoreInput(readRestoreForm({ path: 'homedir/a', place, to: '/x', confirm: 'alice' }));
    const rest = { paths: ['homedir/a'], confirm: 'alice' };
    expect(input('mirror')).toEqual({ ...rest, mode: 'mirror', beside: false });
    expect(input('beside')).toEqual({ ...rest, mode: 'overlay', beside: true });
    expect(input('directory')).toEqual({ ...rest, mode: 'overlay', beside: false, to: '/x' });
  });
});

describe('toRestoreView', () => {
  it('asks for the name where something is at stake', () => {
    expect(view().confirmReason).toBeUndefined();
    expect(view({ form: readRestoreForm({ place: 'mirror' }) }).confirmReason).toContain('deleted');
    expect(view({ snapshot: sampleSnapshot({ isDamaged: true }) }).confirmReason).toContain(
      'damaged',
    );
  });

  it('offers a directory of the server to admins only', () => {
    const offered = (isAdmin: boolean) => view({ isAdmin }).places.map((place) => place.value);
    expect(offered(true)).toContain('directory');
    expect(offered(false)).not.toContain('directory');
  });

  it('asks for the name of the other account that it writes into', () => {
    const form = readRestoreForm({ intoAccount: ' bob ', place: 'beside' });
    expect(toRestoreInput(form)).toMatchObject({ intoAccount: 'bob', beside: true });
    expect(view({ form })).toMatchObject({ confirmReason: 'This writes into another account.', confirmName: 'bob' }); // prettier-ignore
    const problems = [{ field: 'intoAccount', message: 'There is no account "bob".' }];
    expect(view({ form, problems })).toMatchObject({ intoAccount: 'bob', intoAccountProblem: problems[0]?.message }); // prettier-ignore
  });

  it('asks for what is to be accepted, and again when it was not', () => {
    const conditions = [
      { id: 'c1', text: 'I know.\n' },
      { id: 'c2', text: 'Me too.' },
    ].map((row) => Object.assign(new RestoreCondition(), row));
    const form = readRestoreForm({ accept: 'c2' });
    expect(toRestoreInput(form)).toMatchObject({ accept: ['c2'] });
    expect(view({ conditions, form }).conditions).toEqual([
      { id: 'c1', text: 'I know.\\x0a', isAccepted: false, problem: undefined },
      { id: 'c2', text: 'Me too.', isAccepted: true, problem: undefined },
    ]);
    const problems = [{ field: 'accept', message: 'x' }];
    const shown = view({ conditions, form, problems });
    expect(shown.conditions.map(({ problem }) => problem)).toEqual(['Accept this to go on.', undefined]); // prettier-ignore
    expect(shown.problem).toBeUndefined();
  });

  it('warns of what an incomplete snapshot misses', () => {
    const snapshot = sampleSnapshot({ state: 'incomplete', problems: 3 });
    expect(view({ snapshot }).warning).toContain('3 entries');
  });

  it('shows what will happen, hostile paths harmlessly', () => {
    const shown = view({ preview }).preview;
    expect(shown?.counts.map(({ action, count }) => [action, count])).toEqual([
      ['Created', '1'],
      ['Replaced', '0'],
      ['Deleted', '2'],
      ['Unchanged', '3'],
    ]);
    expect(shown).toMatchObject({ room: '1 kB to write', hasNothingToDo: false });
    expect(shown?.changes[0]).toMatchObject({ path: 'homedir/a\\x0ab', action: 'Deleted' });
  });

  it('does not offer to start what would do nothing', () => {
    const counts = { created: 0, replaced: 0, deleted: 0, unchanged: 9, skipped: 1 };
    expect(view({ preview: { ...preview, counts } }).preview?.hasNothingToDo).toBe(true);
  });

  it('puts each problem beside its field and keeps what was typed', () => {
    const problems = [
      { field: 'to', message: 'must be absolute' },
      { field: 'paths.0', message: 'has empty parts' },
    ];
    const form = readRestoreForm({
      path: ['homedir/a', 'homedir/b\nc'],
      to: 'x',
      place: 'directory',
    });
    const shown = view({ problems, form });
    expect(shown).toMatchObject({
      toProblem: 'must be absolute',
      problem: 'has empty parts',
      to: 'x',
    });
    expect(shown.chosen).toEqual(['homedir/a', 'homedir/b\\x0ac']);
    expect(shown.paths[1]).toMatch(/^base64:/);
  });
});
