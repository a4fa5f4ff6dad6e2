/**
 * Carries the SDK's requests over node:http. In place of the SDK's own handler, because that one
 * cannot tell a store that is silent from a reader that is slow, gives each large body a connection
 * of its own, and loses the reason when a store refuses a large body early. Here:
 * - `timeoutMs` without a byte in either direction, from the connection on, ends the request, unless
 *   the answer waits for its reader;
 * - a large body is sent when the store says that it wants it (`Expect: 100-continue`);
 * - connections are kept, and a request on one that turns out to be dead is sent once more.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { openAgents, takenBodyOf, takeLargeBody, type Agents } from './connections.js';
import { STALLED } from './s3-errors.js';

const EXPECT_FROM_BYTES = 1024 * 1024;
/** A store that never says "continue" gets the body after this. */
const CONTINUE_MS = 1000;

export interface HttpHandlerOptions {
  /** How long the store may be silent. */
  timeoutMs: number;
  caPem: string | undefined;
}

/** What the SDK hands over. */
interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  query?: Record<string, string | string[] | null> | undefined;
  headers: Record<string, string>;
  body?: unknown;
}

interface SdkResponse {
  statusCode: number;
  reason: string | undefined;
  headers: Record<string, string>;
  body: http.IncomingMessage;
}

export class S3HttpHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #agents: Agents;

  constructor(private readonly options: HttpHandlerOptions) {
    this.#agents = openAgents(options.caPem);
  }

  async handle(
    request: SdkRequest,
    options: { abortSignal?: unknown } = {},
  ): Promise<{ response: SdkResponse }> {
    const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined;
    const body = bytesOf(request.body);
    for (let isFirst = true; ; isFirst = false) {
      const exchange = new Exchange(this.#open(request, body), body, this.options.timeoutMs);
      try {
        return { response: await exchange.answer(signal) };
      } catch (error) {
        // The store closed a kept connection while it was idle.
        if (!isFirst || !exchange.isStale || !isRepeatable(request)) throw error;
        if (signal?.aborted === true) throw error;
      }
    }
  }

  destroy(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** The SDK sets defaults of its own this way; ours are final. */
  updateHttpClientConfig(): void {
    return;
  }

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  #open(request: SdkRequest, body: Uint8Array): http.ClientRequest {
    const isTls = request.protocol === 'https:';
    const expects = body.length >= EXPECT_FROM_BYTES ? { expect: '100-continue' } : {};
    const opened = (isTls ? https : http).request({
      method: request.method,
      host: request.hostname.replace(/^\[|\]$/g, ''),
      port: request.port,
      path: request.path + queryOf(request.query),
      headers: { ...request.headers, ...expects },
      agent: this.#agents[isTls ? 'https:' : 'http:'],
    });
    if (isObject(request)) opened.once('response', takeLargeBody);
    return opened;
  }
}

/** One request and its answer. */
class Exchange {
  #response: http.IncomingMessage | undefined;
  #isBodySent = false;
  #hasFailed = false;

  constructor(
    private readonly request: http.ClientRequest,
    private readonly body: Uint8Array,
    private readonly timeoutMs: number,
  ) {}

  /** It failed on a kept connection before the store said anything. */
  get isStale(): boolean {
    return this.#hasFailed && this.#response === undefined && this.request.reusedSocket;
  }

  /** Resolves when the head of the answer is there; the signal ends the body, too. */
  answer(signal: AbortSignal | undefined): Promise<SdkResponse> {
    return new Promise((resolve, reject) => {
      const { request } = this;
      const onAbort = (): void => {
        this.#end(Object.assign(new Error('aborted'), { name: 'AbortError' }));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      request.on('close', () => signal?.removeEventListener('abort', onAbort));
      request.on('socket', (socket) => {
        this.#watch(socket);
      });
      request.on('error', (error) => {
        this.#hasFailed = true;
        reject(error);
      });
      request.on('response', (response) => {
        this.#response = response;
        // Unsent content would be taken for the next request.
        if (!this.#isBodySent) response.once('close', () => request.destroy());
        resolve({
          statusCode: response.statusCode ?? 0,
          reason: response.statusMessage,
          headers: headersOf(response),
          body: response,
        });
      });
      this.#send();
      if (signal?.aborted === true) onAbort();
    });
  }

  #send(): void {
    if (this.request.getHeader('expect') === undefined) {
      this.#sendBody();
      return;
    }
    const timer = setTimeout(() => {
      this.#sendBody();
    }, CONTINUE_MS);
    this.request.on('continue', () => {
      clearTimeout(timer);
      this.#sendBody();
    });
    this.request.on('response', () => {
      clearTimeout(timer);
    });
    this.request.on('close', () => {
      clearTimeout(timer);
    });
  }

  #sendBody(): void {
    if (this.#isBodySent || this.request.destroyed) return;
    this.#isBodySent = true;
    this.request.end(this.body);
  }

  #watch(socket: Socket): void {
    const onSilence = (): void => {
      if (isReaderSlow(this.#response)) socket.setTimeout(this.timeoutMs);
      else this.#end(Object.assign(new Error('the store is silent'), { code: STALLED }));
    };
    socket.setTimeout(this.timeoutMs);
    socket.on('timeout', onSilence);
    this.request.on('close', () => socket.off('timeout', onSilence));
  }

  #end(error: Error): void {
    this.#response?.destroy(error);
    this.request.destroy(error);
  }
}

/** It asks for what an object holds, which is read to its end or given up. */
function isObject({ method, query }: SdkRequest): boolean {
  return method === 'GET' && query?.['x-id'] === 'GetObject';
}

function isReaderSlow(response: http.IncomingMessage | undefined): boolean {
  if (response === undefined) return false;
  return takenBodyOf(response)?.isFull ?? response.readableLength > 0;
}

/** Whether it does the same when it was done already, unseen. */
function isRepeatable({ method, headers }: SdkRequest): boolean {
  return method !== 'POST' && !Object.keys(headers).some((name) => /^if-none-match$/i.test(name));
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body);
  throw new TypeError('Only bytes and text can be sent.');
}

/** As it was signed: sorted, everything but unreserved characters escaped. */
function queryOf(query: SdkRequest['query']): string {
  const parts: string[] = [];
  for (const name of Object.keys(query ?? {}).sort()) {
    const value = query?.[name] ?? null;
    for (const each of Array.isArray(value) ? value : [value]) {
      parts.push(each === null ? escaped(name) : `${escaped(name)}=${escaped(each)}`);
    }
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function escaped(text: string): string {
  const encode = (mark: string): string => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, encode);
}

function headersOf(response: http.IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
