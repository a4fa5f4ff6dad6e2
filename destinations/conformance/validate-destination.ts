/**
 * "Validate" of a destination: the safe conformance checks below a scratch prefix of their own, and
 * a measurement. Leaves nothing behind.
 */
import { AppError } from '../../daemon/platform/errors.js';
import type { Destination, DestinationCapabilities, Usage } from '../destination.js';
import { throwIfAborted } from '../destination-error.js';
import { findMarker } from '../marker.js';
import { BrokenPromise, ensure, inChunks, listAll, patternBytes, readAll } from './check-tools.js';
import { conformanceChecks } from './checks.js';

const SCRATCH = 'validation/';
const MEASURED_BYTES = 16 * 1024 * 1024;
const MIB = 1024 * 1024;
const MAX_SKEW_MS = 5 * 60_000;
const MEND_PROMISE =
  'The store does not behave as backups need it; check its version, its mount options and the ' +
  'connection, or choose another one.';

export interface CheckResult {
  name: string;
  /** True of a warning, too: backups work. */
  isOk: boolean;
  /** It works, but is less safe than it could be. */
  isWarning?: boolean;
  /** What is promised when it is kept; what was seen when it is not. */
  message: string;
  mend?: string;
}

/** Plain data for pages, API and command line. */
export interface ValidationReport {
  isOk: boolean;
  checks: CheckResult[];
  /** Of one small stored object; undefined when the checks did not get that far. */
  latencyMs: number | undefined;
  /** Of storing one larger object. */
  throughputMiBs: number | undefined;
  /** How far its clock is ahead of that of this server. */
  clockSkewMs?: number | undefined;
  usage: Usage | undefined;
  capabilities: DestinationCapabilities;
}

export interface ValidationOptions {
  signal: AbortSignal;
  now: () => Date;
  /** Keeps validations at the same time apart: one segment of a key. */
  scratchName: string;
  /** Nothing may be written: only what reading takes is tried. */
  isReadOnly?: boolean;
  /** Told each result as it comes. */
  onCheck?: (check: CheckResult) => void;
}

/** Never throws for what is wrong with the destination: that is the report. `cancelled` if aborted. */
export async function validateDestination(
  destination: Destination,
  options: ValidationOptions,
): Promise<ValidationReport> {
  const report: ValidationReport = {
    isOk: false,
    checks: [],
    latencyMs: undefined,
    throughputMiBs: undefined,
    usage: undefined,
    capabilities: destination.capabilities,
  };
  const add = (check: CheckResult): void => {
    report.checks.push(check);
    options.onCheck?.(check);
  };
  const validation = { destination, options, report, add };
  const probe = await checked('surroundings', 'Path, permissions and room are in order.', () =>
    destination.probe({ signal: options.signal }),
  );
  add(probe);
  if (probe.isOk) {
    await addWarnings(validation);
    if (options.isReadOnly === true) await runReading(validation);
    else await runChecks(validation);
  }
  throwIfAborted(options.signal, 'The validation');
  report.isOk = report.checks.every((check) => check.isOk);
  return report;
}

interface Validation {
  destination: Destination;
  options: ValidationOptions;
  report: ValidationReport;
  add: (check: CheckResult) => void;
}

async function addWarnings({ destination, options, add }: Validation): Promise<void> {
  const look = async (): Promise<void> => {
    const warnings = (await destination.warnings?.({ signal: options.signal })) ?? [];
    for (const warning of warnings) add({ ...warning, isOk: true, isWarning: true });
  };
  const looked = await checked('surroundings', 'Nothing makes it less safe.', look);
  if (!looked.isOk) add(looked);
}

/** Of a destination that is only restored from. */
async function runReading({ destination, options, report, add }: Validation): Promise<void> {
  const { signal } = options;
  const read = async (): Promise<void> => {
    const marker = await findMarker(destination, { signal });
    ensure(marker !== undefined, 'holdfast.json is missing.');
    report.usage = await destination.usage({ signal });
  };
  add(await checked('reading', 'What lies there can be read.', read));
}

async function runChecks(validation: Validation): Promise<void> {
  const { destination, options, add } = validation;
  const { signal } = options;
  const prefix = `${SCRATCH}${options.scratchName}/`;
  try {
    for (const check of conformanceChecks.filter(({ isSafe }) => isSafe)) {
      if (signal.aborted) return;
      const scratch = `${prefix}${check.name}/`;
      const run = (): Promise<void> => check.run(destination, scratch, signal);
      add(await checked(check.name, check.explains, run));
    }
    const measure = (): Promise<void> => measureSpeed(validation, prefix);
    add(await checked('clock', 'Its clock agrees with that of this server.', measure));
  } finally {
    const tidy = (): Promise<void> => removeAll(destination, prefix);
    add(await checked('clean-up', 'What was written for this is removed.', tidy));
  }
}

async function checked(
  name: string,
  explains: string,
  run: () => Promise<void>,
): Promise<CheckResult> {
  try {
    await run();
    return { name, isOk: true, message: explains };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // An AppError says itself how to mend it.
    if (error instanceof AppError) return { name, isOk: false, message };
    if (!(error instanceof BrokenPromise)) throw error;
    return { name, isOk: false, message: `${explains} But: ${message}`, mend: MEND_PROMISE };
  }
}

async function measureSpeed(
  { destination, options: { signal, now }, report }: Validation,
  prefix: string,
): Promise<void> {
  report.usage = await destination.usage({ signal });
  const smallMs = await timed(() =>
    destination.put(`${prefix}small`, patternBytes(1, 1), { signal }),
  );
  const small = await destination.stat(`${prefix}small`, { signal });
  const skewMs = (small?.modifiedAt.getTime() ?? 0) - now().getTime();
  const large = patternBytes(MEASURED_BYTES, 1);
  const largeMs = await timed(() =>
    destination.put(`${prefix}large`, inChunks(large, MIB), { signal }),
  );
  await readAll(destination, `${prefix}large`, { signal });
  report.latencyMs = Math.round(smallMs * 10) / 10;
  report.throughputMiBs = Math.round((MEASURED_BYTES / MIB / largeMs) * 10_000) / 10;
  report.clockSkewMs = Math.round(skewMs);
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return;
  throw new AppError(
    'destination',
    'destination.misconfigured',
    `Its clock differs from that of this server by ${Math.round(skewMs / 1000)} seconds; ` +
      'set both by NTP.',
  );
}

/** Without the signal: an aborted validation leaves nothing behind, either. */
async function removeAll(destination: Destination, prefix: string): Promise<void> {
  for (const { key } of await listAll(destination, prefix)) await destination.remove(key);
  await destination.sweep(prefix);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return Math.max(performance.now() - startedAt, 0.1);
}
