import { ensureBuilt, ensureDependencies } from './prepare.mjs';

try {
  ensureDependencies();
  await ensureBuilt();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
