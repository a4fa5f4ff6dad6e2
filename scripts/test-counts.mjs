/** A vitest reporter: writes how many tests passed, failed and were skipped to a file. */
import fs from 'node:fs';

export default class TestCounts {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let failedInModule = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'failed') failedInModule += 1;
        else if (state === 'passed') counts.passed += 1;
        else counts.skipped += 1;
      }
      // A file that does not load, or whose hooks fail, has no failed test to show for it.
      const isBroken = !module.ok() && failedInModule === 0;
      counts.failed += isBroken ? 1 : failedInModule;
    }
    fs.writeFileSync(process.env.TEST_COUNTS_FILE, JSON.stringify(counts));
  }
}
