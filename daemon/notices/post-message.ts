/** Posts a message over HTTP: no redirects, a time limit, and only the start of the answer is read. */
import { AppError } from '../platform/errors.js';
import { plainLine } from './plain-line.js';

const TIMEOUT_MS = 15_000;
const MOST_READ = 2_048;

export interface Post {
  /** May hold a secret: it is in no error. */
  url: string;
  body: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** What the receiver answered, in one line. */
export async function postMessage({ url, body, headers, signal }: Post): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, {
      ...{ method: 'POST', body, redirect: 'manual' },
      headers: { 'User-Agent': 'Holdfast', ...headers },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (error) {
    throw refused(`It cannot be reached: ${whyNot(error)}.`, error);
  }
  const start = await startOf(response).catch(() => '');
  const said = plainLine(start.trim(), 200);
  const answer = `HTTP ${response.status}${said === '' ? '' : `: ${said}`}`;
  if (response.ok) return answer;
  if (response.status >= 300 && response.status < 400) {
    throw refused(`It answers ${answer}, a redirect, which is not followed; give the address that it leads to.`); // prettier-ignore
  }
  throw refused(`It answers ${answer}.`);
}

async function startOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < MOST_READ) {
    const read = (await reader.read()) as { done: boolean; value: Uint8Array | undefined };
    if (read.done || read.value === undefined) break;
    chunks.push(read.value);
    size += read.value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks).subarray(0, MOST_READ).toString('utf8');
}

/** The system's reason, which fetch keeps in the cause; its own message may name the address. */
function whyNot(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `no answer within ${TIMEOUT_MS / 1_000} seconds`;
  }
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection failed';
}

export function refused(message: string, cause?: unknown): AppError {
  return new AppError('destination', 'channel.refused', message, { cause, isRetryable: true });
}
