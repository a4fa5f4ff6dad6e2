/** What a kind of channel must be able to do. Neighbours: a file for each kind, channel-kinds.ts lists them. */
import type { z } from 'zod';
import type { Message } from './message.js';

export interface Sending {
  settings: unknown;
  /** Unsealed. */
  secrets: Readonly<Record<string, string>>;
  message: Message;
  /** Instead of whom the settings name: the owner of an account. Only of mail. */
  address: string | null;
  signal: AbortSignal;
}

export interface ChannelKind {
  readonly settings: z.ZodObject;
  readonly secrets: z.ZodObject;
  /** One line for lists and logs, without secrets. */
  describe(settings: unknown): string;
  /** Answers what the other side said, in one line. Throws an AppError of kind `destination` with a
   * sentence, never with a secret, when it did not take the message. */
  send(sending: Sending): Promise<string>;
}
