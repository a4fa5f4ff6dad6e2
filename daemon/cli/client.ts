/**
 * Talks to the daemon of one instance over its Unix socket. The socket is the credential: the
 * kernel tells the daemon who we are, so nothing is sent to prove it.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { AppError, errnoOf, type ErrorKind } from '../platform/errors.js';

export type Query = Record<string, string | number | undefined>;

interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Query;
  body?: object;
}

/** Far more than any answer that is not a stream. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export class DaemonClient {
  constructor(
    private readonly socketPath: string,
    /** How to start the daemon, for the error that says it is not there. */
    private readonly startCommand: string,
    /** Ends whatever is under way. */
    private readonly signal?: AbortSignal,
  ) {}

  get<Answer>(path: string, query?: Query): Promise<Answer> {
    return this.call<Answer>({ method: 'GET', path, ...(query === undefined ? {} : { query }) });
  }

  post<Answer>(path: string, body: object = {}): Promise<Answer> {
    return this.call<Answer>({ method: 'POST', path, body });
  }

  patch<Answer>(path: string, body: object): Promise<Answer> {
    return this.call<Answer>({ method: 'PATCH', path, body });
  }

  put<Answer>(path: string, body: object): Promise<Answer> {
    return this.call<Answer>({ method: 'PUT', path, body });
  }

  async remove(path: string): Promise<void> {
    await this.call<unknown>({ method: 'DELETE', path });
  }

  /** Like `remove`, for removals that answer with something. */
  delete<Answer>(path: string, query?: Query): Promise<Answer> {
    return this.call<Answer>({ method: 'DELETE', path, ...(query ? { query } : {}) });
  }

  /** The answer as it arrives: events, files. The caller reads it to its end or destroys it. */
  async stream(path: string, query?: Query): Promise<IncomingMessage> {
    const response = await this.send({ method: 'GET', path, ...(query ? { query } : {}) });
    if (isSuccess(response)) return response;
    throw errorOf(response, await readAll(response));
  }

  private async call<Answer>(call: Call): Promise<Answer> {
    const response = await this.send(call);
    const text = await readAll(response);
    if (!isSuccess(response)) throw errorOf(response, text);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  private send({ method, path, query, body }: Call): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        createConnection: () => connect(this.socketPath),
        method,
        path: `/api/v1${path}${queryText(query)}`,
        ...(this.signal === undefined ? {} : { signal: this.signal }),
        headers: {
          host: 'localhost',
          'user-agent': 'holdfast-cli',
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': payload.length }),
        },
      });
      request.on('response', resolve);
      request.on('error', (error) => {
        reject(this.connectionError(error));
      });
      request.end(payload);
    });
  }

  private connectionError(error: Error): AppError {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ECONNREFUSED') {
      return new AppError(
        'conflict',
        'daemon.not-running',
        `The daemon is not running; start it with: ${this.startCommand}`,
        { cause: error },
      );
    }
    if (errno === 'EACCES' || errno === 'EPERM') {
      return new AppError(
        'denied',
        'daemon.no-access',
        `The daemon's socket ${this.socketPath} cannot be reached by this user; its directory must be open (mode 0755).`,
        { cause: error },
      );
    }
    return new AppError(
      'conflict',
      'daemon.connection-lost',
      `The connection to the daemon broke (${errno ?? error.message}); look at its log.`,
      { cause: error },
    );
  }
}

/** A path of the API out of parts that may hold anything. */
export function apiPath(...parts: (string | number)[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}

function queryText(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}

function isSuccess(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0;
  return status >= 200 && status < 300;
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error('The daemon answered more than was asked for.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface ErrorBody {
  kind: ErrorKind;
  code: string;
  message: string;
  errorId?: string;
  details?: Record<string, unknown>;
}

function errorOf(response: IncomingMessage, text: string): AppError {
  const body = errorBody(text);
  if (body === undefined) {
    return new AppError('bug', 'api.malformed', `The daemon answered ${response.statusCode ?? 0}.`);
  }
  return new AppError(body.kind, body.code, body.message, {
    details: {
      ...body.details,
      ...(body.errorId === undefined ? {} : { errorId: body.errorId }),
    },
  });
}

function errorBody(text: string): ErrorBody | undefined {
  try {
    return (JSON.parse(text) as { error?: ErrorBody }).error;
  } catch {
    return undefined;
  }
}
