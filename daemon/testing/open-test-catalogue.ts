import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { onTestFinished } from 'vitest';
import { openCatalogue } from '../catalogue/open-catalogue.js';
import { entities } from '../entities.js';
import { tempDir } from './temp-dir.js';

/** A real catalogue in a file of its own, through the real migrations; gone after the test. */
export async function openTestCatalogue(): Promise<DataSource> {
  const dataSource = await openCatalogue(join(await tempDir(), 'catalogue.sqlite'), entities);
  onTestFinished(() => dataSource.destroy());
  return dataSource;
}
