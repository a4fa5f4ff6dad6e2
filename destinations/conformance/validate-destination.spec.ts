import { describe, expect, it } from 'vitest';
import type { Destination } from '../destination.js';
import { initialise } from '../marker.js';
import { MemoryDestination } from '../memory/memory.destination.js';
import { plannedFaults, type PlannedFault } from '../wrappers/fault-plan.js';
import { FaultyDestination } from '../wrappers/faulty.destination.js';
import { listAll } from './check-tools.js';
import { validateDestination, type ValidationReport } from './validate-destination.js';

function validate(
  destination: Destination,
  options: { signal?: AbortSignal; now?: () => Date } = {},
): Promise<ValidationReport> {
  const { signal = new AbortController().signal, now = () => new Date() } = options;
  return validateDestination(destination, { signal, now, scratchName: 'test' });
}

function failedChecks(report: ValidationReport): string[] {
  return report.checks.filter((check) => !check.isOk).map((check) => check.name);
}

describe('validation', () => {
  it('finds nothing wrong with a sound destination and leaves it as it was', async () => {
    const destination = new MemoryDestination({ capacityBytes: 100_000_000 });
    await destination.put('own/object', new Uint8Array(10));
    const report = await validate(destination);
    expect(failedChecks(report)).toEqual([]);
    expect(report).toMatchObject({ isOk: true, capabilities: { rangeRead: true } });
    expect(report.checks.length).toBeGreaterThan(15);
    expect(report.usage?.totalBytes).toBe(100_000_000);
    expect(report.latencyMs).toBeGreaterThan(0);
    expect(report.throughputMiBs).toBeGreaterThan(0);
    expect((await listAll(destination, '')).map(({ key }) => key)).toEqual(['own/object']);
  });

  it.each<[string, PlannedFault, string]>([
    ['flips bits', { call: 'get', fault: 'flip', atByte: 0 }, 'sizes'],
    ['ends reads early', { call: 'get', fault: 'end-early', after: 100 }, 'ranges'],
    ['lies about sizes', { call: 'stat', fault: 'lie', byBytes: 1 }, 'sizes'],
    ['does not list', { call: 'list', fault: 'cut', after: 0 }, 'list-order'],
  ])('tells a destination that %s', async (_name, fault, check) => {
    const inner = new MemoryDestination();
    const report = await validate(new FaultyDestination(inner, plannedFaults([fault])));
    expect(report.isOk).toBe(false);
    expect(failedChecks(report)).toContain(check);
  });

  it('stops after surroundings that are not fit, without writing', async () => {
    const inner = new MemoryDestination();
    const fault: PlannedFault = { call: 'probe', fault: 'fail', code: 'destination.denied' };
    const faulty = new FaultyDestination(inner, plannedFaults([fault]));
    const report = await validate(faulty);
    expect(report.checks).toMatchObject([{ name: 'surroundings', isOk: false }]);
    expect(report).toMatchObject({ isOk: false, latencyMs: undefined });
    expect(faulty.calls.get('put')).toBeUndefined();
  });

  it('warns of what could be safer, which is still ready', async () => {
    const destination: Destination = new MemoryDestination();
    const warning = { name: 'mode', message: 'Others can read it.', mend: 'chmod 700' };
    destination.warnings = () => Promise.resolve([warning]);
    const told: string[] = [];
    const report = await validateDestination(new FaultyDestination(destination, () => undefined), {
      signal: new AbortController().signal,
      now: () => new Date(),
      scratchName: 'test',
      onCheck: ({ name }) => told.push(name),
    });
    expect(report.isOk).toBe(true);
    expect(report.checks[1]).toEqual({ ...warning, isOk: true, isWarning: true });
    expect(told).toEqual(report.checks.map(({ name }) => name));
    expect(Math.abs(report.clockSkewMs ?? NaN)).toBeLessThan(60_000);
  });

  it('writes nothing to what is only read, and tells when it is no destination', async () => {
    const options = {
      signal: new AbortController().signal,
      now: () => new Date(),
      scratchName: 'test',
      isReadOnly: true,
    };
    const inner = new MemoryDestination();
    const faulty = new FaultyDestination(inner, () => undefined);
    expect(failedChecks(await validateDestination(faulty, options))).toEqual(['reading']);
    await initialise(inner, 'abcdefgh12345678');
    expect((await validateDestination(faulty, options)).isOk).toBe(true);
    expect(faulty.calls.get('put')).toBeUndefined();
  });

  it('tells a clock that is wrong', async () => {
    const now = (): Date => new Date(Date.now() + 3_600_000);
    expect(failedChecks(await validate(new MemoryDestination(), { now }))).toEqual(['clock']);
  });

  it('is cancelled by its signal and still cleans up', async () => {
    const abort = new AbortController();
    const inner = new MemoryDestination();
    const faulty = new FaultyDestination(inner, (call, nth) => {
      if (call === 'put' && nth === 20) abort.abort();
      return undefined;
    });
    const validating = validate(faulty, { signal: abort.signal });
    await expect(validating).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await listAll(inner, '')).toEqual([]);
  });
});
