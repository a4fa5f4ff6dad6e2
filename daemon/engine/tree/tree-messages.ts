/** What the process that makes a tree asks of its threads. */
import type { FileItem } from '../capture/capture-messages.js';
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

/** A regular file. Its folder is there already. */
export interface TreeItem extends FileItem {
  /** As it is in the tree before: it becomes another name of that file. */
  isLinked: boolean;
  /** How many the file has in the home. */
  names: number;
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
  items: TreeItem[];
}

export interface TreeAnswer {
  results: TreeItemResult[];
}

/** Where a file goes in a tree. */
export function folderInTree(home: BytePath, directory: BytePath): BytePath {
  return directory === '' ? home : `${home}/${directory}`;
}
