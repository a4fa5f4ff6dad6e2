/**
 * Every promise of destination.ts as a plain function that throws when it is broken. The suite runs
 * all of them against each kind; "Validate" runs the safe ones against an admin's destination.
 */
import type { ConformanceCheck } from './check-tools.js';
import { nameChecks } from './name-checks.js';
import { putChecks } from './put-checks.js';
import { readChecks } from './read-checks.js';

export const conformanceChecks: readonly ConformanceCheck[] = [
  ...putChecks,
  ...readChecks,
  ...nameChecks,
];
