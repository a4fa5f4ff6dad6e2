/** Real servers that take messages: one that speaks SMTP, one that speaks HTTP. They end with the test. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** As it came over the line. */
  raw: string;
  user: string | undefined;
}

export interface MailServer {
  port: number;
  mails: ReceivedMail[];
  /** What it answers instead of taking a mail; undefined: it takes it. */
  refusal: string | undefined;
  /** How long it thinks about a mail before it takes it. */
  delayMs: number;
}

/** Without TLS, with any password but `wrong`. */
export async function startMailServer(): Promise<MailServer> {
  const state: MailServer = { port: 0, mails: [], refusal: undefined, delayMs: 0 };
  const server = new SMTPServer({
    ...{ authOptional: true, allowInsecureAuth: true, disabledCommands: ['STARTTLS'] },
    onAuth: ({ username, password }, _session, done) => {
      if (password === 'wrong') done(new Error(`No: ${password}`));
      else done(null, { user: username ?? '' });
    },
    onData: (stream, { envelope, user }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void sleep(state.delayMs).then(() => {
          if (state.refusal !== undefined) {
            done(Object.assign(new Error(state.refusal), { responseCode: 451 }));
            return;
          }
          const { mailFrom, rcptTo } = envelope;
          const from = mailFrom === false ? '' : mailFrom.address;
          const to = rcptTo.map(({ address }) => address);
          const raw = Buffer.concat(chunks).toString('utf8');
          state.mails.push({ from, to, raw, user: typeof user === 'string' ? user : undefined });
          done(null, 'taken');
        });
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.port = (server.server.address() as AddressInfo).port;
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return state;
}

export interface ReceivedPost {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface PostReceiver {
  url: string;
  posts: ReceivedPost[];
  status: number;
  answer: string;
  location: string | undefined;
  delayMs: number;
}

export async function startPostReceiver(): Promise<PostReceiver> {
  const state: PostReceiver = { url: '', posts: [], status: 200, answer: 'ok', location: undefined, delayMs: 0 }; // prettier-ignore
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      state.posts.push({ path: request.url ?? '', headers: request.headers, body });
      const { location } = state;
      void sleep(state.delayMs).then(() => {
        response.writeHead(state.status, location === undefined ? {} : { location });
        response.end(state.answer);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return state;
}
