/** Has a worker process bring a history index up to date. */
import { Injectable } from '@nestjs/common';
import type { Moment } from '../runs/snapshots.store.js';
import { WorkOrders } from '../runs/work-orders.js';
import type { HistoryRequest, HistoryUpdate } from '../runs/worker-protocol.js';
import { Workers } from '../runs/workers.js';

@Injectable()
export class HistoryUpdates {
  constructor(
    private readonly orders: WorkOrders,
    private readonly workers: Workers,
  ) {}

  /** `missing`: what is not in the index yet. */
  async run(
    request: HistoryRequest,
    missing: readonly Moment[],
    signal: AbortSignal,
  ): Promise<HistoryUpdate> {
    const order = await this.orders.forHistory(request, missing);
    const nobody = (): void => undefined;
    const result = await this.workers.run({ order, signal, onProgress: nobody, onLog: nobody });
    return result as HistoryUpdate;
  }
}
