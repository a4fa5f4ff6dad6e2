import { describe, expect, it } from 'vitest';
import { destinationKinds } from '../destinations/registry.js';
import { S3_PROVIDERS } from '../destinations/s3/providers.js';
import { sampleDestination } from '../daemon/testing/sample-rows.js';
import { COMMON_FIELDS, formOfKind, offeredForms, type KindForm } from './destination-fields.js';
import { plainProblems, readFields, restOf, toFieldViews } from './destination-forms.js';
import {
  toDestinationChanges,
  toDestinationSettingsView,
} from './pages/destination-settings/destination-settings.view.js';
import {
  toDestinationInput,
  toNewDestinationView,
} from './pages/new-destination/new-destination.view.js';

const [local, ssh, s3] = offeredForms(new Map([['local', 1], ['ssh', 1], ['s3', 1]])) as [KindForm, KindForm, KindForm]; // prettier-ignore

describe('the tables of fields', () => {
  it('are offered as far as the registry has the kind', () => {
    const kinds = offeredForms(destinationKinds).map(({ kind }) => kind);
    expect(kinds).toEqual([...destinationKinds.keys()]);
    expect(formOfKind('ftp')).toBeUndefined();
  });

  it.each([...destinationKinds])(
    'of %s name what its schemas know',
    (kind, { settings, secrets }) => {
      const known = [...Object.keys(settings.shape), ...Object.keys(secrets.shape)];
      const asked = formOfKind(kind)?.fields.map(({ name }) => name) ?? [];
      expect(asked.filter((name) => !known.includes(name))).toEqual([]);
      expect(known.filter((name) => !asked.includes(name))).toEqual([]);
    },
  );

  it('tell what each provider of S3 fills in, from its preset', () => {
    const provider = s3.fields.filter(({ name }) => name === 'provider');
    const choices = toFieldViews(provider, undefined, [])[0]?.choices ?? [];
    expect(choices.map(({ value }) => value)).toEqual(S3_PROVIDERS);
    const labels = Object.fromEntries(choices.map(({ value, label }) => [value, label]));
    expect(labels).toMatchObject({
      aws: 'Amazon S3 – fills Endpoint; give the region',
      wasabi: 'Wasabi – fills Endpoint, Region',
      cloudflare: 'Cloudflare R2 – fills Region; give the endpoint',
      minio: 'MinIO – fills Region, Path style; give the endpoint',
    });
  });

  it('explain every field', () => {
    const fields = [local, ssh, s3].flatMap((form) => form.fields);
    expect([...fields, ...COMMON_FIELDS].filter(({ help }) => help.length < 15)).toEqual([]);
  });
});

describe('what was typed', () => {
  it('is read as the schemas take it', () => {
    const typed = {
      ...{ kind: 'local', name: ' disk ', path: '/backup', diskLimitPercent: '90', threads: '' },
      ...{ isVisible: 'yes', notes: 'a\r\nb', zzz: '1' },
    };
    expect(toDestinationInput(local, typed, undefined)).toEqual({
      ...{ kind: 'local', name: 'disk', path: '/backup', diskLimitPercent: 90 },
      ...{ isMountRequired: false, isVisible: true, isReadOnly: false, notes: 'a\r\nb' },
    });
    const yesNo = (pathStyle: string) => readFields(s3.fields, { pathStyle });
    expect([yesNo('yes'), yesNo('no'), yesNo('')]).toEqual([{ pathStyle: true }, { pathStyle: false }, {}]); // prettier-ignore
  });

  it.each([
    ['own', { privateKey: 'KEY\n', passphrase: ' p ' }],
    ['password', { password: 'w' }],
    ['made', { privateKey: 'MADE' }],
  ])('with the way to sign in %s holds its secrets alone', (login, secrets) => {
    const typed = { login, privateKey: 'KEY\n', passphrase: ' p ', password: 'w' };
    const made = login === 'made' ? 'MADE' : undefined;
    const { privateKey, passphrase, password } = toDestinationInput(ssh, typed, made);
    expect({ privateKey, passphrase, password }).toEqual({ privateKey: undefined, passphrase: undefined, password: undefined, ...secrets }); // prettier-ignore
  });

  it('comes back to the form, but never a secret', () => {
    const typed = { login: 'password', host: 'h"', password: 'geheim', threads: 'x' };
    const problems = [
      { field: 'threads', message: 'Invalid input' },
      { field: '', message: 'It does not answer.' },
    ];
    const view = toNewDestinationView({
      ...{ forms: [local, ssh], form: ssh, canMakeKey: false, typed, key: undefined },
      problems: plainProblems(problems, COMMON_FIELDS, typed),
    });
    expect(JSON.stringify(view)).not.toContain('geheim');
    expect(view.fields.find(({ name }) => name === 'host')?.value).toBe('h"');
    expect(view.common.find(({ name }) => name === 'threads')).toMatchObject({ value: 'x', problem: 'It must be a whole number.' }); // prettier-ignore
    expect(view.problem).toBe('It does not answer.');
    expect(view.logins.map(({ value, isChosen }) => [value, isChosen])).toEqual([['own', false], ['password', true]]); // prettier-ignore
  });

  it('has a problem of an unknown field at the top', () => {
    expect(restOf([{ field: 'zzz', message: 'Unknown.' }], local.fields)).toBe('zzz: Unknown.');
  });

  it('is on as the table says on a fresh form only', () => {
    const isOn = (typed: object | undefined) =>
      toFieldViews(COMMON_FIELDS, typed as Record<string, unknown> | undefined, []).filter((field) => field.isOn).length; // prettier-ignore
    expect([isOn(undefined), isOn({}), isOn({ isReadOnly: 'yes' })]).toEqual([1, 0, 1]);
  });
});

