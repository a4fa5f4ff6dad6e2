/**
 * Tells systemd how the daemon is (sd_notify). Node has no datagram sockets of the local kind, so
 * socket and sendto come from libc. Never fails and never blocks: without NOTIFY_SOCKET, or when
 * nobody reads, nothing happens.
 */
import { libc } from './libc.js';

export interface ServiceNotifier {
  /** The daemon answers now; `status` is one line for `systemctl status`. */
  ready: (status: string) => void;
  stopping: () => void;
  /** Still alive; due at least every `watchdogIntervalMs`. */
  watchdog: () => void;
}

/** A notifier for the socket named by NOTIFY_SOCKET (a path, or `@name` in the abstract space). */
export function createServiceNotifier(socketName: string | undefined): ServiceNotifier {
  const send = (...lines: string[]): void => {
    if (socketName !== undefined && socketName !== '') sendDatagram(socketName, lines.join('\n'));
  };
  return {
    ready: (status) => {
      send('READY=1', statusLine(status));
    },
    stopping: () => {
      send('STOPPING=1', statusLine('Stopping.'));
    },
    watchdog: () => {
      send('WATCHDOG=1');
    },
  };
}

/**
 * How often to call `watchdog`, half of what systemd allows; undefined when it does not watch, or
 * watches another process.
 */
export function watchdogIntervalMs(
  env: Record<string, string | undefined>,
  pid: number,
): number | undefined {
  const watchedPid = env['WATCHDOG_PID'];
  if (watchedPid !== undefined && Number(watchedPid) !== pid) return undefined;
  const microseconds = Number(env['WATCHDOG_USEC']);
  if (!Number.isSafeInteger(microseconds) || microseconds <= 0) return undefined;
  return Math.max(1, Math.floor(microseconds / 2000));
}

function statusLine(text: string): string {
  return `STATUS=${text.replaceAll(/[\r\n]+/g, ' ')}`;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** Room for a name in sockaddr_un. */
const MAX_NAME_BYTES = 108;

/** Whether the datagram was handed over. */
function sendDatagram(socketName: string, text: string): boolean {
  const address = socketAddress(socketName);
  if (address === undefined) return false;
  const { socket, sendto, close } = libcSockets();
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  try {
    const data = Buffer.from(text);
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return sendto(fd, data, data.length, flags, address, address.length) === data.length;
  } finally {
    close(fd);
  }
}

/** sockaddr_un: the family in the machine's byte order (little on all we run on), then the name. */
function socketAddress(socketName: string): Buffer | undefined {
  const name = Buffer.from(socketName);
  const isAbstract = socketName.startsWith('@');
  if (!isAbstract && !socketName.startsWith('/')) return undefined;
  if (name.length >= MAX_NAME_BYTES) return undefined;
  if (isAbstract) name[0] = 0;
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name, ...(isAbstract ? [] : [Buffer.alloc(1)])]);
}

interface LibcSockets {
  socket: (domain: number, type: number, protocol: number) => number;
  sendto: (...args: [number, Buffer, number, number, Buffer, number]) => number;
  close: (fd: number) => number;
}

let sockets: LibcSockets | undefined;

/** Bound on first use: most processes never notify anyone. */
function libcSockets(): LibcSockets {
  if (sockets !== undefined) return sockets;
  sockets = {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    sendto: libc.func(
      'int64_t sendto(int fd, const void *data, size_t size, int flags, const void *address, uint32_t length)',
    ),
    close: libc.func('int close(int fd)'),
  };
  return sockets;
}
