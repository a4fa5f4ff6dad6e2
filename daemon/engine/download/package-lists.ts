/**
 * The lists that every archive of a download holds: HOLDFAST-MANIFEST.jsonl for programs, its first
 * line says of what; HOLDFAST-SHA256SUMS for `sha256sum --check`. They may be longer than memory, and the hashes
 * are those of what was read and found right.
 */
import { toBytes, pathReference } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { entryToLine } from '../manifest/entry-json.js';
import type { Output } from './gzip-output.js';
import { Spool } from './spool.js';

export const MANIFEST = 'HOLDFAST-MANIFEST.jsonl';
export const SUMS = 'HOLDFAST-SHA256SUMS';

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/** A line as `sha256sum` writes it: a backslash in front says that the name is escaped. */
export function sumLine(sha256: string, path: BytePath): string {
  const escaped = path.replace(/[\\\n\r]/g, (char) => ESCAPES[char] ?? char);
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
}

export class PackageLists {
  private constructor(
    readonly manifest: Spool,
    readonly sums: Spool,
  ) {}

  /** To be closed by the caller. */
  static async open(output: Output): Promise<PackageLists> {
    const manifest = await Spool.open(output);
    try {
      return new PackageLists(manifest, await Spool.open(output));
    } catch (error) {
      await manifest.close();
      throw error;
    }
  }

  /** An entry under the path that it has in the archive. `from`: its path in the snapshot, when that is another. */
  async add(
    entry: Entry,
    { sha256, from }: { sha256?: string | undefined; from?: BytePath | undefined },
  ): Promise<void> {
    const { data: _data, sparse: _sparse, sha256: _sha256, ...rest } = entry;
    const line = entryToLine(sha256 === undefined ? rest : { ...rest, sha256 });
    const told = from === undefined ? line : `${line.trimEnd().slice(0, -1)},"from":${JSON.stringify(pathReference(from))}}\n`; // prettier-ignore
    await this.manifest.append(Buffer.from(told));
    if (sha256 !== undefined) await this.addSum(entry.path, sha256);
  }

  async addSum(path: BytePath, sha256: string): Promise<void> {
    await this.sums.append(toBytes(sumLine(sha256, path)));
  }

  async close(): Promise<void> {
    await this.manifest.close();
    await this.sums.close();
  }
}
