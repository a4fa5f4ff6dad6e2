/**
 * Which paths a restore will replace or delete, asked name by name while a safety snapshot walks the
 * target. Made of what the plan says and what stands there; a million paths cost little.
 */
import { parentOf } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import { PathSet } from './path-set.js';

export class ReplacedPaths {
  private readonly single = new PathSet();
  /** Directories that something chosen lies in. */
  private readonly passed = new Set<BytePath>();
  /** What is taken with all that is below it. */
  private readonly whole = new Set<BytePath>();
  private readonly mirrored = new Set<BytePath>();
  private readonly keptByMirror = new PathSet();

  get isEmpty(): boolean {
    return this.single.size === 0 && this.whole.size === 0;
  }

  add(path: BytePath): void {
    this.single.add(path);
    this.pass(parentOf(path));
  }

  addWhole(path: BytePath): void {
    this.whole.add(path);
    this.pass(parentOf(path));
  }

  /** Everything in this directory goes, except these names. */
  addMirrored(path: BytePath, keep: readonly BytePath[]): void {
    this.mirrored.add(path);
    this.pass(path);
    for (const name of keep) this.keptByMirror.add(path === '' ? name : `${path}/${name}`);
  }

  /** Whether it is taken, or on the way to what is. Parents are asked for before what they hold. */
  takes(path: BytePath, isDirectory: boolean): boolean {
    const parent = parentOf(path);
    const isDoomed =
      this.whole.has(parent) || (this.mirrored.has(parent) && !this.keptByMirror.has(path));
    if (isDoomed && isDirectory) this.whole.add(path);
    return isDoomed || this.whole.has(path) || this.single.has(path) || (isDirectory && this.passed.has(path)); // prettier-ignore
  }

  private pass(directory: BytePath): void {
    for (let path = directory; path !== '' && !this.passed.has(path); path = parentOf(path)) {
      this.passed.add(path);
    }
  }
}
