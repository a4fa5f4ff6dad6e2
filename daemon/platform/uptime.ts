/** How long the kernel has been up, which nobody can set: unlike the time of day. */
import { readFileSync } from 'node:fs';

export interface Uptime {
  /** Another one after every start of the machine. */
  bootId: string;
  /** Milliseconds since then, time asleep included. */
  uptimeMs: number;
}

export type ReadUptime = () => Uptime;

export const readUptime: ReadUptime = () => {
  const [seconds = ''] = readFileSync('/proc/uptime', 'utf8').split(' ');
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return { bootId, uptimeMs: Math.round(Number(seconds) * 1000) };
};
