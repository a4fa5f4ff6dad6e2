import { destinationSuite } from '../conformance/destination-suite.js';
import { makeTempDir, removeTempDir } from '../../daemon/testing/temp-dir.js';
import { LocalDestination } from './local.destination.js';

destinationSuite('local', async () => {
  const path = await makeTempDir();
  return {
    open: () =>
      Promise.resolve(
        new LocalDestination(
          { path, diskLimitPercent: 100 },
          { forbiddenBelow: [], requireRootOwner: false },
        ),
      ),
    dispose: () => removeTempDir(path),
  };
});
