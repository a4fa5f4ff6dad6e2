import { describe, expect, it } from 'vitest';
import { buildConfigSchema } from './config-schema.js';
import { settingsOf } from './config-settings.js';
import { parseConfig } from './config.js';

const machine = { cores: 4, hostname: 'web1', timeZone: 'UTC' };
const schema = buildConfigSchema(machine);

function settings(text: string, env: Record<string, string> = {}) {
  const loaded = parseConfig({ file: '/etc/holdfast/config.yaml', text, env }, machine);
  return settingsOf(loaded, schema).flatMap((section) => section.settings);
}

describe('settingsOf', () => {
  it('has words for every section and every key', () => {
    const sections = settingsOf(parseConfig({ file: '/c', text: '', env: {} }, machine), schema);
    const untitled = sections.filter(({ name, title }) => name !== '' && title === '');
    expect(untitled.map(({ name }) => name)).toEqual([]);
    const keys = sections.flatMap((section) => section.settings);
    expect(keys.filter(({ description }) => description === '').map(({ key }) => key)).toEqual([]);
    expect(keys.length).toBeGreaterThan(50);
  });

  it('leaves out what is no longer a setting', () => {
    expect(settings('').map(({ key }) => key)).not.toContain('restore.tenantItems');
  });

  it('says where a value comes from, and how the environment sets it', () => {
    const found = settings('panel:\n  port: 8080\n  tls: {certFile: a.pem, keyFile: b.pem}\n', {
      HOLDFAST_QUEUE_NICE: '3',
      HOLDFAST_PANEL_PORT: '9',
    });
    const by = (wanted: string) => found.find(({ key }) => key === wanted);
    expect(by('panel.port')).toMatchObject({ value: 9, origin: 'environment' });
    expect(by('queue.nice')).toMatchObject({ value: 3, variable: 'HOLDFAST_QUEUE_NICE' });
    expect(by('panel.tls.certFile')).toMatchObject({
      value: '/etc/holdfast/a.pem',
      origin: 'file',
    });
    expect(by('panel.host')).toMatchObject({ value: '127.0.0.1', origin: 'default' });
    expect(by('panel.publicUrl')).toMatchObject({ value: undefined, origin: 'default' });
  });

  it('never tells a password', () => {
    const found = settings('panel: {publicUrl: "https://chief:pa55@panel.example/"}');
    expect(JSON.stringify(found)).not.toContain('pa55');
  });
});
