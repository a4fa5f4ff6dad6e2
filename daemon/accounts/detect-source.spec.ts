import { describe, expect, it } from 'vitest';
import { detectSource } from './detect-source.js';

const detect = (...there: string[]) => detectSource((path) => there.includes(path));

describe('detectSource', () => {
  it.each([
    ['cpanel', '/usr/local/cpanel/version'],
    ['directadmin', '/usr/local/directadmin/directadmin'],
    ['hestiacp', '/usr/local/hestia/conf/hestia.conf'],
    ['plesk', '/usr/local/psa/version'],
    ['virtualmin', '/etc/webmin/virtual-server'],
  ])('knows %s by its mark', (source, mark) => {
    expect(detect(mark, '/etc/passwd')).toBe(source);
  });

  it('takes the users of a server without a panel', () => {
    expect(detect('/etc/passwd', '/usr/local/cpanel')).toBe('linux');
  });

  it('leaves the choice among several panels to an admin', () => {
    expect(() => detect('/usr/local/psa/version', '/usr/local/cpanel/version')).toThrow(
      'This server has marks of several panels: cPanel (/usr/local/cpanel/version), Plesk ' +
        '(/usr/local/psa/version). Set accounts.source to the one whose accounts are to be backed up, ' +
        'one of cpanel, plesk, and restart.',
    );
  });
});
