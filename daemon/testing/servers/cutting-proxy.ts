/**
 * A TCP proxy on loopback that breaks connections as told: cut after so many bytes, or silent. For
 * tests of whatever must survive a network. Places that are drawn are the same for a seed.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { seededRandom } from '../../../destinations/wrappers/fault-plan.js';

export interface CuttingProxyOptions {
  target: { host: string; port: number };
  seed: number;
}

export interface CuttingProxy {
  readonly port: number;
  /** How many connections were cut so far. */
  readonly cuts: number;
  /** Connections made from now on are reset (RST) when so many bytes, both directions together,
   * went through; undefined: never. 0 cuts at the first byte. */
  cutAfter(bytes: number | undefined): void;
  /** The same, but each connection's own place is drawn from the seed, from 1 to `bytes`. */
  cutWithin(bytes: number): void;
  /** The next connections are cut after so many bytes, one each; those after them never. */
  cutNext(places: readonly number[]): void;
  /** While on, nothing is forwarded in either direction; connections stay open and new ones are
   * taken. Off: what was held back goes on. */
  stall(isOn: boolean): void;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

export async function startCuttingProxy(options: CuttingProxyOptions): Promise<CuttingProxy> {
  const proxy = new RunningProxy(options);
  await proxy.listen();
  return proxy;
}

class RunningProxy implements CuttingProxy {
  cuts = 0;
  readonly #random: () => number;
  readonly #links = new Set<Link>();
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  #nextBudget = (): number => Infinity;
  #isStalled = false;

  constructor({ target, seed }: CuttingProxyOptions) {
    this.#target = target;
    this.#random = seededRandom(seed);
    this.#server = createServer({ pauseOnConnect: true }, (near) => {
      this.#accept(near);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  cutAfter(bytes: number | undefined): void {
    this.#nextBudget = () => bytes ?? Infinity;
  }

  cutWithin(bytes: number): void {
    this.#nextBudget = () => 1 + Math.floor(this.#random() * bytes);
  }

  cutNext(places: readonly number[]): void {
    const left = [...places];
    this.#nextBudget = () => left.shift() ?? Infinity;
  }

  stall(isOn: boolean): void {
    this.#isStalled = isOn;
    for (const link of this.#links) link.stall(isOn);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const link of this.#links) link.destroy();
    await closed;
  }

  #accept(near: Socket): void {
    const far = connect({ ...this.#target, noDelay: true });
    const link = new Link(near.setNoDelay(), far, this.#nextBudget(), {
      cut: () => this.cuts++,
      end: () => this.#links.delete(link),
    });
    this.#links.add(link);
    link.stall(this.#isStalled);
  }
}

/** One connection through the proxy. */
class Link {
  #isStalled = false;
  readonly #waitsForDrain = new Set<Socket>();

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private budgetBytes: number,
    private readonly tell: { cut: () => void; end: () => void },
  ) {
    this.#forward(near, far);
    this.#forward(far, near);
  }

  stall(isOn: boolean): void {
    this.#isStalled = isOn;
    for (const socket of [this.near, this.far]) this.#flow(socket);
  }

  destroy(): void {
    this.near.destroy();
    this.far.destroy();
  }

  #forward(from: Socket, to: Socket): void {
    from.on('data', (chunk) => {
      const allowed = chunk.subarray(0, this.budgetBytes);
      this.budgetBytes -= chunk.length;
      const isTaken = to.write(allowed);
      if (this.budgetBytes <= 0) {
        this.#cut();
        return;
      }
      if (isTaken) return;
      this.#waitsForDrain.add(from);
      this.#flow(from);
      to.once('drain', () => {
        this.#waitsForDrain.delete(from);
        this.#flow(from);
      });
    });
    from.on('end', () => to.end());
    from.on('error', () => undefined); // `close` follows.
    from.on('close', () => {
      // What was written to the other side before this one ended is still delivered.
      if (from.readableEnded) to.end();
      else to.destroy();
      this.tell.end();
    });
  }

  #flow(socket: Socket): void {
    if (this.#isStalled || this.#waitsForDrain.has(socket)) socket.pause();
    else socket.resume();
  }

  #cut(): void {
    if (this.near.destroyed) return;
    this.tell.cut();
    this.near.resetAndDestroy();
    this.far.resetAndDestroy();
  }
}
