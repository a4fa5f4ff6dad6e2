import { describe, expect, it } from 'vitest';
import type { StoredValidation } from '../jobs/destination.entity.js';
import { sampleDestination } from '../testing/sample-rows.js';
import { healthChecks, type HealthFacts } from './health-checks.js';

const at = '2026-11-21T12:00:00Z';
const well: HealthFacts = {
  catalogue: null,
  disk: { freeBytes: 50, totalBytes: 100 },
  diskPercent: 90,
  accountSourceProblem: undefined,
  destinations: [sampleDestination({ isEnabled: true, lastProbe: { at, isOk: true } })],
  pruneAlarms: [],
  alerts: { errors: 0, warnings: 0, lateMessages: 0, failedMessages: 0 },
  settingProblems: [],
  staleTimers: undefined,
};

function off(given: Partial<HealthFacts>): [string, string][] {
  const checks = healthChecks({ ...well, ...given });
  const usual = new Map(healthChecks(well).map(({ name, state }) => [name, state]));
  return checks.filter(({ name, state }) => usual.get(name) !== state).map(({ name, state }) => [name, state]); // prettier-ignore
}

function validated(clockSkewMs: number) {
  const lastValidation = { clockSkewMs } as StoredValidation;
  return sampleDestination({ lastProbe: { at, isOk: true }, lastValidation });
}

describe('healthChecks', () => {
  it('finds nothing wrong where nothing is', () => {
    expect(healthChecks(well).filter(({ state }) => state === 'bad')).toEqual([]);
  });

  it.each<[Partial<HealthFacts>, [string, string][]]>([
    [{ catalogue: undefined }, [['catalogue', 'unknown']]],
    [{ catalogue: 'row 7 missing' }, [['catalogue', 'bad']]],
    [{ disk: { freeBytes: 10, totalBytes: 100 } }, [['disk', 'bad']]],
    [{ disk: { freeBytes: 11, totalBytes: 100 } }, []],
    [{ disk: undefined }, [['disk', 'unknown']]],
    [{ destinations: [validated(1_000)] }, [['clock', 'good']]],
    [{ destinations: [validated(-400_000)] }, [['clock', 'warning']]],
    [{ accountSourceProblem: 'no passwd' }, [['accounts', 'bad']]],
    [{ destinations: [] }, [['destinations', 'warning']]],
    [{ destinations: [sampleDestination({ lastProbe: null })] }, [['destinations', 'unknown']]],
    [
      { destinations: [sampleDestination({ lastProbe: { at, isOk: false } })] },
      [['destinations', 'bad']],
    ],
    [
      { destinations: [...well.destinations, sampleDestination({ isEnabled: false, lastProbe: { at, isOk: false } })] }, // prettier-ignore
      [],
    ],
    [{ pruneAlarms: [{ destination: 'main' }] }, [['prunes', 'bad']]],
    [{ alerts: { ...well.alerts, lateMessages: 1 } }, [['messages', 'warning']]],
    [{ alerts: { ...well.alerts, failedMessages: 1 } }, [['messages', 'bad']]],
    [{ settingProblems: [{ field: 'a', message: 'b' }] }, [['settings', 'bad']]],
    [{ staleTimers: [] }, []],
    [{ staleTimers: ['holdfast-job@1.timer'] }, [['schedules', 'bad']]],
  ])('%j', (given, expected) => {
    expect(off(given)).toEqual(expected);
  });
});