describe('the settings form', () => {
  const row = sampleDestination({ settings: { path: '/backup', diskLimitPercent: 90 }, owner: 'ops' }); // prettier-ignore
  const typed = { name: 'main', path: '/backup', diskLimitPercent: '90', owner: 'ops', isVisible: 'yes' }; // prettier-ignore

  it('shows what is kept', () => {
    const view = toDestinationSettingsView({ row, typed: undefined, problems: [] });
    const values = [...view.fields, ...view.common].map(({ name, value }) => [name, value]);
    expect(Object.fromEntries(values)).toMatchObject({ path: '/backup', diskLimitPercent: '90', owner: 'ops' }); // prettier-ignore
    expect(values.map(([name]) => name)).not.toContain('isReadOnly');
  });

  it('tries the place only when it changed, and takes back what was left empty', () => {
    expect(toDestinationChanges(row, typed).settings).toBeUndefined();
    expect(toDestinationChanges(row, { ...typed, owner: '' }).owner).toBeNull();
    expect(toDestinationChanges(row, { ...typed, diskLimitPercent: '' }).settings).toEqual({
      ...{ path: '/backup', diskLimitPercent: null, isMountRequired: false },
    });
    expect(toDestinationChanges(row, { ...typed, isMountRequired: 'yes' }).settings).toMatchObject({ isMountRequired: true }); // prettier-ignore
  });

  const sshRow = sampleDestination({ kind: 'ssh', settings: { host: 'h', user: 'u', path: '/b' } });
  const kept = { name: 'main', host: 'h', user: 'u', path: '/b', isVisible: 'yes' };

  it.each([
    ['kept', undefined],
    ['', undefined],
    ['own', { privateKey: 'KEY\n', passphrase: null, password: null }],
    ['password', { privateKey: null, passphrase: null, password: ' w ' }],
  ])('switches the way to sign in as a whole, or not at all: %s', (login, secrets) => {
    const given = { ...kept, login, privateKey: 'KEY\n', passphrase: '', password: ' w ' };
    const changes = toDestinationChanges(sshRow, given);
    expect(changes.secrets).toEqual(secrets);
    expect(changes.settings).toBeUndefined();
  });

  it('offers to keep the way to sign in first, and comes back with what was chosen', () => {
    const loginsOf = (login?: string) =>
      toDestinationSettingsView({ row: sshRow, typed: login === undefined ? undefined : { login }, problems: [] }) // prettier-ignore
        .logins.map(({ value, isChosen }) => (isChosen ? `*${value}` : value));
    expect(loginsOf()).toEqual(['*kept', 'own', 'password']);
    expect(loginsOf('password')).toEqual(['kept', 'own', '*password']);
    const [secret] = toDestinationSettingsView({ row, typed: undefined, problems: [] }).logins;
    expect(secret).toBeUndefined();
  });

  it('leaves a secret without a choice of its own when it is empty', () => {
    const s3Row = sampleDestination({ kind: 's3', settings: {} });
    const changed = (secretAccessKey: string) => toDestinationChanges(s3Row, { secretAccessKey }).secrets; // prettier-ignore
    expect([changed(''), changed('S')]).toEqual([undefined, { secretAccessKey: 'S' }]);
  });
});
