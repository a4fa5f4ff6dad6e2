import bowser from 'bowser';
import { t } from '../platform/messages.js';

/** A browser in plain words, `Firefox on Linux`; what it says of itself is its own affair. */
export function browserName(userAgent: string): string {
  if (userAgent === '') return t('unknown browser');
  const { browser, os } = bowser.parse(userAgent);
  const name = browser.name ?? '';
  if (name === '' || os.name === undefined) return name === '' ? userAgent.slice(0, 40) : name;
  return t('{browser} on {system}', { browser: name, system: os.name });
}
