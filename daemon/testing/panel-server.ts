import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AccountSource, DiscoveredAccount } from '../accounts/account-source.js';
import type { PanelSourceOptions } from '../accounts/panel-accounts.js';
import { tempDir } from './temp-dir.js';

/** A copy of an example server's files, to be spoilt. */
export class PanelServer {
  private constructor(readonly root: string) {}

  static async copyOf(example: URL): Promise<PanelServer> {
    const root = await tempDir();
    await cp(example, root, { recursive: true });
    return new PanelServer(root);
  }

  async write(path: string, content: string): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), content);
  }

  /** What a source finds there, and what it warns of. */
  async look(
    make: (options: PanelSourceOptions) => AccountSource,
  ): Promise<{ accounts: DiscoveredAccount[]; warnings: string[] }> {
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    return { accounts: await make({ root: this.root, warn }).discover(), warnings };
  }
}
