import { afterEach, describe, expect, it, vi } from 'vitest';
import { needsTool } from './tools.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('needsTool', () => {
  it('is true for what is on the PATH', () => {
    expect(needsTool('sh', 'cat')).toBe(true);
  });

  it('lets a test skip where a tool is missing', () => {
    vi.stubEnv('REQUIRE_TOOLS', '');
    expect(needsTool('sh', 'holdfast-no-such-tool')).toBe(false);
  });

  it('refuses to skip with REQUIRE_TOOLS=1', () => {
    vi.stubEnv('REQUIRE_TOOLS', '1');
    expect(() => needsTool('holdfast-no-such-tool')).toThrow('holdfast-no-such-tool');
  });
});
