/** Incoming webhooks as Slack has them; Mattermost, Rocket.Chat and others take the same. */
import { z } from 'zod';
import type { ChannelKind } from './channel-kind.js';
import { httpAddress } from './http-address.js';
import type { Level } from './notice-kinds.js';
import { messageText } from './message-templates.js';
import { postMessage } from './post-message.js';

export const slackSettings = z.strictObject({});
export const slackSecrets = z.strictObject({
  /** Whoever knows it can post there. */
  url: httpAddress.meta({ description: 'Of the incoming webhook; it is a secret' }),
});

/** Longer texts are cut by Slack in a place of its own choice. */
const MOST_TEXT = 3_500;
const MARKS: Record<Level, string> = { info: ':information_source:', warning: ':warning:', error: ':rotating_light:' }; // prettier-ignore

export const slackChannel: ChannelKind = {
  settings: slackSettings,
  secrets: slackSecrets,
  describe: () => 'incoming webhook',
  send: ({ secrets, message, signal }) => {
    const text = `${MARKS[message.level]} ${message.title}\n${messageText(message)}`;
    const body = JSON.stringify({ text: escapeMarks(text.slice(0, MOST_TEXT)) });
    const headers = { 'Content-Type': 'application/json' };
    return postMessage({ url: secrets['url'] ?? '', body, headers, signal });
  },
};

/** Nothing in it is a link, a mention or a command. */
function escapeMarks(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
