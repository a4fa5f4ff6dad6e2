import { describe, expect, it } from 'vitest';
import { AppError } from '../platform/errors.js';
import { allowedHosts, checkHost } from './host-check.js';

const allowed = allowedHosts({ host: '127.0.0.1', publicUrl: 'https://Panel.example.org:8443/' });

describe('the host check', () => {
  it.each([
    'localhost',
    'localhost:3035',
    '127.0.0.1:3035',
    '[::1]:3035',
    'PANEL.example.org:8443',
  ])('accepts %s', (header) => {
    expect(() => {
      checkHost(header, allowed);
    }).not.toThrow();
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    'localhost:3035@evil.example',
    'evil.example#localhost',
    '127.0.0.1:3035:1',
    '169.254.1.1',
    'user@localhost',
  ])('refuses %s', (header) => {
    expect(() => {
      checkHost(header, allowed);
    }).toThrow(AppError);
  });

  it('knows the address it listens on, but not a wildcard', () => {
    expect([...allowedHosts({ host: '::' })]).toEqual(['localhost', '127.0.0.1', '[::1]']);
    expect(allowedHosts({ host: '2001:db8::7' })).toContain('[2001:db8::7]');
    expect(allowedHosts({ host: '192.0.2.7' })).toContain('192.0.2.7');
  });
});
