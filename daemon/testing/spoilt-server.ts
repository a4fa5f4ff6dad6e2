import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AccountSource, DiscoveredAccount } from '../accounts/account-source.js';
import type { PanelSourceOptions } from '../accounts/panel-source.js';
import { tempDir } from './temp-dir.js';

/** A copy of a panel's example server with some files changed; what it finds, and what it warns of. */
export class SpoiltServer {
  private constructor(
    readonly root: string,
    private readonly source: new (options: PanelSourceOptions) => AccountSource,
  ) {}

  static async of(
    example: string,
    source: new (options: PanelSourceOptions) => AccountSource,
    files: Record<string, string> = {},
  ): Promise<SpoiltServer> {
    const root = join(await tempDir(), 'server');
    await cp(example, root, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return new SpoiltServer(root, source);
  }

  path(path: string): string {
    return join(this.root, path);
  }

  async discover(): Promise<{ accounts: DiscoveredAccount[]; warnings: string[] }> {
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const accounts = await new this.source({ root: this.root, warn }).discover();
    return { accounts, warnings };
  }

  async account(name: string): Promise<{ account: DiscoveredAccount; warnings: string[] }> {
    const { accounts, warnings } = await this.discover();
    const account = accounts.find((one) => one.name === name);
    if (account === undefined) throw new Error(`${name} is not listed.`);
    return { account, warnings };
  }
}
