import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AccountSource, DiscoveredAccount } from '../accounts/account-source.js';
import type { PanelSourceOptions } from '../accounts/panel-source.js';
import { tempDir } from './temp-dir.js';

/** The parts of an account that has none. */
export const NO_PARTS = {
  domains: [],
  databases: [],
  databaseUsers: [],
  mailboxes: [],
  zones: [],
  certificates: [],
  ftpAccounts: [],
};

/** A copy of a panel's example server with some files changed; what it finds, and what it warns of. */
export class SpoiltServer {
  private constructor(
    readonly root: string,
    private readonly source: new (options: PanelSourceOptions) => AccountSource,
  ) {}

  static async of(
    example: string | URL,
    source: new (options: PanelSourceOptions) => AccountSource,
    files: Record<string, string> = {},
  ): Promise<SpoiltServer> {
    const root = join(await tempDir(), 'server');
    await cp(example, root, { recursive: true });
    const server = new SpoiltServer(root, source);
    for (const [path, text] of Object.entries(files)) await server.write(path, text);
    return server;
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), text);
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

/** Of the warnings, what an account's parts tell as its problems. */
export function problemsOf(account: string, warnings: readonly string[]): string[] {
  const prefix = `Account ${account}: `;
  return warnings.flatMap((text) => (text.startsWith(prefix) ? [text.slice(prefix.length)] : []));
}
