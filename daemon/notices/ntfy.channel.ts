/** ntfy: push messages to phones, by ntfy.sh or a server of one's own. */
import { z } from 'zod';
import { t } from '../platform/messages.js';
import type { ChannelKind } from './channel-kind.js';
import { httpAddress } from './http-address.js';
import { messageText } from './message-templates.js';
import type { Level } from './notice-kinds.js';
import { postMessage } from './post-message.js';

export const ntfySettings = z.strictObject({
  url: httpAddress.default('https://ntfy.sh').meta({ description: 'Of the ntfy server' }),
  topic: z.string('Give a topic.').regex(/^[-_A-Za-z0-9]{1,64}$/, {
    error: () => t('A topic has 1 to 64 letters, digits, "-" and "_".'),
  }),
});
export const ntfySecrets = z.strictObject({
  token: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: () => t('An access token has no blanks.') })
    .optional()
    .meta({ description: 'An access token, where the topic is protected' }),
});

/** ntfy makes an attachment of what is longer. */
const MOST_BYTES = 4_000;
const PRIORITIES: Record<Level, number> = { info: 3, warning: 4, error: 5 };

export const ntfyChannel: ChannelKind = {
  settings: ntfySettings,
  secrets: ntfySecrets,
  describe: (settings) => {
    const { url, topic } = ntfySettings.parse(settings);
    return `${new URL(url).host}/${topic}`;
  },
  send: ({ settings, secrets, message, signal }) => {
    const { url, topic } = ntfySettings.parse(settings);
    const { token } = ntfySecrets.parse(secrets);
    const click = message.sections[0]?.link?.url;
    const body = JSON.stringify({
      ...{ topic, title: message.title, priority: PRIORITIES[message.level] },
      message: cutBytes(messageText(message).trim(), MOST_BYTES),
      ...(click === undefined ? {} : { click }),
    });
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const headers = { 'Content-Type': 'application/json', ...authorization };
    return postMessage({ url, body, headers, signal });
  },
};

function cutBytes(text: string, most: number): string {
  const bytes = Buffer.from(text, 'utf8');
  // A character that was cut in two leaves a mark of replacement.
  return bytes.length <= most ? text : bytes.subarray(0, most).toString('utf8').replace(/\ufffd+$/, ''); // prettier-ignore
}
