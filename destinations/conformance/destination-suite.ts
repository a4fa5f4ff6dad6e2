/** The conformance checks as tests. A kind's spec is one call of `destinationSuite`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Destination } from '../destination.js';
import { ensureHolds, listAll, patternBytes } from './check-tools.js';
import { conformanceChecks } from './checks.js';

export interface SuiteSubject {
  /** Opens the same store again each time within one test. */
  open(): Promise<Destination>;
  dispose(): Promise<void>;
}

export function destinationSuite(name: string, setUp: () => Promise<SuiteSubject>): void {
  describe(`${name} keeps the promises of a destination`, () => {
    let subject: SuiteSubject;
    let destination: Destination;

    beforeEach(async () => {
      subject = await setUp();
      destination = await subject.open();
    });

    afterEach(async () => {
      await destination.close();
      await subject.dispose();
    });

    for (const check of conformanceChecks) {
      it(`${check.name}: ${check.explains}`, async () => {
        await check.run(destination, 'scratch/', new AbortController().signal);
      });
    }

    it('reopen: What was stored is there when the destination is opened again.', async () => {
      const bytes = patternBytes(100_000, 1);
      await destination.put('folder/object', bytes);
      await destination.close();
      destination = await subject.open();
      await ensureHolds(destination, 'folder/object', bytes);
      expect((await listAll(destination, '')).map(({ key }) => key)).toEqual(['folder/object']);
    });
  });
}
