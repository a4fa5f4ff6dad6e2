import { expect, it } from 'vitest';
import { browserName } from './browser-name.js';

it.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0', 'Microsoft Edge on Windows'], // prettier-ignore
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1', 'Safari on iOS'], // prettier-ignore
  ['', 'unknown browser'],
])('%s is called plainly', (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name);
});

it('says of what it does not know no more than a line', () => {
  expect(browserName(`<b>${'x'.repeat(500)}`).length).toBeLessThanOrEqual(60);
});
