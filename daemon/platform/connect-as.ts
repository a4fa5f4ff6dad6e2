/** Sockets that connect as another Unix user: servers that know us by it know root as nobody. */
import { Socket } from 'node:net';
import { asUser } from './process-calls.js';

/** Connects when told to, as any socket; `uid` undefined: as ourselves. */
export function socketAs(uid: number | undefined): Socket {
  if (uid === undefined || uid === process.geteuid?.()) return new Socket();
  return new SocketAs(uid);
}

class SocketAs extends Socket {
  constructor(private readonly uid: number) {
    super();
  }

  /** Node connects to a Unix socket within this call. */
  override connect(...args: unknown[]): this {
    return asUser(this.uid, () => Reflect.apply(super.connect.bind(this), this, args) as this);
  }
}
