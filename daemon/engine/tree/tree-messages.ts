/** What the process that makes a tree asks of its threads. */
import type { FileItem } from '../capture/capture-messages.js';
import type { SourcePlace } from '../capture/source-folders.js';
import type { LinkRule } from '../capture/file-reading.js';
import type { BytePath, EntryProblem } from '../manifest/entry.js';

export interface TreeThreadData {
  homeFd: number;
  isStayingOnDevice: boolean;
  links: LinkRule;
  /** Top of the tree that is made. */
  treeFd: number;
  /** Top of the tree before, when there is one. */
  parentFd: number | undefined;
  /** Int32: not 0 once the work is to stop. BigInt64: bytes copied so far. */
  shared: SharedArrayBuffer;
}

/** Unchanged files of one folder, which become further names of those in the tree before. */
export interface Links extends SourcePlace {
  /** Where they lie in the tree, under the same names. */
  folder: BytePath;
  names: BytePath[];
}

/** A regular file that takes more than a link. Its folder is there already. */
export interface TreeItem extends FileItem {
  /** As it is in the tree before: if all is well it becomes another name of that file. */
  isLinked: boolean;
  /** How many the file has in the home. */
  names: number;
  /** Only if the file in the home still has this line, content and all; else it is copied. */
  ifStill?: string;
  /** The file of the tree before is read and must have this hash; else it is copied anew. */
  check?: { sha256: string; extents: [number, number][] };
}

/** A link's result has no line: the one before holds. */
export interface TreeItemResult {
  /** Its manifest line without the closing brace. */
  line?: string;
  /** Bytes of content that were copied. */
  storedBytes: number;
  problem?: EntryProblem;
  /** Why it was not linked although it did not change. */
  unlinked?: 'missing' | 'links' | 'damaged';
  /** What the file in the tree does not have as it was, in words. */
  adjusted?: string;
}

export interface TreeRequest {
  links: Links[];
  items: TreeItem[];
}

export interface TreeAnswer {
  /** Of the links those that could not be made, by their place among all of the request: what became
   * of the file instead. */
  unlinked: Map<number, TreeItemResult>;
  /** One for each item. */
  results: TreeItemResult[];
}
